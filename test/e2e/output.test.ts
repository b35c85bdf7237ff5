import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { knownAedes } from '../brokers/known-broker.ts'
import { runCli } from '../support/run.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'
import { hasScript, spawnInTerminal, spawnShell, spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const escapes = '\x1b[31mred\x1b]0;title\x07'

describe('standard output', () => {
  it.skipIf(process.platform !== 'linux')(
    'that is full exits with 1 and leaves the message unacknowledged',
    async () => {
      const broker = await knownAedes()
      const env = { TMQTT_HOST: '127.0.0.1', TMQTT_PORT: String(broker.port) }
      const session = ['sub', '-i', 'full', '-c', '-q', '1', '-t', 't']
      const full = spawnShell(`tmqtt ${session.join(' ')} >/dev/full`, env)
      await broker.subscribed('t', 'full')
      expect(await runCli(['pub', '-t', 't', '-q', '1', '-m', 'precious'], { env }).exit).toBe(0)
      expect(await full.exited).toEqual({ code: 1, signal: null })
      expect(full.stderr).toBe('tmqtt sub: cannot write to standard output: no space left on device\n')

      const next = spawnTmqtt([...session, '-C', '1'], { env })
      expect(await next.exited).toEqual({ code: 0, signal: null })
      expect(next.stdout.toString()).toBe('precious\n')
    },
  )

  it.skipIf(process.platform !== 'linux')('that takes a part only, at a limit, exits with 1', async () => {
    const broker = await knownAedes()
    const file = temporaryDirectory().file('output')
    // In KiB, to bash; the signal would end the process before it could say why.
    const limited = spawnShell(`trap '' XFSZ; ulimit -f 8; tmqtt sub -L ${broker.url} -t t -C 1 >${file}`)
    await broker.subscribed('t')
    const payload = 'x'.repeat(10_000)
    expect(await runCli(['pub', '-L', broker.url, '-t', 't', '-s'], { stdin: payload }).exit).toBe(0)
    expect(await limited.exited).toEqual({ code: 1, signal: null })
    expect(limited.stderr).toContain('tmqtt sub: cannot write to standard output: EFBIG: file too large')
    expect(readFileSync(file, 'utf8')).toBe(payload.slice(0, 8192))
  })

  it.each([
    ['a file', ''],
    ['a pipe', '| cat '],
  ])('into %s has large payloads whole, many at a time', async (_where, pipe) => {
    const broker = await knownAedes()
    const file = temporaryDirectory().file('output')
    const subscriber = spawnShell(`set -o pipefail; tmqtt sub -L ${broker.url} -t t -q 1 -C 40 ${pipe}>${file}`)
    await broker.subscribed('t')
    const payloads = Array.from({ length: 40 }, (_, at) => String.fromCharCode(48 + at).repeat(300_000 + 7 * at))
    const stdin = payloads.map((payload) => `${payload}\n`).join('')
    expect(await runCli(['pub', '-L', broker.url, '-t', 't', '-q', '1', '-l'], { stdin }).exit).toBe(0)
    expect(await subscriber.exited).toEqual({ code: 0, signal: null })
    expect(readFileSync(file, 'utf8') === stdin).toBe(true)
  })

  it('into a pipe is byte for byte what came', async () => {
    const { subscriber } = await received('pipe', ['-v'])
    expect(subscriber.stdout.toString()).toBe(`colour/topic ${escapes}\n`)
  })

  it.skipIf(!hasScript)('on a terminal has control characters made visible', async () => {
    const { screen } = await received('terminal', [])
    expect(screen).toBe('\\e[31mred\\e]0;title\\a\r\n')
  })

  it.skipIf(!hasScript)('on a terminal has the topic coloured with -v', async () => {
    const { screen } = await received('terminal', ['-v'])
    expect(screen).toBe('\x1b[36mcolour/topic\x1b[39m \\e[31mred\\e]0;title\\a\r\n')
  })

  it.skipIf(!hasScript)('on a terminal has no colour with NO_COLOR', async () => {
    const { screen } = await received('terminal', ['-v'], { NO_COLOR: '1' })
    expect(screen).toBe('colour/topic \\e[31mred\\e]0;title\\a\r\n')
  })

  it.skipIf(!hasScript).each<[args: readonly string[], env: Record<string, string>, topic: string]>([
    [['--color', 'never'], { FORCE_COLOR: '1' }, 'colour/topic'],
    [['--color=always'], { NO_COLOR: '1' }, '\x1b[36mcolour/topic\x1b[39m'],
    [[], { TMQTT_COLOR: 'never' }, 'colour/topic'],
    [['--color', 'auto'], { TMQTT_COLOR: 'never' }, '\x1b[36mcolour/topic\x1b[39m'],
    [[], { TERM: 'dumb' }, 'colour/topic'],
  ])('on a terminal is coloured as %j and %j say', async (args, env, topic) => {
    const { screen } = await received('terminal', ['-v', ...args], env)
    expect(screen).toBe(`${topic} \\e[31mred\\e]0;title\\a\r\n`)
  })

  it.each<[args: readonly string[], env: Record<string, string>]>([
    [['--color', 'always'], {}],
    [[], { FORCE_COLOR: '1' }],
    [[], { TMQTT_COLOR: 'always' }],
  ])('into a pipe is coloured by %j and %j, with all bytes of the payload', async (args, env) => {
    const { subscriber } = await received('pipe', ['-v', ...args], env)
    expect(subscriber.stdout.toString()).toBe(`\x1b[36mcolour/topic\x1b[39m ${escapes}\n`)
  })

  it.skipIf(!hasScript)('on a terminal gets plain errors, and plain notices while it takes long', async () => {
    await using silent = await startScriptedBroker()
    const program = spawnInTerminal(['sub', '-L', silent.url, '-t', 'x', '--color', 'always'], {
      columns: 80,
      rows: 20,
      env: { FORCE_COLOR: '1' },
    })
    await program.waitForStdout('connecting to')
    program.stdin.write('\x03')
    expect((await program.exited).code).toBe(130)
    const screen = program.stdout.toString()
    expect(screen).toContain('tmqtt sub: interrupted')
    expect(screen).not.toMatch(/\x1b\[[\d;]*m/)
  })

  it.skipIf(!hasScript)('on a terminal keeps the escapes of an untrusted notice out of stderr too', async () => {
    const broker = await knownAedes({ authorizeSubscribe: (_client, _subscription, done) => done(null, null) })
    const subscriber = spawnInTerminal(['sub', '-L', broker.url, '-t', 'a\u202eb'], { columns: 200, rows: 20 })
    expect((await subscriber.exited).code).toBe(128)
    expect(subscriber.stdout.toString()).toContain("subscription to 'a\\u{202e}b' refused")
  })
})

/** One message with escape sequences, as it is printed into a pipe or on a terminal. */
async function received(where: 'pipe' | 'terminal', args: readonly string[], env = {}) {
  const broker = await knownAedes()
  const words = ['sub', '-L', broker.url, '-t', 'colour/+', '-C', '1', ...args]
  const subscriber =
    where === 'pipe' ? spawnTmqtt(words, { env }) : spawnInTerminal(words, { columns: 80, rows: 20, env })
  await broker.subscribed('colour/+')
  expect(await runCli(['pub', '-L', broker.url, '-t', 'colour/topic', '-m', escapes]).exit).toBe(0)
  expect(await subscriber.exited).toEqual({ code: 0, signal: null })
  return { subscriber, screen: subscriber.stdout.toString() }
}
