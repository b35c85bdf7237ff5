import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Writable } from 'node:stream'
import { Collected, type Wanted } from './collected.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Exited {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A child process and everything it has printed. */
export interface Program extends AsyncDisposable {
  readonly pid: number
  readonly stdin: Writable
  /** So far. */
  readonly stdout: Buffer
  /** So far. */
  readonly stderr: string
  /** When the process has ended and all its output is here. */
  readonly exited: Promise<Exited>
  waitForStdout(wanted: Wanted): Promise<string>
  waitForStderr(wanted: Wanted): Promise<string>
  /** The next line of stdout that wasn't handed out yet. */
  nextLine(): Promise<string>
  kill(signal: NodeJS.Signals): void
  /** Destroys our end of its stdout: its next write fails with EPIPE. */
  closeStdout(): void
  /** Kills it if it still runs, and waits for its end. */
  stop(): Promise<void>
}

export interface ProgramOptions {
  readonly env: Environment
  /** Written to its stdin, which then ends; without it stdin stays open. */
  readonly input?: string | Uint8Array
  readonly cwd?: string
  /** In a process group of its own, and signals go to the whole group. */
  readonly group?: boolean
}

/** Starts a program. The caller sees to `stop()`. */
export function startProgram(command: string, args: readonly string[], options: ProgramOptions): Program {
  const { env, cwd, group = false, input } = options
  const child = spawn(command, args, { env, cwd, detached: group, stdio: 'pipe' }) as ChildProcessWithoutNullStreams
  const [stdout, stderr] = [new Collected(), new Collected()]
  child.stdout.on('data', (chunk: Buffer) => stdout.append(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.append(chunk))
  // It may end before it has read everything: what became of it shows in `exited`.
  child.stdin.on('error', () => {})
  if (input !== undefined) child.stdin.end(input)

  let running = true
  const exited = new Promise<Exited>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      running = false
      const why = `${command} ended with ${signal ?? code} and on stderr ${JSON.stringify(stderr.text.slice(-2000))}`
      stdout.end(why)
      stderr.end(`${command} ended with ${signal ?? code}`)
      resolve({ code, signal })
    })
  })
  const kill = (signal: NodeJS.Signals) => {
    if (!running) return
    if (group && child.pid !== undefined) process.kill(-child.pid, signal)
    else child.kill(signal)
  }
  const stop = async () => {
    kill('SIGKILL')
    await exited
  }
  return {
    pid: child.pid ?? Number.NaN,
    stdin: child.stdin,
    get stdout() {
      return stdout.bytes
    },
    get stderr() {
      return stderr.text
    },
    exited,
    waitForStdout: (wanted) => stdout.waitFor(wanted),
    waitForStderr: (wanted) => stderr.waitFor(wanted),
    nextLine: () => stdout.nextLine(),
    kill,
    closeStdout: () => child.stdout.destroy(),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** Runs a program to its end; throws with what it printed when that isn't 0. */
export function runProgram(command: string, args: readonly string[], cwd?: string): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

/** The path of an installed program. Servers often are where the PATH of users doesn't lead. */
export function findProgram(name: string): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin']
  return directories.map((directory) => join(directory, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
