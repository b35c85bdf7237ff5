import { type Environment, messageEnvironment } from '../formatters/environment.ts'
import type { Io } from '../io.ts'
import type { Message } from '../mqtt/message.ts'
import { connectionOptions } from '../options/connection.ts'
import type { ExecValues } from '../options/exec.ts'
import { environmentName, type OptionTable } from '../options/option.ts'
import { isCredential } from '../options/secret.ts'
import { endedWithin } from './session.ts'

/** Runs the command of --exec for messages. What a message holds reaches it as data only, never as a part of it. */
export class CommandRunner {
  readonly #command: string
  readonly #timeoutMs: number | undefined
  readonly #io: Io
  readonly #env: Environment
  readonly #stop = new AbortController()

  constructor(command: string, { execTimeout }: ExecValues, io: Io) {
    this.#command = command
    this.#timeoutMs = execTimeout
    this.#io = io
    this.#env = withoutCredentials(io, connectionOptions)
  }

  /**
   * @param output takes what the command prints, piece by piece.
   * @returns how it failed, as in "ended with exit status 1"; undefined for exit status 0.
   * @throws what `output` throws.
   */
  async run(message: Message, output: (piece: Buffer) => Promise<void> | void): Promise<string | undefined> {
    const { runProgram, shell } = await import('../streams/child-process.ts')
    return await runProgram({
      argv: shell(this.#command),
      env: messageEnvironment(message, this.#env),
      input: message.payloadPieces,
      output,
      stderr: this.#io.stderr,
      timeoutMs: this.#timeoutMs,
      signal: this.#stop.signal,
      kill: this.#io.kill,
    })
  }

  /** Whether it was told to stop: what a command did then is no failure of it. */
  get isStopped(): boolean {
    return this.#stop.signal.aborted
  }

  /** Ends the commands that run, and runs no more. */
  stop(): void {
    this.#stop.abort()
  }
}

/** How long commands may go on when the program is to leave, and how long they may take to be ended. */
const PATIENCE_MS = 5000

/**
 * Lets work come to its end, which commands may hold up: those that take too long are ended.
 *
 * @returns whether it came to its end by itself.
 */
export async function windUp(work: Promise<unknown>, runner: CommandRunner | undefined): Promise<boolean> {
  if (await endedWithin(PATIENCE_MS, work)) return true
  runner?.stop()
  if (runner !== undefined) await endedWithin(PATIENCE_MS, work)
  return false
}

/** The environment for a command: passwords of tmqtt are none of its business. */
export function withoutCredentials(
  { env, withheld = [] }: Pick<Io, 'env' | 'withheld'>,
  table: OptionTable,
): Environment {
  const secret = Object.entries(table).flatMap(([key, option]) => {
    const name = environmentName(key)
    return isCredential(option, env[name] ?? '') ? [name] : []
  })
  return Object.fromEntries(Object.entries(env).filter(([name]) => ![...secret, ...withheld].includes(name)))
}
