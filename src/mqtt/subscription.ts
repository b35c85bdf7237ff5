import { RefusedError } from '../errors.ts'
import type { Connection, SubscribeOptions } from './connection.ts'
import type { Message } from './message.ts'
import { ACK_SIZE, encodeAck, FirstByte } from './packets.ts'
import type { Property } from './property-table.ts'
import { reasonName } from './reason-codes.ts'
import type { Session } from './session.ts'

/** What goes into one SUBSCRIBE. */
export interface SubscribeGroup {
  readonly filters: readonly string[]
  readonly options: SubscribeOptions
  readonly properties: readonly Property[]
}

/** Where a QoS 2 identifier stands between PUBLISH and PUBREL: acknowledged means on this connection. */
const Qos2 = { unknown: 0, received: 1, acknowledged: 2 } as const

/** The messages of one chunk, and the connection that waits for their acknowledgements. */
interface Batch {
  readonly messages: Message[]
  readonly connection: Connection | undefined
  /** QoS 2 messages that came again before PUBREL: to acknowledge, not to deliver. */
  readonly repeated: number[]
  acknowledged: number
}

/**
 * SUBSCRIBE, then batches of messages, pulled. Asking for the next batch acknowledges the last; until then nothing
 * more is read than what is under way, so a slow consumer stalls the socket, not our memory.
 *
 * A QoS 2 message is delivered once: its identifier is remembered from PUBLISH to PUBREL, over reconnecting of the
 * same session [MQTT 5, 4.3.3].
 */
export class Subscription implements AsyncIterable<readonly Message[]> {
  readonly #session: Session
  readonly #groups: readonly SubscribeGroup[]
  readonly #notice: (text: string) => void
  readonly #queue: Batch[] = []
  #arriving: Batch | undefined
  #current: Batch | undefined
  #connection: Connection | undefined
  readonly #qos2 = new Uint8Array(0x1_0000)
  /** How many of them were answered with PUBREC on this connection and wait for PUBREL. */
  #unreleased = 0
  #established = false
  /** SUBACK is under way: to be read, even if messages come first for which nobody asks. */
  #subscribing = false
  #finishing = false
  /** Identifiers to answer with PUBCOMP when the chunk is done. */
  #released: number[] = []
  #wake: (() => void) | undefined

  constructor(session: Session, groups: readonly SubscribeGroup[], notice: (text: string) => void) {
    this.#session = session
    this.#groups = groups
    this.#notice = notice
    session.subscription = this
    this.#connection = session.connection
    session.over.addEventListener('abort', () => this.#wakeConsumer())
  }

  /**
   * Subscribes; on another connection if the first is lost before SUBACK. A filter that is refused is named; when all
   * are, that is a failure.
   *
   * @throws RefusedError with the reason code of the first filter, or the reason when the session is over.
   */
  async start(): Promise<void> {
    while (!this.#established) this.#established = await this.#subscribe(await this.#session.connected())
  }

  /** On a connection whose broker has forgotten the session. */
  async subscribeAgain(connection: Connection): Promise<void> {
    // Before that, it is for `start` to go on.
    if (!this.#established) return
    try {
      await this.#subscribe(connection)
    } catch (error) {
      if (error instanceof RefusedError) this.#session.fail(error)
      throw error
    }
  }

  /** @returns false when the connection was lost before SUBACK. */
  async #subscribe(connection: Connection): Promise<boolean> {
    const refused: string[] = []
    let code = 0
    let count = 0
    for (const { filters, options, properties } of this.#groups) {
      this.#subscribing = true
      const codes = await connection.subscribe(filters, options, properties)
      this.#subscribing = false
      if (codes === undefined) return false
      codes.forEach((each, at) => {
        count++
        if (each < 0x80) return
        code ||= each
        refused.push(`subscription to '${filters[at]}' refused: ${reasonName(each)}`)
      })
    }
    if (refused.length === count && count > 0) throw new RefusedError(refused.join('; '), code)
    for (const text of refused) this.#notice(text)
    return true
  }

  /** Goes on at a new connection. What was received on the old one is still delivered; it can't be acknowledged. */
  attach(connection: Connection): void {
    this.#connection = connection
    if (!connection.sessionPresent) this.#qos2.fill(Qos2.unknown)
    this.#qos2.forEach((state, id) => {
      if (state === Qos2.acknowledged) this.#qos2[id] = Qos2.received
    })
    this.#unreleased = 0
  }

