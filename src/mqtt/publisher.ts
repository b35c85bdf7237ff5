import { ConnectionLostError } from '../errors.ts'
import { monotonicMs } from './clock.ts'
import type { Connection } from './connection.ts'
import type { QoS } from './message.ts'
import {
  ACK_SIZE,
  encodeAck,
  encodePublish,
  FirstByte,
  LARGEST_REMAINING_LENGTH,
  PacketType,
  type PublishHeader,
  publishSize,
} from './packets.ts'
import { encodeVariableByteInteger } from './properties.ts'
import { refusalOf } from './publish-limits.ts'
import { Rejections } from './rejections.ts'
import type { Session } from './session.ts'
import { State, Unacknowledged } from './unacknowledged.ts'

/** Payloads of messages that go out together: slices of one buffer, without a view object for each. */
export interface Payloads {
  readonly bytes: Buffer
  /** Start and end of each payload in `bytes`, one after the other. */
  readonly bounds: readonly number[]
}

/** One header for all payloads, or one for each. */
export type Headers = PublishHeader | readonly PublishHeader[]

/** What has become of the messages given to a publisher. */
export interface Tally {
  /** Written to a connection at least once. */
  sent: number
  /** Acknowledged without failure: PUBACK, or PUBCOMP; at QoS 0 all that were sent. */
  acknowledged: number
  /** Written at QoS 0. */
  sentQos0: number
  /** Refused by the broker, or not allowed by it from the start; by reason code. */
  readonly rejected: Map<number, number>
  /** Sent at QoS 0 on a connection that was lost before the broker was heard of again. */
  uncertain: number
  /** Sent at QoS 2 to a broker that may have had them, on a new connection where it had forgotten the session. */
  repeated: number
}

export interface PublisherOptions {
  /** Most messages to have unacknowledged. */
  readonly maxInflight: number
  /** The same, where the message to send is one at QoS 2; `maxInflight` unless it is less. */
  readonly maxInflightQos2?: number
  readonly ackTimeoutMs: number
  /** Told of the first rejection for each reason, while there is still time to do something. */
  readonly notice: (text: string) => void
  /** Told of each message at QoS 1 and 2 that the broker rejects. */
  readonly rejected?: (topic: string, reasonCode: number) => void
  /**
   * Told of each message at QoS 1 and 2 that is acknowledged (0) or rejected, and of each that is too large at any QoS:
   * by its number among all that were given, from 0.
   */
  readonly settled?: (message: number, reasonCode: number, reasonString: string | undefined) => void
}

/** Bytes of unacknowledged packets above which no more are sent, so that large messages don't fill the memory. */
const MAX_INFLIGHT_BYTES = 16 * 1024 * 1024

/** First byte, Remaining Length and what that counts. */
const LARGEST_PACKET = 1 + 4 + LARGEST_REMAINING_LENGTH

/** Bytes encoded before they are handed to the socket. */
const WRITE_SIZE = 65_536

/**
 * Before MQTT 5 a broker can't say how many messages it takes at a time. mosquitto takes 20 at QoS 2 unless told
 * otherwise, and drops more than that while it acknowledges them [seen with 2.0.11].
 */
export const SAFE_AT_QOS_2 = 20

/**
 * Publishes in batches, with a window of unacknowledged messages, over as many connections as the session takes.
 *
 * An unacknowledged message is kept as encoded. On a new connection it is sent again, first of all and in the
 * original order: with DUP, or for QoS 2 from PUBREL on, if the broker still has the session [MQTT 5, 4.4]; else as
 * a new message, since the broker has forgotten it.
 */
