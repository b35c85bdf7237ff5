import type { Message } from '../mqtt/message.ts'
import type { Client } from './client.ts'
import type { Context } from './context.ts'
import type { Deliveries } from './deliveries.ts'
import { Meter } from './meter.ts'
import type { SubscribePlan } from './plan.ts'
import type { SlowCounts } from './result.ts'
import { Subscriber } from './subscriber.ts'

/** Whether this subscriber reads slowly: the last ones do. */
export function isSlow({ clients, slow }: SubscribePlan, number: number): boolean {
  return slow !== undefined && number >= clients - slow.clients
}

/** Reads only so many messages a second while the load runs: it does not take more from its socket. */
export class SlowSubscriber extends Subscriber {
  client: Client | undefined
  readonly #usPerMessage: number
  /** Messages of the present chunk. */
  #count = 0
  /** When what has come would have been read at the rate; undefined while it reads as fast as it can. */
  #readUs: number | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param context whose meter is for slow subscribers alone. */
  constructor(context: Context, filter: string, deliveries: Deliveries) {
    super(context, filter, deliveries)
    this.#usPerMessage = 1e6 / context.plan.subscribe!.slow!.rate
  }

  start(): void {
    this.#readUs = 0
  }

  /** Lets it catch up. */
  stop(): void {
    this.#readUs = undefined
    clearTimeout(this.#timer)
    this.client!.resume()
  }

  override received(message: Message, nowUs: number): void {
    this.#count++
    super.received(message, nowUs)
  }

  /** All of a chunk has been read. */
  ready(nowUs: number): void {
    const count = this.#count
    this.#count = 0
    if (this.#readUs === undefined || count === 0) return
    this.#readUs = Math.max(this.#readUs, nowUs) + count * this.#usPerMessage
    this.client!.pause()
    this.#timer = setTimeout(() => this.client!.resume(), (this.#readUs - nowUs) / 1000)
  }

  ended(): void {
    clearTimeout(this.#timer)
  }
}

/** The slow subscribers of one thread, and what is counted of them alone. */
export class SlowReaders {
  readonly #context: Context
  readonly #subscribers: SlowSubscriber[] = []

  constructor(context: Context) {
    this.#context = { ...context, meter: new Meter(context.meter.slow) }
  }

  add(filter: string, deliveries: Deliveries): SlowSubscriber {
    const subscriber = new SlowSubscriber(this.#context, filter, deliveries)
    this.#subscribers.push(subscriber)
    return subscriber
  }

  /** The load begins; what counts is due from this time of the run on. */
  start(countsFromUs: number): void {
    this.#context.meter.countsFromUs = countsFromUs
    for (const subscriber of this.#subscribers) subscriber.start()
  }

  /** The load is over: what does not come now is lost. */
  stop(): void {
    for (const subscriber of this.#subscribers) subscriber.stop()
  }

  hungUp(reason: string): void {
    this.#context.meter.lost.add(reason)
  }

  /** Distinct messages that count. */
  get received(): number {
    return this.#context.meter.counts.received
  }

  /** How many messages of any kind have come since the last call. */
  take(): number {
    const { passed } = this.#context.meter
    const { received } = passed
    passed.received = 0
    return received
  }

  get counts(): Omit<SlowCounts, 'expected' | 'lost'> {
    const { counts, lost } = this.#context.meter
    const { received, duplicates, outOfOrder } = counts
    return { received, duplicates, outOfOrder, hungUp: lost.counts }
  }
}
