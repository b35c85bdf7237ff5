import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type Child, runProgram, shell } from '../../src/streams/child-process.ts'
import { expectEnd, isRunning } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary.ts'

/** Runs a command, and tells how it went and what it printed. */
async function result(command: string, options: Partial<Child> = {}) {
  const printed: Buffer[] = []
  const said: Buffer[] = []
  const stderr = new Writable({ write: (chunk, _encoding, done) => done(void said.push(chunk)) })
  const failure = await runProgram({
    argv: shell(command),
    env: { PATH: process.env.PATH },
    input: [],
    output: (piece) => void printed.push(piece),
    stderr,
    timeoutMs: undefined,
    signal: new AbortController().signal,
    kill,
    ...options,
  })
  return { failure, stdout: Buffer.concat(printed).toString('latin1'), stderr: Buffer.concat(said).toString() }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    expect(error).toMatchObject({ code: 'ESRCH' })
  }
}

describe('runProgram', () => {
  it('has the input as standard input, and hands on both outputs', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    const input = [bytes.subarray(0, 100), bytes.subarray(100)]
    const run = await result('cat; echo "$A" >&2', { input, env: { PATH: process.env.PATH, A: '$(id); `id`\n"' } })
    expect(run).toEqual({ failure: undefined, stdout: bytes.toString('latin1'), stderr: '$(id); `id`\n"\n' })
  })

  it.each([
    ['exit 3', 'ended with exit status 3'],
    ['no-such-program-anywhere', 'ended with exit status 127'],
    ['kill -9 $$', 'was ended by SIGKILL'],
    ['(', /^ended with exit status \d+$/],
  ])('tells how %j has failed', async (command, failure) => {
    expect((await result(command)).failure).toMatch(failure)
  })

  it.each([
    [['/no/such/program'], 'cannot be run: no such program'],
    [['/'], 'cannot be run: permission denied'],
    [['a\0b'], /^cannot be run: .*null bytes/],
  ] as const)('tells that %j cannot be run', async (argv, failure) => {
    expect((await result('', { argv: [argv[0]] })).failure).toMatch(failure)
  })

  it('hands on arguments as they are', async () => {
    const argv = ['printf', '<%s>', 'a b', '$(id)', '', '*'] as const
    expect((await result('', { argv: [...argv] })).stdout).toBe('<a b><$(id)><><*>')
  })

  it.each(['true', 'exec <&-; sleep 0.05', 'head -c 10 >/dev/null'])(
    'does not mind that %j leaves a large input unread',
    async (command) => {
      expect((await result(command, { input: [Buffer.alloc(10_000_000)] })).failure).toBeUndefined()
    },
  )

  it('carries megabytes in and out, waiting for who takes them', async () => {
    const bytes = randomBytes(5_000_000)
    const taken: Buffer[] = []
    let busy = 0
    const output = async (piece: Buffer) => {
      expect(++busy).toBe(1)
      await new Promise((resolve) => setImmediate(resolve))
      busy--
      taken.push(piece)
    }
    expect((await result('cat', { input: [bytes], output })).failure).toBeUndefined()
    expect(Buffer.concat(taken).equals(bytes)).toBe(true)
  })

  it('ends the command and all it has started when it takes too long', async () => {
    const directory = temporaryDirectory()
    const pid = directory.file('pid')
    const { failure, stdout } = await result(`echo begun; sh -c 'echo $$ >${pid}; exec sleep 60' | cat`, {
      timeoutMs: 500,
    })
    expect([failure, stdout]).toEqual(['did not end within 0.5 s (--exec-timeout)', 'begun\n'])
    await expectEnd(pid)
  })

  it('ends by force what does not end by itself, even if it has left the group', async () => {
    const { failure } = await result(`trap '' TERM; setsid sleep 3 & wait; wait`, { timeoutMs: 100 })
    expect(failure).toBe('did not end within 0.1 s (--exec-timeout)')
  })

  it('ends with it what did not mind SIGTERM', async () => {
    const pid = temporaryDirectory().file('pid')
    const stubborn = `sh -c 'trap "" TERM; echo $$ >${pid}; exec sleep 60' >/dev/null 2>&1 &`
    const stop = new AbortController()
    const run = result(`${stubborn} until [ -s ${pid} ]; do sleep 0.01; done; echo begun; exec sleep 60`, {
      signal: stop.signal,
      output: () => stop.abort(),
    })
    expect((await run).failure).toBe('was stopped')
    await expectEnd(pid)
  })

  it('may leave something running that still has its output', async () => {
    const pid = temporaryDirectory().file('pid')
    const run = await result(`echo begun; sleep 60 & echo $! >${pid}`, { mayLeave: true })
    const [leftOver, isLeft] = [Number(readFileSync(pid, 'utf8')), isRunning(pid)]
    process.kill(leftOver)
    expect([run, isLeft]).toEqual([{ failure: undefined, stdout: 'begun\n', stderr: '' }, true])
  })

  it('ends when it is told to', async () => {
    const stop = new AbortController()
    const output = () => stop.abort()
    expect((await result('echo begun; exec sleep 60', { signal: stop.signal, output })).failure).toBe('was stopped')
    const file = temporaryDirectory().file('run')
    expect((await result(`: >${file}`, { signal: stop.signal })).failure).toBe('was not run')
    expect(existsSync(file)).toBe(false)
  })

  it('fails as the taker of its output does, and ends it', async () => {
    const pid = temporaryDirectory().file('pid')
    const output = () => Promise.reject(new Error('full'))
    await expect(result(`echo $$ >${pid}; echo x; exec sleep 60`, { output })).rejects.toThrow('full')
    await expectEnd(pid)
  })

  it('says so when its environment is too long', async () => {
    const env = { LONG: 'x'.repeat(10_000_000) }
    const failure = 'cannot be run: its arguments and its environment are too long'
    expect((await result('true', { env })).failure).toBe(failure)
  })

  it('goes on when nobody takes what it says on stderr', async () => {
    const stderr = new Writable({ write: (_chunk, _encoding, done) => done(new Error('broken')) })
    stderr.on('error', () => {})
    expect(await result('echo x >&2; echo y >&2; echo z', { stderr })).toMatchObject({
      failure: undefined,
      stdout: 'z\n',
    })
  })

  it('is not reached by a signal to the group of who runs it', async () => {
    const { stdout } = await result('ps -o pgid= -o pid= -p $$')
    const [group, pid] = stdout.trim().split(/\s+/)
    expect(group).toBe(pid)
  })
})
