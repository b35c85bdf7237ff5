import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'

export interface Child {
  /** The program and its arguments. */
  readonly argv: readonly [program: string, ...string[]]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Its standard input, in pieces. It need not read it. */
  readonly input: readonly Uint8Array[]
  /** Takes its standard output piece by piece; it waits for each. A failure ends it. */
  readonly output: (piece: Buffer) => Promise<void> | void
  /** Gets what it prints on stderr. */
  readonly stderr: Writable
  readonly timeoutMs: number | undefined
  /**
   * What it leaves running, with its output still open, is left alone and not waited for: its output is closed a moment
   * after the program itself has ended.
   */
  readonly mayLeave?: boolean
  /** Ends it. */
  readonly signal: AbortSignal
  /** Sends a signal to a process group, given as a negative number. */
  readonly kill: (pid: number, signal: NodeJS.Signals) => void
}

/** How long a program that is to end may take for it, and the rest of the output of one that has ended. */
const GRACE_MS = 1000

/** `sh -c` of a command line. */
export function shell(command: string): Child['argv'] {
  return ['/bin/sh', '-c', command]
}

/**
 * Runs a program, in a process group of its own that no Ctrl-C reaches, until it has ended and closed its output.
 *
 * @returns what it has done wrong, as in "ended with exit status 1"; undefined for exit status 0.
 * @throws what `output` throws.
 */
export async function runProgram(options: Child): Promise<string | undefined> {
  const { argv, env, input, output, stderr, timeoutMs, mayLeave = false, signal, kill } = options
  const [program, ...args] = argv
  if (signal.aborted) return 'was not run'
  let child: ChildProcessWithoutNullStreams
  try {
    child = spawn(program, args, { env, detached: true, stdio: 'pipe' })
  } catch (error) {
    return reasonOf(error as NodeJS.ErrnoException)
  }
  // Nothing was started, and there may be no streams.
  if (child.pid === undefined) return await outcomeOf(child)
  const group = -child.pid
  let endedFor: string | undefined
  const timers: NodeJS.Timeout[] = []
  let isClosed = false
  const closeOutput = () => {
    isClosed = true
    child.stdout.destroy()
    child.stderr.destroy()
  }
  if (mayLeave) child.once('exit', () => timers.push(setTimeout(closeOutput, GRACE_MS)))
  const end = (why: string) => {
    if (endedFor !== undefined) return
    endedFor = why
    kill(group, 'SIGTERM')
    timers.push(
      setTimeout(() => {
        kill(group, 'SIGKILL')
        // What has left the group may still hold it.
        closeOutput()
      }, GRACE_MS),
    )
  }
  const stop = () => end('was stopped')
  signal.addEventListener('abort', stop)
  if (timeoutMs !== undefined) {
    timers.push(setTimeout(() => end(`did not end within ${timeoutMs / 1000} s (--exec-timeout)`), timeoutMs))
  }
  child.stdin.on('error', () => {})
  for (const piece of input) child.stdin.write(piece)
  child.stdin.end()
  let failure: unknown
  const reading = forEachPiece(child.stdout, output).catch((error) => {
    if (isClosed) return
    if (endedFor === undefined) failure = error
    end('was stopped')
  })
  const forwarding = forEachPiece(child.stderr, (piece) => writtenTo(stderr, piece)).catch(() => {})
  const outcome = await outcomeOf(child)
  // What it has started, and what did not mind SIGTERM, ends with it.
  if (endedFor !== undefined) kill(group, 'SIGKILL')
  await Promise.all([reading, forwarding])
  for (const timer of timers) clearTimeout(timer)
  signal.removeEventListener('abort', stop)
  if (failure !== undefined) throw failure
  return endedFor ?? outcome
}

/** When it has ended and its output is closed. */
async function outcomeOf(child: ChildProcessWithoutNullStreams): Promise<string | undefined> {
  return await new Promise((resolve) => {
    child.once('error', (error) => resolve(reasonOf(error)))
    child.once('close', (code, signal) => {
      if (signal !== null) resolve(`was ended by ${signal}`)
      else resolve(code === 0 ? undefined : `ended with exit status ${code}`)
    })
  })
}

const REASONS: Readonly<Record<string, string>> = {
  E2BIG: 'its arguments and its environment are too long',
  EACCES: 'permission denied',
  ENOENT: 'no such program',
}

function reasonOf({ code = '', message }: NodeJS.ErrnoException): string {
  return `cannot be run: ${REASONS[code] ?? message}`
}

async function forEachPiece(stream: AsyncIterable<Buffer>, take: Child['output']): Promise<void> {
  for await (const piece of stream) await take(piece)
}

/** Also when the stream is broken: nobody is left to be told. */
async function writtenTo(stream: Writable, piece: Buffer): Promise<void> {
  await new Promise<void>((resolve) => stream.write(piece, () => resolve()))
}
