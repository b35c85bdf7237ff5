import type { Client } from './client.ts'
import type { Clock } from './clock.ts'

/** Each client is looked at once a second, a few at a time. */
const SWEEP_MS = 50
const SWEEPS = 1000 / SWEEP_MS

/** Does for the clients of a thread what time asks for. */
export class Sweep {
  /** When all clients have to be ready, in the time of the run. */
  limitUs = Number.POSITIVE_INFINITY
  readonly #clock: Clock
  readonly #clients: readonly Client[]
  readonly #timer: NodeJS.Timeout
  /** Where the next look begins. */
  #next = 0

  constructor(clock: Clock, clients: readonly Client[]) {
    this.#clock = clock
    this.#clients = clients
    this.#timer = setInterval(() => this.#look(), SWEEP_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const nowUs = this.#clock.us()
    const size = Math.ceil(this.#clients.length / SWEEPS)
    for (const client of this.#clients.slice(this.#next, this.#next + size)) {
      client.sweep(nowUs)
      if (nowUs > this.limitUs) client.endUnlessReady('it was not ready within the limit of the connect phase')
    }
    this.#next = this.#next + size < this.#clients.length ? this.#next + size : 0
  }
}
