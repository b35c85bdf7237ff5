import type { Ending } from '../expectations/outcome.ts'
import type { Io } from '../io.ts'
import { connectionOptions } from '../options/connection.ts'
import type { Child } from '../streams/child-process.ts'
import { withoutCredentials } from './command-runner.ts'
import { endedWithin } from './session.ts'

/** How long a command may take to be ended, by force if need be. */
const PATIENCE_MS = 5000

/** A command that runs while messages are awaited. It has no input, and what it prints goes to stderr. */
export class WatchedCommand {
  #ending: NonNullable<Ending['command']>
  readonly #argv: Child['argv']
  readonly #io: Io
  readonly #stop = new AbortController()
  #running: Promise<string | undefined> | undefined

  constructor(argv: Child['argv'], io: Io) {
    this.#argv = argv
    this.#io = io
    this.#ending = { name: argv[0], state: 'running' }
  }

  /** Told to end, it neither fails nor ends. */
  get ending(): NonNullable<Ending['command']> {
    return this.#ending
  }

  /** Runs it. Resolves when it has ended by itself, with whether it has failed. */
  async run(): Promise<boolean> {
    this.#running = this.#run()
    const failure = await this.#running
    if (this.#stop.signal.aborted) return await new Promise(() => {})
    this.#ending = { name: this.#argv[0], state: 'ended', ...(failure === undefined ? {} : { failure }) }
    return failure !== undefined
  }

  /** Ends it, with all it has started, if it still runs. */
  async stop(): Promise<void> {
    this.#stop.abort()
    if (this.#running !== undefined) await endedWithin(PATIENCE_MS, this.#running)
  }

  async #run(): Promise<string | undefined> {
    const { runProgram } = await import('../streams/child-process.ts')
    const { kill, stderr } = this.#io
    return await runProgram({
      argv: this.#argv,
      env: withoutCredentials(this.#io, connectionOptions),
      input: [],
      output: (piece) => new Promise<void>((resolve) => stderr.write(piece, () => resolve())),
      stderr,
      timeoutMs: undefined,
      mayLeave: true,
      signal: this.#stop.signal,
      kill,
    })
  }
}
