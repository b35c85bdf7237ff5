import { describe, expect, it } from 'vitest'
import { type KnownBroker, knownAedes } from '../brokers/known-broker.ts'
import type { Environment } from '../support/program.ts'
import { runCli } from '../support/run.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'

/** What fails beyond every `catch`, in a subscriber. */
const failures = {
  'an exception': `throw new TypeError('boom\\n\\x1b[31m second line')`,
  'a rejection': `Promise.reject(new TypeError('boom\\n\\x1b[31m second line'))`,
}

/** A subscriber that fails this way when it has printed a message and waits for the next. */
async function crashing(broker: KnownBroker, failure: string, env: Environment, ...args: readonly string[]) {
  const probe = temporaryDirectory().write(
    'probe.cjs',
    `const { write } = process.stdout
process.stdout.write = function (chunk, ...args) {
  if (String(chunk).startsWith('hello')) setImmediate(() => { ${failure} })
  return write.call(this, chunk, ...args)
}`,
  )
  const to = ['-L', broker.url, '-t', 't']
  const options = { env: { NODE_OPTIONS: `--require ${probe}`, ...env } }
  const subscriber = spawnTmqtt(['sub', ...to, ...args], options)
  await broker.subscribed('t')
  const publisher = spawnTmqtt(['pub', ...to, '-m', 'hello'])
  expect(await publisher.exited, publisher.stderr).toEqual({ code: 0, signal: null })
  return subscriber
}

/** What became of one at a broker of its own. */
async function crash(failure: string, env: Environment = {}, ...args: readonly string[]) {
  const subscriber = await crashing(await knownAedes(), failure, env, ...args)
  return { exited: await subscriber.exited, stdout: subscriber.stdout.toString(), stderr: subscriber.stderr }
}

describe.each(Object.entries(failures))('%s that nobody has caught', (_what, failure) => {
  const bug = 'tmqtt sub: this is a bug in tmqtt, please report it: TypeError: boom'

  it('is one line on stderr and exit status 70', async () => {
    expect(await crash(failure)).toEqual({
      exited: { code: 70, signal: null },
      stdout: 'hello\n',
      stderr: `${bug}\\n\\e[31m second line (TMQTT_DEBUG=1 shows where)\n`,
    })
  })

  it.each<[env: Environment, args: string[]]>([
    [{ TMQTT_DEBUG: '1' }, []],
    [{}, ['--debug']],
  ])('has a stack with %j and %j', async (env, args) => {
    const { exited, stderr } = await crash(failure, env, ...args)
    expect(exited).toEqual({ code: 70, signal: null })
    expect(stderr).toContain(`${bug}\n\\e[31m second line\n    at `)
  })
})

describe('the will', () => {
  it.each([
    ['a crash', failures['an exception'], [], 70, 1],
    ['SIGTERM', '', [], 0, 0],
    ['the end', '', ['-C', '1'], 0, 0],
  ] as const)('is published after a crash only: %s', async (_what, failure, args, code, wills) => {
    const broker = await knownAedes()
    const witness = runCli(['sub', '-L', broker.url, '-t', 'will', '-t', 'end', '-F', '%t'])
    await broker.subscribed('end')
    const subscriber = await crashing(broker, failure, {}, '--will-topic', 'will', ...args)
    if (failure === '' && args.length === 0) {
      await subscriber.waitForStdout('hello')
      subscriber.kill('SIGTERM')
    }
    expect((await subscriber.exited).code).toBe(code)
    if (wills > 0) await witness.waitForStdout('will\n')
    expect(await runCli(['pub', '-L', broker.url, '-t', 'end', '-m', 'x', '-q', '1']).exit).toBe(0)
    await witness.waitForStdout('end\n')
    expect(witness.stdout.toString()).toBe(`${'will\n'.repeat(wills)}end\n`)
  })
})

it('ends with 70, not 0, where something is never done and nothing is left to wait for', async () => {
  const probe = temporaryDirectory().write('probe.cjs', 'process.stdout.write = () => true')
  const program = spawnTmqtt(['--help'], { env: { NODE_OPTIONS: `--require ${probe}` } })
  expect(await program.exited).toEqual({ code: 70, signal: null })
})

it('says nothing of what Node warns of', async () => {
  const probe = temporaryDirectory().write('probe.cjs', `process.emitWarning('deprecated')`)
  const program = spawnTmqtt(['--help'], {
    env: { NODE_OPTIONS: `--require ${probe}` },
  })
  expect(await program.exited).toEqual({ code: 0, signal: null })
  expect(program.stderr).toBe('')
})
