import type { ClientOptions } from '../mqtt/client-options.ts'
import { propertyValue } from '../mqtt/property-table.ts'
import type { Client } from './client.ts'
import type { Context } from './context.ts'
import type { Plan } from './plan.ts'
import { Ramp } from './ramp.ts'
import { type Comings, Returns } from './returns.ts'

/** How much longer than the load a session lasts at the broker if nobody can end it. */
const SESSION_SECONDS = 3600

/** Lets the subscribers of one thread leave before the load and come back after it, to sessions that the broker kept. */
export class Absence implements Comings {
  readonly #context: Context
  readonly #clients: readonly Client[]
  /** By client: its number among all subscribers. */
  readonly #numbers: readonly number[]
  readonly #returns: Returns
  #mayReturn = 0
  #ramp: Ramp | undefined

  constructor(context: Context, clients: readonly Client[], numbers: readonly number[]) {
    this.#context = context
    this.#clients = clients
    this.#numbers = numbers
    this.#returns = new Returns(context)
  }

  get away(): number {
    return this.#returns.size
  }

  get mayReturn(): number {
    return Math.max(this.#mayReturn, this.#returns.size)
  }

  start(): void {
    this.#mayReturn = this.#clients.length
    for (const client of this.#clients) client.leave()
  }

  stop(): void {
    this.#mayReturn = 0
    const { clock, plan } = this.#context
    const nowUs = clock.us()
    const starts = this.#clients.flatMap((client, at) => {
      // Others were never there, and nothing waits for them.
      if (!client.hasSubscription) return []
      const atUs = nowUs + (this.#numbers[at]! / plan.phases.connectRate) * 1e6
      this.#returns.add(client, atUs)
      return [{ atUs, start: () => this.#return(client) }]
    })
    this.#ramp = new Ramp(clock, starts)
  }

  end(): void {
    this.#mayReturn = 0
    this.#ramp?.stop()
    this.#returns.clear()
  }

  settled(client: Client): void {
    this.#returns.settled(client)
  }

  over(): void {}

  #return(client: Client): void {
    client.end('it was to leave')
    this.#returns.begin(client)
  }
}

/** The options of a client that has a session for as long as the run takes. */
export function withSession(options: ClientOptions, { phases }: Plan): ClientOptions {
  const { connect } = options.properties
  const loadMs = Number.isFinite(phases.measureMs) ? phases.measureMs : 0
  const seconds = SESSION_SECONDS + Math.ceil((phases.warmupMs + loadMs + phases.drainMs) / 1000)
  const isGiven = options.protocolVersion < 5 || propertyValue(connect, 'session-expiry-interval') !== undefined
  return {
    ...options,
    cleanStart: false,
    ...(isGiven
      ? {}
      : { properties: { ...options.properties, connect: [...connect, ['session-expiry-interval', seconds]] } }),
  }
}
