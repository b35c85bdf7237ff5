import type { Client, Ending } from './client.ts'
import type { Context } from './context.ts'

/** Lets clients of a thread leave while the run goes on, and come back. */
export interface Comings {
  /** Clients that are to come back and have not yet. */
  readonly away: number
  /** Clients that are away, or may have another turn. */
  readonly mayReturn: number
  /** The load begins; what counts is due from this time of the run on. */
  start(fromUs: number): void
  /** The load is over: nobody leaves any more, and who is away comes back. */
  stop(): void
  /** Nobody comes back any more either. */
  end(): void
  /** The client is ready, or has failed. */
  settled(client: Client): void
  over(client: Client, ending: Ending): void
}

/** Clients that are to come back, and when each was due. */
export class Returns {
  readonly #context: Context
  readonly #due = new Map<Client, number>()

  constructor(context: Context) {
    this.#context = context
  }

  get size(): number {
    return this.#due.size
  }

  has(client: Client): boolean {
    return this.#due.has(client)
  }

  add(client: Client, dueUs: number): void {
    this.#due.set(client, dueUs)
  }

  /** Connects a client that is over. */
  begin(client: Client): void {
    this.#context.meter.counts.returns++
    client.connect()
  }

  settled(client: Client): void {
    const dueUs = this.#due.get(client)
    if (dueUs === undefined) return
    this.#due.delete(client)
    const { clock, meter } = this.#context
    if (client.isReady) meter.returned.record(clock.us() - dueUs)
  }

  clear(): void {
    this.#due.clear()
  }
}
