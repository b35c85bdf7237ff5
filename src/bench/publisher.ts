import type { Message } from '../mqtt/message.ts'
import {
  ACK_SIZE,
  encodeAck,
  encodePublish,
  FirstByte,
  PacketType,
  type PublishHeader,
  publishSize,
} from '../mqtt/packets.ts'
import { publishHeader } from '../mqtt/publish-header.ts'
import { reasonName } from '../mqtt/reason-codes.ts'
import { Backlog } from './backlog.ts'
import type { Client, Work } from './client.ts'
import type { Context } from './context.ts'
import { isStamped, type Payloads } from './payloads.ts'
import type { Member } from './roster.ts'
import { writeStamp } from './stamp.ts'
import { Owed, Window } from './window.ts'

/** Bytes that a socket may hold; more would only make messages older. */
const SOCKET_LIMIT = 256 * 1024

/** Bytes that go out in one write, so that other clients get their turn. */
const BATCH = 64 * 1024

/** Sends messages of one client, and follows what becomes of them. */
export class Publisher implements Work {
  client: Client | undefined
  /** Deliveries that each message should make. */
  fanOut = 0
  /** The same to subscribers that read slowly. */
  slowFanOut = 0
  /** Messages that count and may still be sent: those of closed loop are not told by a schedule. */
  quota = Number.POSITIVE_INFINITY
  /** Messages that may wait; those that are due beyond are not sent. */
  mostWaiting = Number.POSITIVE_INFINITY
  /** For closed loop: called when there may be room again. */
  refill: ((publisher: Publisher, nowUs: number) => void) | undefined
  /** Is among those that `refill` was called for. */
  isQueued = false
  readonly #context: Context
  readonly topic: string
  readonly #number: number
  readonly #header: PublishHeader
  readonly #payloads: Payloads
  readonly #isStamped: boolean
  readonly #backlog = new Backlog()
  /** Of the messages in the backlog, those that had their turn and found no room. */
  #blocked = 0
  readonly #window: Window
  #sequence = 0

  /** @param payloads of its messages; their beginnings give way to the stamp, if there is to be one. */
  constructor(context: Context, { number, topic }: Member, payloads: Payloads) {
    const { publish, client } = context.plan
    this.#context = context
    this.topic = topic
    this.#number = number
    this.#header = publishHeader(client.values.protocolVersion ?? 4, { ...publish!, topic })
    this.#payloads = payloads
    this.#isStamped = isStamped(publish!)
    this.#window = new Window(context.plan.publish!.inflight)
  }

  /** Messages that are due and not sent. */
  get waiting(): number {
    return this.#backlog.length
  }

  /** Messages that are still to be sent or acknowledged. */
  get outstanding(): number {
    return this.client?.isReady ? this.#backlog.length + this.#window.used : 0
  }

  connected({ receiveMaximum }: { readonly receiveMaximum: number }): void {
    this.#window.limit = Math.min(this.#window.limit, receiveMaximum)
  }

