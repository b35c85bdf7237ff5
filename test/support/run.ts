import { PassThrough, type Readable, Writable } from 'node:stream'
import { ExitCode, InterruptedError } from '../../src/errors.ts'
import type { Io } from '../../src/io.ts'
import { atEndOfTest } from './clean-up.ts'
import { Collected, type Wanted } from './collected.ts'

export interface RunOptions {
  /** Without it stdin is empty; a stream is read as it is. */
  readonly stdin?: string | Uint8Array | Readable
  readonly env?: Io['env']
  readonly stdinIsTTY?: boolean
  readonly stdoutIsTTY?: boolean
  readonly stderrIsTTY?: boolean
  /** Width of the terminal that `stdoutIsTTY` and `stderrIsTTY` speak of. */
  readonly columns?: number
}

/** The built program, which worker threads run. */
export const program = new URL('../../dist/tmqtt.cjs', import.meta.url)

/** A run of tmqtt inside the test's process. */
export interface CliRun extends AsyncDisposable {
  readonly exit: Promise<number>
  /** So far. */
  readonly stdout: Buffer
  /** So far. */
  readonly stderr: string
  waitForStdout(wanted: Wanted): Promise<string>
  waitForStderr(wanted: Wanted): Promise<string>
  /** The next line of stdout that wasn't handed out yet. */
  nextLine(): Promise<string>
  /** What the first signal does in `main.ts`. */
  abort(signal: 'SIGINT' | 'SIGTERM'): void
  /** Who reads stdout stalls: writes don't complete until `resumeStdout`. */
  pauseStdout(): void
  resumeStdout(): void
  /** Who reads stdout goes away: writes fail with EPIPE. */
  closeStdout(): void
  /** Sends SIGTERM if it still runs, and waits for its end. */
  stop(): Promise<void>
}

/** As `main.ts` has it. */
export function monotonicUs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e6 + nanoseconds / 1e3
}

/** Runs a command line, without the program's name, and collects what it prints. */
export function runCli(argv: readonly string[], options: RunOptions = {}): CliRun {
  const { stdoutIsTTY = false, stderrIsTTY = false, stdinIsTTY = false, columns = 80 } = options
  const [stdout, stderr] = [new Sink(), new Sink()]
  const controller = new AbortController()
  const abort = (signal: 'SIGINT' | 'SIGTERM') =>
    controller.abort(new InterruptedError('interrupted', signal === 'SIGINT' ? ExitCode.sigint : ExitCode.sigterm))
  const io: Io = {
    stdin: Object.assign(readable(options.stdin), { isTTY: stdinIsTTY }),
    stdout: Object.assign(stdout, { isTTY: stdoutIsTTY, ...(stdoutIsTTY && { columns }) }),
    stderr: Object.assign(stderr, { isTTY: stderrIsTTY, ...(stderrIsTTY && { columns }) }),
    env: options.env ?? {},
    pid: process.pid,
    nodeVersion: process.versions.node,
    kill,
    program,
    monotonicUs,
    cpuUsage: () => process.cpuUsage(),
    signal: controller.signal,
  }
  const exit = start(argv, io).finally(() => {
    const why = `tmqtt ${argv.join(' ')} has ended`
    stdout.collected.end(`${why} and on stderr ${JSON.stringify(stderr.collected.text)}`)
    stderr.collected.end(why)
  })
  const stop = async () => {
    abort('SIGTERM')
    stdout.resume()
    await exit
  }
  atEndOfTest(stop)
  return {
    exit,
    get stdout() {
      return stdout.collected.bytes
    },
    get stderr() {
      return stderr.collected.text
    },
    waitForStdout: (wanted) => stdout.collected.waitFor(wanted),
    waitForStderr: (wanted) => stderr.collected.waitFor(wanted),
    nextLine: () => stdout.collected.nextLine(),
    abort,
    pauseStdout: () => stdout.pause(),
    resumeStdout: () => stdout.resume(),
    closeStdout: () => stdout.break(),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended.
  }
}

async function start(argv: readonly string[], io: Io): Promise<number> {
  const { run } = await import('../../src/cli.ts')
  return await run(argv, io)
}

function readable(stdin: RunOptions['stdin']): Readable {
  if (stdin !== undefined && typeof stdin !== 'string' && !(stdin instanceof Uint8Array)) return stdin
  return new PassThrough().end(stdin ?? '')
}

/** Collects what is written, as a pipe whose reader can stall or go away. */
class Sink extends Writable {
  readonly collected = new Collected()
  #state: 'open' | 'paused' | 'broken' = 'open'
  #release: (() => void) | undefined

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    const finish = () => {
      if (this.#state === 'broken')
        return done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' }))
      this.collected.append(chunk)
      done()
    }
    if (this.#state === 'paused') this.#release = finish
    else finish()
  }

  pause(): void {
    this.#state = 'paused'
  }

  resume(): void {
    this.#set('open')
  }

  break(): void {
    this.#set('broken')
  }

  #set(state: 'open' | 'broken'): void {
    if (this.#state === 'broken') return
    this.#state = state
    this.#release?.()
    this.#release = undefined
  }
}
