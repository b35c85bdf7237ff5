import { fstatSync, readFileSync } from 'node:fs'
import { Readable, type Writable } from 'node:stream'
import { alteredArgument } from './altered-argument.ts'
import { CREW } from './bench/orders.ts'
import { run } from './cli.ts'
import { ExitCode, InterruptedError } from './errors.ts'
import type { Io } from './io.ts'
import { monotonicMs } from './mqtt/clock.ts'
import { fileOutput } from './streams/file-output.ts'

/** Processes that were told to end and have not been ended by force: they must not outlive the program. */
const told = new Set<number>()

/** How long a failed or interrupted program waits for a reader that takes nothing. */
const PATIENCE_MS = 1000

if (process.argv[2] === CREW) void import('./bench/run-crew.ts').then(({ runCrew }) => runCrew())
else runProgram()

function runProgram(): void {
  const argv = process.argv.slice(2)
  const altered = alteredArgument(argv)

  /** Replaces the arguments in the process list, where a password could be read. */
  process.title = 'tmqtt'

  // Libraries would print packets with passwords (DEBUG), or redirect the connection.
  for (const name of ['DEBUG', 'MQTTJS_SOCKS_PROXY', 'NODE_TLS_REJECT_UNAUTHORIZED']) delete process.env[name]

  /** Rejects with what nobody catches, be it thrown or rejected, so that it is told of as any other failure is. */
  const crash = new Promise<never>((_, reject) => process.on('uncaughtException', reject))
  // What Node has to say of itself is for who makes programs.
  process.removeAllListeners('warning')

  const stop = new AbortController()
  for (const [signal, exitCode] of [
    ['SIGHUP', ExitCode.sighup],
    ['SIGINT', ExitCode.sigint],
    ['SIGTERM', ExitCode.sigterm],
  ] as const) {
    process.on(signal, () => {
      if (signal === 'SIGHUP' && isUnderNohup()) return
      if (stop.signal.aborted) {
        for (const pid of told) kill(pid, 'SIGKILL')
        process.exit(exitCode)
      }
      stop.abort(new InterruptedError(`interrupted by ${signal}`, exitCode))
    })
  }

  const outputs: Writable[] = []
  const opened = <T extends Writable>(output: T): T => {
    // A reader that has gone is each stream user's business; without a listener it would be a crash.
    output.on('error', () => {})
    outputs.push(output)
    return output
  }
  const stdin = once(standardInput)
  const stdout = once(() => opened(standardOutput()))
  const stderr = once(() => opened(process.stderr))

  // Standard streams take time to open, and not every run needs them.
  const io: Io = {
    get stdin() {
      return stdin()
    },
    get stdout() {
      return stdout()
    },
    get stderr() {
      return stderr()
    },
    ...(altered === undefined ? {} : { alteredArgument: altered }),
    env: process.env,
    pid: process.pid,
    nodeVersion: process.versions.node,
    kill,
    get program() {
      return new URL(import.meta.url)
    },
    monotonicUs: () => monotonicMs() * 1e3,
    cpuUsage: () => process.cpuUsage(),
    signal: stop.signal,
  }

  // Node ends with 0 when nothing is left to wait for: a promise that never settles must not look like success.
  process.exitCode = ExitCode.bug
  void run(argv, io, crash).then(async (exitCode) => {
    process.exitCode = exitCode
    const patience = setTimeout(
      () => (exitCode === 0 && !stop.signal.aborted ? undefined : process.exit()),
      PATIENCE_MS,
    )
    await Promise.all(outputs.map(flushed))
    clearTimeout(patience)
    process.exit()
  })
}

/** Makes a value when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  if (signal === 'SIGKILL') told.delete(pid)
  else told.add(pid)
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone, or another user's by now.
  }
}

/**
 * Node forgets at its start that SIGHUP was to be ignored. What is left of nohup is the standard input that it puts in
 * place of a terminal: /dev/null, open for writing only.
 */
function isUnderNohup(): boolean {
  try {
    const [, flags] = /^flags:\s*([0-7]+)$/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8')) ?? []
    return flags !== undefined && (Number.parseInt(flags, 8) & 3) === 1
  } catch {
    // Not Linux, or it is closed.
    return false
  }
}

/** Node shows a directory as an empty stream, as if all had been read. */
function standardInput(): Readable {
  try {
    if (!fstatSync(0).isDirectory()) return process.stdin
  } catch {
    return process.stdin
  }
  return new Readable({
    read() {
      this.destroy(new Error('it is a directory'))
    },
  })
}

function standardOutput(): Writable {
  try {
    const stats = fstatSync(1)
    if (stats.isFile() || (stats.isCharacterDevice() && !process.getBuiltinModule('node:tty').isatty(1)))
      return fileOutput(1)
  } catch {
    // It is closed, which Node makes up for.
  }
  return process.stdout
}

/** Resolves when the operating system has taken what was written. */
async function flushed(stream: Writable): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return
  await new Promise<void>((resolve) => {
    stream.once('error', () => resolve())
    stream.write('', () => resolve())
  })
}
