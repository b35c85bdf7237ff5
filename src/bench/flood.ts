import type { Message } from '../mqtt/message.ts'
import type { Client, Work } from './client.ts'
import type { Context } from './context.ts'
import type { Loading } from './load.ts'
import { talkOfParts } from './parts/topics.ts'
import { Ramp } from './ramp.ts'
import { readStamp } from './stamp.ts'

/** A subscriber whose filter matches retained messages: they all come at once. */
export class FloodSubscriber implements Work {
  client: Client | undefined
  readonly #context: Context
  readonly #filter: string
  readonly #seen: Uint8Array
  readonly #isTalk: (message: Message) => boolean
  #missing: number
  #dueUs = 0
  #isWaiting = false

  constructor(context: Context, filter: string) {
    const { count } = context.plan.subscribe!.retained!
    this.#context = context
    this.#filter = filter
    this.#seen = new Uint8Array(Math.ceil(count / 8))
    this.#missing = count
    this.#isTalk = talkOfParts(context.plan)
  }

  /** It is due to subscribe, or retained messages are still to come. */
  get isWaiting(): boolean {
    return this.#isWaiting && !this.client!.isOver
  }

  /** It will be due. */
  await(): void {
    this.#isWaiting = true
  }

  subscribe(dueUs: number, nowUs: number): void {
    const { meter } = this.#context
    meter.schedule.record(nowUs - dueUs)
    this.#dueUs = dueUs
    this.#isWaiting = this.client!.isReady
    if (!this.#isWaiting) return
    meter.counts.expected += this.#missing
    this.client!.subscribe(this.#filter)
  }

  subscribed(isGranted: boolean): void {
    if (isGranted) return
    this.#context.meter.counts.expected -= this.#missing
    this.#isWaiting = false
  }

  received(message: Message, nowUs: number): void {
    if (this.#isTalk(message)) return
    const { meter } = this.#context
    const { counts } = meter
    meter.passed.received++
    meter.deliveries++
    const number = message.retain ? this.#numberOf(message) : undefined
    if (number === undefined) {
      counts.foreign++
      return
    }
    const [byte, bit] = [number >> 3, 1 << (number & 7)]
    if ((this.#seen[byte]! & bit) !== 0) {
      counts.duplicates++
      return
    }
    this.#seen[byte]! |= bit
    counts.received++
    meter.lastReceivedUs = nowUs
    if (--this.#missing > 0) return
    this.#isWaiting = false
    meter.flood.record(nowUs - this.#dueUs)
  }

  /** Of a message of this flood. */
  #numberOf({ bytes, payloadStart, payloadEnd }: Message): number | undefined {
    const stamp = readStamp(bytes, payloadStart, payloadEnd)
    const { count } = this.#context.plan.subscribe!.retained!
    return stamp === undefined || stamp.publisher !== 0 || stamp.sequence >= count ? undefined : stamp.sequence
  }
}

/** How often one looks whether all has come. */
const LOOK_MS = 5

/** Lets the subscribers of one thread subscribe, each when it is due. */
export class Flood implements Loading {
  /** Messages of nobody here. */
  readonly waiting = 0
  readonly #context: Context
  readonly #subscribers: readonly FloodSubscriber[]
  /** By subscriber: its number among all of the plan. */
  readonly #numbers: readonly number[]
  #endUs = 0
  #ramp: Ramp | undefined
  #looking: NodeJS.Timeout | undefined
  #done: (() => void) | undefined

  constructor(context: Context, subscribers: readonly FloodSubscriber[], numbers: readonly number[]) {
    this.#context = context
    this.#subscribers = subscribers
    this.#numbers = numbers
  }

  /** Subscribers that are not done. */
  get outstanding(): number {
    return this.#subscribers.reduce((count, { isWaiting }) => count + Number(isWaiting), 0)
  }

  start(atUs: number, done: () => void): void {
    const { clock, plan } = this.#context
    const { connectRate, measureMs } = plan.phases
    this.#endUs = atUs + measureMs * 1000
    this.#done = done
    const starts = this.#subscribers.map((subscriber, at) => {
      const dueUs = Math.round(atUs + (this.#numbers[at]! / connectRate) * 1e6)
      subscriber.await()
      return { atUs: dueUs, start: () => subscriber.subscribe(dueUs, clock.us()) }
    })
    this.#ramp = new Ramp(clock, starts)
    this.#looking = setInterval(() => this.#look(), LOOK_MS)
  }

  stop(): void {
    this.#ramp?.stop()
    clearInterval(this.#looking)
    this.#done?.()
    this.#done = undefined
  }

  #look(): void {
    if (this.outstanding === 0 || this.#context.clock.us() >= this.#endUs) this.stop()
  }
}