export class Publisher {
  readonly tally: Tally
  readonly #session: Session
  /** By QoS. */
  readonly #maxInflight: readonly [number, number, number]
  readonly #ackTimeoutMs: number
  readonly #rejections: Rejections
  readonly #rejected: PublisherOptions['rejected']
  readonly #settled: PublisherOptions['settled']
  #given = 0
  #connection: Connection | undefined
  /** Messages on the wire that wait for their last acknowledgement. */
  #inFlight = 0
  /** Identifiers of messages that wait to be sent again, in order, and by identifier. */
  #again: number[] = []
  #waits = new Uint8Array(0)
  /** By identifier: an earlier client of this session may have left a QoS 2 message unreleased under it. */
  #inherited: Uint8Array | undefined
  #attached = false
  readonly #open = new Unacknowledged()
  /** The last header with a topic alias, and where the broker has learned it. */
  #aliased: { readonly header: PublishHeader; readonly connection: Connection } | undefined
  /** PUBREL packets to write when the chunk is done. */
  #pubrels: number[] = []
  /** Who wait for acknowledgements or a change of connection. */
  #waiting: { readonly resolve: () => void; readonly reject: (reason: Error) => void }[] = []
  /** Waits for the socket to take more, at QoS 0. */
  #draining = false
  #watchdog: NodeJS.Timeout | undefined
  /** Whether an acknowledgement came in this chunk, and when the last one came. */
  #progressed = false
  #lastProgress = 0
  /** QoS 0 messages sent on this connection, and how many of them the broker has read for sure. */
  #qos0Sent = 0
  #qos0AtPing = 0
  #qos0Read = 0

  constructor(session: Session, options: PublisherOptions) {
    this.#session = session
    const { maxInflight, maxInflightQos2 = maxInflight } = options
    this.#maxInflight = [Number.POSITIVE_INFINITY, maxInflight, Math.min(maxInflight, maxInflightQos2)]
    this.#ackTimeoutMs = options.ackTimeoutMs
    this.#rejections = new Rejections(options.notice)
    const rejected = this.#rejections.counts
    this.tally = { sent: 0, acknowledged: 0, sentQos0: 0, rejected, uncertain: 0, repeated: 0 }
    this.#rejected = options.rejected
    this.#settled = options.settled
    session.publisher = this
  }

  /**
   * Hands messages to the socket, waiting while the window or the socket's buffer is full. Returns when all are
   * written, not when they are acknowledged.
   *
   * @throws the reason when the session is over; RefusedError for what the broker does not take, after those before it.
   */
  async publish(headers: Headers, payloads: Payloads): Promise<void> {
    const { bounds } = payloads
    this.#given += bounds.length >> 1
    for (let at = 0; at < bounds.length; ) {
      const connection = await this.#session.connected()
      if (this.#room(connection, headerAt(headers, at).qos) <= 0) {
        await this.#progress()
        continue
      }
      at = this.#write(connection, headers, payloads, at)
      await this.#drained(connection)
    }
  }

  /** @throws RefusedError for what the broker has said it does not take [MQTT 5, 3.2.2.3]. */
  check(header: PublishHeader): void {
    const refusal = this.#connection === undefined ? undefined : refusalOf(this.#connection.limits, header)
    if (refusal !== undefined) throw refusal
  }

  /** Waits until every message is acknowledged or rejected. @throws the reason when the session is over. */
  async drain(): Promise<void> {
    while (this.unacknowledged > 0) {
      this.#session.throwIfOver()
      await this.#progress()
    }
  }

  /** Messages handed over to be published. */
  get given(): number {
    return this.#given
  }

  /** Messages at QoS 1 and 2 whose fate is open. */
  get unacknowledged(): number {
    return this.#inFlight + this.#again.length
  }

  /** Whether it waits for the broker: then reading has to go on, or both would wait for ever. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0 || this.#draining
  }

  /**
   * What is wrong with the outcome, if anything: messages that were rejected, or may be lost, or delivered twice.
   */
  verdict(): Error | undefined {
    const rejected = this.#rejections.failure(this.tally.sent)
    if (rejected !== undefined) return rejected
    if (this.tally.uncertain > 0) {
      return new ConnectionLostError(
        `the connection was lost in between; up to ${this.tally.uncertain} messages sent at QoS 0 may be lost (-q 1 makes sure)`,
      )
    }
    if (this.tally.repeated > 0) {
      return new ConnectionLostError(
        `the connection was lost in between, and the session with it; up to ${this.tally.repeated} messages at QoS 2 may have been delivered twice (-c and -i keep the session)`,
      )
    }
    return undefined
  }

