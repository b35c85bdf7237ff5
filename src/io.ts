import type { Readable, Writable } from 'node:stream'

export interface Input extends Readable {
  readonly isTTY?: boolean
}

export interface Output extends Writable {
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Everything a command may touch of the process it runs in. */
export interface Io {
  readonly stdin: Input
  readonly stdout: Output
  readonly stderr: Output
  /** Which argument, counted from 1, holds bytes that are not UTF-8, and so is not what was given. */
  readonly alteredArgument?: number
  readonly env: Readonly<Record<string, string | undefined>>
  /** Variables that held a password, which are not for programs that a command starts. */
  readonly withheld?: readonly string[]
  readonly pid: number
  /** Of Node, as `20.19.0`. */
  readonly nodeVersion: string
  /** Sends a signal to a process, or to a group if the number is negative; what can't be reached is left alone. */
  readonly kill: (pid: number, signal: NodeJS.Signals) => void
  /** The file of this program; a worker thread that runs it gets work by `workerData`. */
  readonly program: URL
  /** The clock that all processes of this machine share (CLOCK_MONOTONIC), in microseconds; never set. */
  readonly monotonicUs: () => number
  /** Processor time that the process has taken, in all threads, in microseconds. */
  readonly cpuUsage: () => { readonly user: number; readonly system: number }
  /**
   * Aborted when the user asks the program to stop: the first SIGHUP, SIGINT or SIGTERM (the second exits at once).
   * Its reason is an InterruptedError with the exit code of that signal.
   */
  readonly signal: AbortSignal
}
