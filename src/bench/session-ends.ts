import type { ClientOptions } from '../mqtt/client-options.ts'
import { Client } from './client.ts'
import type { Context } from './context.ts'
import { Meter } from './meter.ts'
import type { Plan } from './plan.ts'
import { Ramp } from './ramp.ts'
import { Sweep } from './sweep.ts'

/** Ends sessions that clients have left at the broker: each connects once more, with a clean start, and leaves. */
export class SessionEnds {
  readonly #context: Context
  readonly #clients: readonly Client[]
  readonly #sweep: Sweep
  readonly #done: (kept: number) => void
  readonly #limit: NodeJS.Timeout
  readonly #ramp: Ramp
  #isDone = false
  #left = 0
  #over = 0

  /**
   * @param all options of the clients that have sessions.
   * @param done is told how many could not be ended, within the limit.
   */
  constructor(context: Context, all: readonly ClientOptions[], done: (kept: number) => void) {
    // What they take is no part of what is measured.
    this.#context = { ...context, meter: new Meter() }
    this.#done = done
    this.#clients = all.map((options) => this.#clientOf(options))
    this.#sweep = new Sweep(context.clock, this.#clients)
    this.#limit = setTimeout(() => this.#finish(), endSessionsMs(context.plan))
    const beganUs = context.clock.us()
    const gapUs = (1e6 * context.plan.workers) / context.plan.phases.connectRate
    const starts = this.#clients.map((client, at) => ({ atUs: beganUs + at * gapUs, start: () => client.connect() }))
    this.#ramp = new Ramp(context.clock, starts)
  }

  stop(): void {
    clearTimeout(this.#limit)
    this.#ramp.stop()
    this.#sweep.stop()
    for (const client of this.#clients) client.end('the run has ended')
  }

  #clientOf(options: ClientOptions): Client {
    const client: Client = new Client(
      this.#context,
      withoutSession(options),
      {},
      {
        settled: () => client.leave(),
        over: (ending) => {
          if (ending === 'left') this.#left++
          if (++this.#over === this.#clients.length) this.#finish()
        },
      },
    )
    return client
  }

  #finish(): void {
    if (this.#isDone) return
    this.#isDone = true
    clearTimeout(this.#limit)
    this.#done(this.#clients.length - this.#left)
  }
}

/** Most time that it takes to end sessions, ms. */
export function endSessionsMs({ subscribe, phases, client }: Plan): number {
  if (subscribe?.absent !== true) return 0
  return (subscribe.clients / phases.connectRate) * 1000 + client.values.connectTimeout
}

function withoutSession(options: ClientOptions): ClientOptions {
  const { will: _will, ...rest } = options
  const connect = options.properties.connect.filter(([name]) => name !== 'session-expiry-interval')
  return { ...rest, cleanStart: true, properties: { ...options.properties, connect } }
}