  /** Starts on a connection: sends again what was not acknowledged on the one before. */
  attach(connection: Connection): void {
    this.#connection = connection
    if (!connection.sessionPresent) this.#inherited = undefined
    else if (!this.#attached) this.#inherited = new Uint8Array(0x1_0000).fill(1)
    this.#attached = true
    this.#qos0Sent = 0
    this.#qos0AtPing = 0
    this.#qos0Read = 0
    this.#lastProgress = monotonicMs()
    const open = this.unacknowledged === 0 ? [] : this.#open.inOrder()
    this.#again = open
    this.#waits = new Uint8Array(open.length === 0 ? 0 : 0x1_0000)
    for (const id of open) this.#waits[id] = 1
    this.#inFlight = 0
    if (!connection.sessionPresent) {
      for (const id of open) {
        this.#open.restart(id)
        if (this.#open.qosOf(id) === 2) this.tally.repeated++
      }
    }
    this.#sendAgain()
    this.wake()
  }

  /** The connection is lost. */
  detach(): void {
    this.#connection = undefined
    this.tally.uncertain += this.#qos0Sent - this.#qos0Read
    this.#qos0Sent = 0
    this.#qos0Read = 0
    this.wake()
  }

  acknowledged(type: number, packetId: number, reasonCode: number, bytes: Buffer, start: number, end: number): void {
    // Not sent on this connection yet, so this says nothing that its own answer won't.
    if (this.#waits[packetId] === 1) return
    this.#progressed = true
    const state = this.#open.stateOf(packetId)
    const isKnown =
      reasonCode === PACKET_IDENTIFIER_IN_USE && state === State.pubrec && this.#open.isDuplicate(packetId)
    const failed = reasonCode >= 0x80 && !isKnown
    if (failed && type !== PacketType.PUBCOMP) this.#rejections.keepReasonString(reasonCode, bytes, start, end)
    if (type === PacketType.PUBACK && state === State.puback) this.#settle(packetId, failed ? reasonCode : 0)
    else if (type === PacketType.PUBACK && state === State.pubrec) this.#session.fail(withoutQos2())
    else if (type === PacketType.PUBCOMP && state === State.pubcomp) this.#settle(packetId, 0)
    else if (type === PacketType.PUBREC && state === State.pubrec && failed) this.#settle(packetId, reasonCode)
    else if (type === PacketType.PUBREC && !failed) {
      // Also for an identifier that is not ours (any more): without PUBREL the broker would keep it for ever.
      if (state === State.pubrec) this.#open.received(packetId)
      this.#pubrels.push(packetId)
    }
  }

  /** All acknowledgements of a chunk are in. */
  flush(): void {
    if (!this.#progressed) return
    this.#progressed = false
    this.#lastProgress = monotonicMs()
    if (this.#pubrels.length > 0) {
      const out = Buffer.allocUnsafe(this.#pubrels.length * ACK_SIZE)
      let at = 0
      for (const id of this.#pubrels) at = encodeAck(FirstByte.PUBREL, id, out, at)
      this.#pubrels = []
      this.#connection?.lane.write(out)
    }
    if (this.#again.length > 0) this.#sendAgain()
    this.wake()
  }

  pingSent(): void {
    this.#qos0AtPing = this.#qos0Sent
  }

  /** The broker answers in order, so it has read all that was sent before the PINGREQ. */
  pingAnswered(): void {
    this.#qos0Read = this.#qos0AtPing
  }

  /** Waits while the socket's buffer is full: with messages unacknowledged no longer than for an acknowledgement. */
  async #drained(connection: Connection): Promise<void> {
    if (!connection.lane.needsDrain) return
    this.#lastProgress = monotonicMs()
    const drained = connection.lane.drain().then(() => this.wake())
    while (connection.lane.needsDrain && this.unacknowledged > 0) await this.#progress()
    this.#draining = true
    connection.lane.resume()
    await drained
    this.#draining = false
  }

  /** How many more messages may be sent if the next one has this QoS. */
  #room(connection: Connection, qos: QoS): number {
    if (qos === 0) return Number.POSITIVE_INFINITY
    return this.#again.length > 0 || this.#open.bytes >= MAX_INFLIGHT_BYTES ? 0 : this.#window(connection, qos)
  }

  /** How many more messages may be on the wire if the next one has this QoS. */
  #window(connection: Connection, qos: QoS): number {
    return Math.min(this.#maxInflight[qos], connection.limits.receiveMaximum) - this.#inFlight
  }

  /** Encodes and writes messages from `at` on, as many as the window and one write take. @returns where to go on. */
  #write(connection: Connection, headers: Headers, payloads: Payloads, at: number): number {
    const { bytes, bounds } = payloads
    const first = at
    at = this.#endOfWrite(connection, headers, bounds, first)
    const inherited = this.#inherited
    let size = 0
    for (let next = first; next < at; next += 2) {
      const header = headerAt(headers, next)
      size += publishSize(header, bounds[next + 1]! - bounds[next]!)
      if (inherited !== undefined && header.qos > 0) size += ACK_SIZE
    }
    const out = Buffer.allocUnsafeSlow(size)
    const largest = Math.min(connection.limits.maximumPacketSize, LARGEST_PACKET)
    let end = 0
    for (let next = first; next < at; next += 2) {
      const header = this.#shortened(connection, headerAt(headers, next))
      const start = bounds[next]!
      const stop = bounds[next + 1]!
      const number = this.tally.sent++
      if (publishSize(header, stop - start) > largest) {
        this.#rejections.add(PACKET_TOO_LARGE)
        this.#settled?.(number, PACKET_TOO_LARGE, undefined)
        continue
      }
      const id = header.qos > 0 ? this.#session.ids.allocateForPublish() : 0
      if (id > 0 && inherited?.[id] === 1) {
        // Else the broker would take this message for the one it has, and drop it [MQTT 5, 4.3.3].
        end = encodeAck(FirstByte.PUBREL, id, out, end)
        inherited[id] = 0
      }
      const packetStart = end
      end = encodePublish(header, id, bytes, start, stop, out, end)
      if (id > 0) this.#track(id, number, header.qos, out, packetStart, end)
      else {
        this.tally.acknowledged++
        this.tally.sentQos0++
        this.#qos0Sent++
      }
    }
    connection.lane.write(out.subarray(0, end))
    return at
  }

  /** Where a write that starts at `at` ends. A first message always fits: `#room` has seen to it. */
  #endOfWrite(connection: Connection, headers: Headers, bounds: readonly number[], at: number): number {
    const rooms = [0, this.#room(connection, 1), this.#room(connection, 2)]
    const first = at
    let size = 0
    let tracked = 0
    let allowed: PublishHeader | undefined
    for (; at < bounds.length && (size < WRITE_SIZE || at === first); at += 2) {
      const header = headerAt(headers, at)
      if (header !== allowed) {
        const refusal = refusalOf(connection.limits, header)
        if (refusal !== undefined && at === first) throw refusal
        if (refusal !== undefined) break
        allowed = header
      }
      if (header.qos > 0 && tracked++ >= rooms[header.qos]!) break
      size += publishSize(header, bounds[at + 1]! - bounds[at]!)
    }
    return at
  }

  /** The header without its topic, where the broker has seen topic and alias together on this connection. */
  #shortened(connection: Connection, header: PublishHeader): PublishHeader {
    if (header.alias === undefined) return header
    if (this.#aliased?.header === header && this.#aliased.connection === connection) return header.alias.header
    this.#aliased = { header, connection }
    return header
  }

  #track(id: number, number: number, qos: number, packets: Buffer, start: number, end: number): void {
    this.#open.add(id, number, qos, packets, start, end)
    if (this.#inFlight++ === 0) this.#lastProgress = monotonicMs()
  }

  #settle(id: number, reasonCode: number): void {
    if (reasonCode !== 0) this.#rejected?.(this.#open.topicOf(id), reasonCode)
    const number = this.#open.numberOf(id)
    this.#open.remove(id)
    this.#session.ids.deallocate(id)
    this.#inFlight--
    if (reasonCode === 0) this.tally.acknowledged++
    else this.#rejections.add(reasonCode)
    this.#settled?.(number, reasonCode, this.#rejections.reasonStringOf(reasonCode))
  }

  /** Sends what waits to be sent again, as far as the window goes. */
  #sendAgain(): void {
    const connection = this.#connection
    if (connection === undefined) return
    const out: Buffer[] = []
    let count = 0
    for (const id of this.#again) {
      if (this.#window(connection, this.#open.qosOf(id)) <= 0) break
      this.#sendOneAgain(connection, id, out)
      count++
    }
    this.#again.splice(0, count)
    if (out.length > 0) connection.lane.write(Buffer.concat(out))
  }

  /** A packet as it can go out on a connection where the broker knows no aliases yet. */
  #withTopic(packet: Buffer): Buffer {
    if (this.#aliased === undefined) return packet
    let start = 2
    while (packet[start - 1]! >= 0x80) start++
    if (packet.readUInt16BE(start) > 0) return packet
    const rest = packet.subarray(start + 2)
    const { topic } = this.#aliased.header
    return Buffer.concat([packet.subarray(0, 1), encodeVariableByteInteger(topic.length + rest.length), topic, rest])
  }

  #sendOneAgain(connection: Connection, id: number, out: Buffer[]): void {
    this.#waits[id] = 0
    this.#inFlight++
    if (this.#open.stateOf(id) === State.pubcomp) {
      const pubrel = Buffer.allocUnsafe(ACK_SIZE)
      encodeAck(FirstByte.PUBREL, id, pubrel, 0)
      out.push(pubrel)
      return
    }
    const packet = this.#withTopic(this.#open.packetOf(id))
    if (packet.length > connection.limits.maximumPacketSize) {
      this.#settle(id, PACKET_TOO_LARGE)
      return
    }
    packet[0] = connection.sessionPresent ? packet[0]! | 0x08 : packet[0]! & ~0x08
    out.push(packet)
  }

  /**
   * Waits for acknowledgements, or a change of connection.
   *
   * @throws when acknowledgements are missing for too long, or the session is over.
   */
  async #progress(): Promise<void> {
    this.#session.throwIfOver()
    this.#watchdog ??= setTimeout(() => this.#watch(), this.#ackTimeoutMs).unref()
    this.#connection?.lane.resume()
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
    })
    this.#session.throwIfOver()
  }

  /** Has whoever waits look again: for acknowledgements, at the connection, or whether the session is over. */
  wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { resolve } of waiting) resolve()
  }

  /** One timer for all waits, so that waiting costs nothing where acknowledgements come. */
  #watch(): void {
    this.#watchdog = undefined
    const waiting = this.#waiting
    if (waiting.length === 0) return
    const left = this.#lastProgress + this.#ackTimeoutMs - monotonicMs()
    if (
      left > 0 ||
      this.#connection === undefined ||
      (this.unacknowledged === 0 && !this.#connection.lane.needsDrain)
    ) {
      this.#watchdog = setTimeout(() => this.#watch(), left > 0 ? left : this.#ackTimeoutMs).unref()
      return
    }
    this.#waiting = []
    const seconds = this.#ackTimeoutMs / 1000
    const reason = new ConnectionLostError(
      `${this.unacknowledged === 1 ? '1 message is' : `${this.unacknowledged} messages are`} unacknowledged, and no acknowledgement has come for ${seconds} s (--ack-timeout)`,
    )
    for (const { reject } of waiting) reject(reason)
  }
}

const PACKET_TOO_LARGE = 149

/** What EMQX and FlashMQ 1.26 (FlashMQ #171) say of a QoS 2 message that they have and that comes again. */
const PACKET_IDENTIFIER_IN_USE = 145

/** The end of a session whose broker answers QoS 2 with PUBACK, as RabbitMQ 3.10 does; nothing more would come. */
function withoutQos2(): ConnectionLostError {
  return new ConnectionLostError(
    'the broker answered a message at QoS 2 with PUBACK: it may not have QoS 2, so nobody knows what becomes of the message (-q 1)',
  )
}

/** The header of the payload whose start stands at `at` of the bounds. */
function headerAt(headers: Headers, at: number): PublishHeader {
  return Array.isArray(headers) ? headers[at >> 1]! : (headers as PublishHeader)
}