  received(message: Message): void {
    if (this.#finishing) return
    this.#arriving ??= { messages: [], connection: this.#connection, repeated: [], acknowledged: 0 }
    if (message.qos === 2) {
      if (this.#qos2[message.packetId] !== Qos2.unknown) {
        this.#arriving.repeated.push(message.packetId)
        return
      }
      this.#qos2[message.packetId] = Qos2.received
    }
    this.#arriving.messages.push(message)
  }

  released(packetId: number): void {
    if (this.#qos2[packetId] === Qos2.acknowledged) this.#unreleased--
    this.#qos2[packetId] = Qos2.unknown
    this.#released.push(packetId)
  }

  /** All packets of a chunk are in. */
  flush(): void {
    if (this.#released.length > 0) {
      const out = Buffer.allocUnsafe(this.#released.length * ACK_SIZE)
      let at = 0
      for (const id of this.#released) at = encodeAck(FirstByte.PUBCOMP, id, out, at)
      this.#released = []
      this.#connection?.lane.write(out)
      if (this.#finishing) this.#wakeConsumer()
    }
    if (this.#arriving === undefined) return
    this.#queue.push(this.#arriving)
    this.#arriving = undefined
    // Messages of a persistent session may come before SUBACK, which has to be read.
    if (this.#wake === undefined && this.#established && !this.#subscribing) this.#connection?.lane.pause()
    this.#wakeConsumer()
  }

  #wakeConsumer(): void {
    this.#wake?.()
    this.#wake = undefined
  }

  /**
   * Acknowledges the last batch, then waits for the next.
   *
   * @returns undefined when the session was ended. @throws the reason when it failed.
   */
  async next(): Promise<readonly Message[] | undefined> {
    this.acknowledge()
    this.#current = undefined
    while (this.#queue.length === 0) {
      this.#connection?.lane.resume()
      if (this.#session.over.aborted) {
        if (this.#session.over.reason.exitCode === 0) return undefined
        throw this.#session.over.reason
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#current = this.#queue.shift()!
    return this.#current.messages
  }

  /**
   * Acknowledges the first `count` messages of the current batch, all of them unless told. The rest is left
   * unacknowledged, for the next session to receive.
   */
  acknowledge(count?: number): void {
    const batch = this.#current
    if (batch === undefined || batch.connection !== this.#connection) return
    const end = count ?? batch.messages.length
    const repeated = count === undefined ? batch.repeated.splice(0) : []
    const out = Buffer.allocUnsafe((Math.max(0, end - batch.acknowledged) + repeated.length) * ACK_SIZE)
    let at = 0
    for (let index = batch.acknowledged; index < end; index++) {
      const message = batch.messages[index]!
      if (message.qos === 1) at = encodeAck(FirstByte.PUBACK, message.packetId, out, at)
      else if (message.qos === 2) {
        at = encodeAck(FirstByte.PUBREC, message.packetId, out, at)
        this.#awaitRelease(message.packetId)
      }
    }
    for (const id of repeated) {
      at = encodeAck(FirstByte.PUBREC, id, out, at)
      this.#awaitRelease(id)
    }
    batch.acknowledged = Math.max(batch.acknowledged, end)
    if (at > 0) this.#connection?.lane.write(out.subarray(0, at))
  }

  #awaitRelease(id: number): void {
    if (this.#qos2[id] !== Qos2.received) return
    this.#qos2[id] = Qos2.acknowledged
    this.#unreleased++
  }

  /**
   * Takes no more messages, and waits until those acknowledged at QoS 2 are through: left between PUBREC and PUBREL,
   * they would come again.
   */
  async finish(limitMs: number): Promise<void> {
    this.#finishing = true
    this.#connection?.lane.resume()
    const limit = AbortSignal.timeout(limitMs)
    limit.addEventListener('abort', () => this.#wakeConsumer())
    while (this.#unreleased > 0 && !limit.aborted && !this.#session.over.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Message[]> {
    for (let batch = await this.next(); batch !== undefined; batch = await this.next()) yield batch
  }
}
