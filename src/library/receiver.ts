import { AsyncLocalStorage } from 'node:async_hooks'
import { UsageError } from '../errors.ts'
import type { Message } from '../mqtt/message.ts'
import type { Delivery } from '../mqtt/subscription.ts'
import type { Handler, Subscription } from './types.ts'

/** What is owed for one message: acknowledged when all who have received it are done with it. */
export class Receipt {
  readonly #delivery: Delivery
  #open: number

  constructor(delivery: Delivery, open: number) {
    this.#delivery = delivery
    this.#open = open
    if (open === 0) delivery.settle()
  }

  done(): void {
    if (--this.#open === 0) this.#delivery.settle()
  }

  abandon(): void {
    this.#open = Number.POSITIVE_INFINITY
    this.#delivery.abandon()
  }
}

/** A message for one receiver. */
export interface Arrival {
  readonly message: Message
  /** The filter that brought it, '' for none. */
  readonly filter: string
  /** Undefined where the receiver is iterated. */
  readonly handler: Handler | undefined
  readonly receipt: Receipt
}

/** One run of a handler. */
export interface Handling {
  readonly receiver: Receiver
  /** Counts it as done, whatever it still does. */
  finish(): void
}

/** Which handler it is that calls. */
export const handling = new AsyncLocalStorage<Handling>()

/** Batches that wait for a receiver before reading stops; each came with one chunk, so they are some 64 KiB. */
const MOST_BATCHES = 16

export interface ReceiverEvents {
  /** Ends the subscription at the broker. */
  readonly end: () => Promise<void>
  /** A handler failed. */
  readonly failed: (error: Error) => void
}

/** One subscription's end of the line: hands messages to its handlers one by one, or batches to who asks for them. */
export class Receiver implements Subscription {
  granted: ReadonlyMap<string, number> = new Map()
  readonly #events: ReceiverEvents
  readonly #queue: (readonly Arrival[])[] = []
  /** Taken and not acknowledged. */
  #current: readonly Arrival[] = []
  /** Handlers, or a loop, take what comes. */
  #hasTaker = false
  #hasHandlers = false
  #isClosed = false
  #failure: Error | undefined
  #running: Promise<void> | undefined
  #arrived: (() => void) | undefined
  #taken: (() => void)[] = []
  #ending: Promise<void> | undefined

  constructor(events: ReceiverEvents) {
    this.#events = events
  }

  push(batch: readonly Arrival[]): void {
    if (this.#isClosed) {
      for (const { receipt } of batch) receipt.abandon()
      return
    }
    this.#queue.push(batch)
    this.#wakeTaker()
  }

  /** Resolves when more may be pushed. */
  async room(): Promise<void> {
    while (this.#queue.length >= MOST_BATCHES && !this.#isClosed)
      await new Promise<void>((resolve) => this.#taken.push(resolve))
  }

  /** Has the handlers work on what comes. */
  start(): void {
    this.#hasTaker = true
    this.#hasHandlers = true
    void this.#work()
  }

  /** Resolves when no handler runs. */
  async idle(): Promise<void> {
    await this.#running
  }

  acknowledge(): void {
    // The first one last: only then is the order such that all can be acknowledged, with one write.
    for (const { receipt } of this.#current.toReversed()) receipt.done()
    this.#current = []
  }

  async end(): Promise<void> {
    this.#ending ??= this.#events.end()
    this.close()
    await this.#ending
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }

  /** Takes no more, for a reason if it is not meant to. @returns whether a loop waits here that is told the reason. */
  close(failure?: Error): boolean {
    const isAwaited = this.#arrived !== undefined && !this.#hasHandlers
    this.#failure ??= failure
    this.#isClosed = true
    if (failure === undefined) {
      for (const { receipt } of [...this.#current, ...this.#queue.splice(0).flat()]) receipt.abandon()
      this.#current = []
    }
    this.#wakeTaker()
    this.#wakePushers()
    return isAwaited
  }

  [Symbol.asyncIterator](): AsyncGenerator<readonly Message[]> {
    if (this.#hasTaker) throw new UsageError('a subscription with handlers, or in another loop, has no batches')
    this.#hasTaker = true
    return this.#batches()
  }

  async *#batches(): AsyncGenerator<readonly Message[]> {
    try {
      for (let batch = await this.#take(); batch !== undefined; batch = await this.#take()) {
        this.#current = batch
        yield batch.map(({ message }) => message)
        this.acknowledge()
      }
    } finally {
      if (!this.#isClosed) await this.end()
    }
  }

  /** @returns undefined at the end. @throws the reason of a failure. */
  async #take(): Promise<readonly Arrival[] | undefined> {
    while (this.#queue.length === 0) {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#isClosed) return undefined
      await new Promise<void>((resolve) => {
        this.#arrived = resolve
      })
    }
    const batch = this.#queue.shift()
    this.#wakePushers()
    return batch
  }

  async #work(): Promise<void> {
    try {
      for (let batch = await this.#take(); batch !== undefined; batch = await this.#take()) {
        for (const arrival of batch) {
          if (this.#isClosed && this.#failure === undefined) arrival.receipt.abandon()
          else await this.#handle(arrival)
        }
      }
    } catch (error) {
      this.#events.failed(error as Error)
    }
  }

  async #handle({ message, filter, handler, receipt }: Arrival): Promise<void> {
    let isDone = false
    let finished: () => void = () => {}
    this.#running = new Promise((resolve) => {
      finished = resolve
    })
    const finish = () => {
      if (!isDone) receipt.done()
      isDone = true
      finished()
    }
    try {
      await handling.run({ receiver: this, finish }, () => handler?.(message, filter))
      finish()
    } finally {
      finished()
    }
  }

  #wakeTaker(): void {
    this.#arrived?.()
    this.#arrived = undefined
  }

  #wakePushers(): void {
    const waiting = this.#taken
    this.#taken = []
    for (const wake of waiting) wake()
  }
}