  ready(nowUs: number): void {
    if (this.refill !== undefined) this.refill(this, nowUs)
    else if (this.#backlog.length > 0) this.flush(nowUs)
  }

  ended(): void {
    this.#backlog.clear()
    this.#blocked = 0
    // It never sends again what was not acknowledged: a client that comes back begins anew.
    this.#window.reset()
  }

  /** A message is due; `flush` sends it. @returns false when it can't be sent at all. */
  due(dueUs: number, nowUs: number): boolean {
    const { meter } = this.#context
    if (dueUs >= meter.countsFromUs) {
      meter.counts.intended++
      meter.schedule.record(nowUs - dueUs)
    }
    if (!this.client?.isReady || this.#backlog.length >= this.mostWaiting) return false
    this.#backlog.push(dueUs)
    return true
  }

  /** Sends what is due as far as window and socket have room. */
  flush(nowUs: number): void {
    const { meter, outbox } = this.#context
    while (this.#backlog.length > 0 && this.#hasRoom()) {
      do {
        const dueUs = this.#backlog.shift()
        if (this.#blocked > 0) {
          this.#blocked--
          if (dueUs >= meter.countsFromUs) meter.waited.record(nowUs - dueUs)
        }
        this.#encode(dueUs, nowUs)
      } while (this.#backlog.length > 0 && outbox.pending < BATCH && !this.#isWindowFull())
      this.client!.send()
    }
    this.#blocked = this.#backlog.length
  }

  /** Sends a batch of messages that are due now. @returns whether there is more to send and room for it. */
  fill(nowUs: number): boolean {
    const { meter, outbox } = this.#context
    const counts = nowUs >= meter.countsFromUs
    const dueUs = Math.round(nowUs)
    const isDone = () => counts && this.quota === 0
    if (!this.client?.isReady || isDone() || !this.#hasRoom()) return false
    do {
      if (counts) {
        meter.counts.intended++
        this.quota--
      }
      this.#encode(dueUs, dueUs)
    } while (!isDone() && outbox.pending < BATCH && !this.#isWindowFull())
    this.client.send()
    return !isDone() && this.#hasRoom()
  }

  answered(type: number, packetId: number, reasonCode: number, nowUs: number): void {
    const owed = this.#window.owed(packetId)
    const isFirst = owed === Owed.firstAnswer
    if (type === PacketType.PUBACK && this.#header.qos === 1 && isFirst) this.#finish(packetId, reasonCode, nowUs)
    else if (type === PacketType.PUBCOMP && owed === Owed.pubcomp) this.#finish(packetId, reasonCode, nowUs)
    else if (type === PacketType.PUBREC && this.#header.qos === 2 && owed !== Owed.nothing) {
      if (reasonCode >= 128 && isFirst) this.#finish(packetId, reasonCode, nowUs)
      else this.#sendPubrel(packetId)
    }
  }

  #sendPubrel(packetId: number): void {
    const { outbox } = this.#context
    this.#window.awaitPubcomp(packetId)
    outbox.reserve(ACK_SIZE)
    outbox.at = encodeAck(FirstByte.PUBREL, packetId, outbox.bytes, outbox.at)
  }

  #finish(packetId: number, reasonCode: number, nowUs: number): void {
    const { meter } = this.#context
    const dueUs = this.#window.dueUs(packetId)
    const counts = dueUs >= meter.countsFromUs
    const sentUs = this.#window.sentUs(packetId)
    this.#window.release(packetId)
    if (reasonCode >= 128) {
      if (!counts) return
      meter.rejected.add(reasonName(reasonCode))
      meter.counts.expected -= this.fanOut
      meter.counts.slowExpected -= this.slowFanOut
      return
    }
    meter.passed.acknowledged++
    if (!counts) return
    meter.counts.acknowledged++
    meter.lastAcknowledgedUs = nowUs
    meter.acknowledged.record(nowUs - dueUs)
    meter.acknowledgedFromSent.record(nowUs - sentUs)
  }

  #hasRoom(): boolean {
    return !this.#isWindowFull() && this.client!.isReady && this.client!.backlog < SOCKET_LIMIT
  }

  #isWindowFull(): boolean {
    return this.#header.qos > 0 && this.#window.isFull
  }

  #encode(dueUs: number, nowUs: number): void {
    const { meter, outbox, clock } = this.#context
    const payloads = this.#payloads
    payloads.next(this.#sequence)
    const { bytes, length } = payloads
    const packetId = this.#header.qos === 0 ? 0 : this.#window.take(dueUs, nowUs)
    const counts = dueUs >= meter.countsFromUs
    outbox.reserve(publishSize(this.#header, length))
    outbox.at = encodePublish(this.#header, packetId, bytes, 0, length, outbox.bytes, outbox.at)
    if (this.#isStamped) {
      const at = outbox.at - length
      writeStamp(outbox.bytes, at, this.#number, this.#sequence, clock.stamp(dueUs), nowUs - dueUs, counts)
    }
    this.#sequence++
    meter.passed.sent++
    if (this.#header.qos === 0) meter.passed.acknowledged++
    if (!counts) return
    meter.counts.sent++
    meter.counts.expected += this.fanOut
    meter.counts.slowExpected += this.slowFanOut
    if (this.#header.qos === 0) meter.counts.acknowledged++
  }

  /** A publisher subscribes to nothing: what comes all the same is not of this run. */
  received(_message: Message): void {
    this.#context.meter.counts.foreign++
  }
}
