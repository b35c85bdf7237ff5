import { RefusedError } from '../errors.ts'
import type { PublishHeader } from '../mqtt/packets.ts'
import { Publisher, type PublisherOptions } from '../mqtt/publisher.ts'
import { reasonName } from '../mqtt/reason-codes.ts'
import type { Session } from '../mqtt/session.ts'
import { reworded } from './wording.ts'

/** A message on its way, and who is to know what becomes of it. */
export interface Posting {
  readonly topic: string
  readonly header: PublishHeader
  readonly payload: Buffer
  /** Called once; without error when it is acknowledged, at QoS 0 when the socket has taken it. */
  settle(error?: Error): void
}

/** Bytes of payload that are put together for one write, and messages for one call of the publisher. */
const BATCH_BYTES = 65_536
const BATCH_MESSAGES = 1000

/** Payload bytes and messages that wait here before a caller who can wait has to. */
const ROOM_BYTES = 1024 * 1024
const ROOM_MESSAGES = 2 * BATCH_MESSAGES

/** Puts the messages of all callers together in batches, in the order given, and tells each what has become of its own. */
export class Outbox {
  readonly #session: Session
  readonly #publisher: Publisher
  #queue: Posting[] = []
  #queuedBytes = 0
  /** Given to the publisher and not settled, by their number there. */
  readonly #pending = new Map<number, Pick<Posting, 'topic' | 'settle'>>()
  #isRunning = false
  #isDraining = false
  /** Who wait for room, or for nothing to be left. */
  #waiting: (() => void)[] = []

  constructor(session: Session, options: Pick<PublisherOptions, 'maxInflight' | 'maxInflightQos2' | 'ackTimeoutMs'>) {
    this.#session = session
    this.#publisher = new Publisher(session, {
      ...options,
      // Who published is told.
      notice: () => {},
      settled: (message, reasonCode, reasonString) => this.#settled(message, reasonCode, reasonString),
    })
  }

  /** Messages whose fate is open. */
  get open(): number {
    return this.#queue.length + this.#pending.size
  }

  get hasRoom(): boolean {
    return this.#queue.length < ROOM_MESSAGES && this.#queuedBytes < ROOM_BYTES
  }

  /** Resolves when something has been sent or settled. */
  async progress(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Resolves when the fate of every message is known. */
  async idle(): Promise<void> {
    while (this.open > 0) await this.progress()
  }

  add(posting: Posting): void {
    if (this.#session.over.aborted) {
      posting.settle(this.#session.over.reason)
      return
    }
    this.#queue.push(posting)
    this.#queuedBytes += posting.payload.length
    if (this.#isRunning) return
    this.#isRunning = true
    // What the caller publishes in one go goes out together.
    queueMicrotask(() => void this.#run())
  }

  /** Tells all whose messages are open that nothing will become of them. @returns whether there was anybody to tell. */
  fail(reason: Error): boolean {
    const open = [...this.#pending.values(), ...this.#queue]
    this.#pending.clear()
    this.#queue = []
    this.#queuedBytes = 0
    for (const { settle } of open) settle(reason)
    this.#wake()
    return open.length > 0
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#nextBatch()
      await this.#send(batch)
      this.#drain()
      this.#wake()
    }
    this.#isRunning = false
  }

  #nextBatch(): readonly Posting[] {
    let count = 0
    let bytes = 0
    while (count < this.#queue.length && count < BATCH_MESSAGES && bytes < BATCH_BYTES)
      bytes += this.#queue[count++]!.payload.length
    this.#queuedBytes -= bytes
    return this.#queue.splice(0, count)
  }

  async #send(batch: readonly Posting[]): Promise<void> {
    const first = this.#publisher.tally.sent
    for (const [at, { topic, settle }] of batch.entries()) this.#pending.set(first + at, { topic, settle })
    let failure: Error | undefined
    try {
      await this.#publisher.publish(
        batch.map(({ header }) => header),
        payloadsOf(batch),
      )
    } catch (error) {
      failure = reworded(error as Error)
    }
    const sent = this.#publisher.tally.sent - first
    for (const [at, { header }] of batch.entries()) if (at < sent && header.qos === 0) this.#settle(first + at)
    if (failure === undefined) return
    if (!(failure instanceof RefusedError) || this.#session.over.aborted) {
      for (const at of batch.keys()) this.#settle(first + at, failure)
      return
    }
    // The broker has said at CONNACK that it does not take this one. Those behind it have numbers of their own later.
    this.#settle(first + sent, failure)
    const rest = batch.slice(sent + 1)
    for (const at of rest.keys()) this.#pending.delete(first + sent + 1 + at)
    this.#queue.unshift(...rest)
    this.#queuedBytes += rest.reduce((sum, { payload }) => sum + payload.length, 0)
  }

  /** Waits for acknowledgements in the background, which has the connection read on, and limits how long none come. */
  #drain(): void {
    if (this.#isDraining || this.#publisher.unacknowledged === 0 || this.#session.over.aborted) return
    this.#isDraining = true
    this.#publisher
      .drain()
      .catch((reason: Error) => {
        reworded(reason)
        for (const number of [...this.#pending.keys()]) this.#settle(number, reason)
      })
      .finally(() => {
        this.#isDraining = false
        this.#drain()
      })
  }

  #settled(message: number, reasonCode: number, reasonString: string | undefined): void {
    if (reasonCode === 0) {
      this.#settle(message)
      return
    }
    const topic = this.#pending.get(message)?.topic
    const said = reasonString ? `: ${reasonString}` : ''
    this.#settle(
      message,
      new RefusedError(`the broker rejected the message to '${topic}': ${reasonName(reasonCode)}${said}`, reasonCode),
    )
  }

  #settle(number: number, error?: Error): void {
    const pending = this.#pending.get(number)
    if (pending === undefined) return
    this.#pending.delete(number)
    pending.settle(error)
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}

function payloadsOf(batch: readonly Posting[]): { bytes: Buffer; bounds: number[] } {
  const bounds: number[] = []
  let at = 0
  for (const { payload } of batch) {
    bounds.push(at, at + payload.length)
    at += payload.length
  }
  const [only] = batch
  return {
    bytes:
      batch.length === 1
        ? only!.payload
        : Buffer.concat(
            batch.map(({ payload }) => payload),
            at,
          ),
    bounds,
  }
}
