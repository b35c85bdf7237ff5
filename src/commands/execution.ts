import { LocalError } from '../errors.ts'
import type { Io } from '../io.ts'
import type { Delivery } from '../mqtt/subscription.ts'
import type { ExecValues } from '../options/exec.ts'
import type { Sink } from '../streams/sink.ts'
import { CommandRunner, windUp } from './command-runner.ts'
import { Jobs } from './jobs.ts'
import { noticeTo } from './session.ts'

/** Runs a command for each message, in place of printing it. */
export class Execution {
  readonly #runner: CommandRunner
  readonly #jobs: Jobs
  readonly #sink: Sink
  readonly #notice: (text: string) => void
  #ran = 0
  #failures = 0

  constructor(command: string, values: ExecValues, io: Io, sink: Sink) {
    this.#runner = new CommandRunner(command, values, io)
    this.#jobs = new Jobs(values.execLimit)
    this.#sink = sink
    this.#notice = noticeTo(io, 'sub')
  }

  /** Rejects when the output of a command can't be written. */
  get failed(): Promise<never> {
    return this.#jobs.failed
  }

  /**
   * Runs the command for a message, once for each filter, as soon as there is room.
   *
   * @returns false when it was told to stop before.
   */
  async start({ message, settle }: Delivery, filters: readonly string[]): Promise<boolean> {
    return await this.#jobs.start(async () => {
      for (const filter of filters) {
        message.filter = filter
        const failure = await this.#runner.run(message, (piece) => this.#sink.write([piece]))
        // Not settled, so that it comes again.
        if (failure !== undefined && this.#runner.isStopped) return
        this.#ran++
        if (failure === undefined) continue
        this.#failures++
        this.#notice(`the command for the message on '${message.topic}' ${failure}`)
      }
      settle()
    })
  }

  /** Resolves when no command is running. */
  async idle(): Promise<void> {
    await this.#jobs.idle()
  }

  /** Starts no more commands. @returns whether those that run have ended by themselves, in time. */
  async windUp(): Promise<boolean> {
    this.#jobs.stop()
    return await windUp(this.#jobs.idle(), this.#runner)
  }

  /** What is wrong with the outcome, if anything. */
  verdict(): Error | undefined {
    return this.#failures === 0 ? undefined : new LocalError(`${this.#failures} of ${this.#ran} commands failed`)
  }
}
