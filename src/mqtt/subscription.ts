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

/** A message that is acknowledged by itself. */
export interface Delivery {
  readonly message: Message
  /** Says that it is dealt with: it is acknowledged as soon as all before it are, in their order [MQTT-4.6.0-2]. */
  settle(): void
  /** Says that it will not be dealt with: it is never acknowledged, and those behind it don't wait for it. */
  abandon(): void
}

/** What SUBACKs say. */
interface Answer {
  readonly granted: ReadonlyMap<string, number>
  readonly refused: readonly string[]
  /** The first failure. */
  readonly code: number
}

/** What a delivery has to be acknowledged with. */
interface Debt {
  readonly qos: 1 | 2
  readonly packetId: number
  isSettled: boolean
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
  #groups: readonly SubscribeGroup[]
  readonly #unwanted: readonly string[]
  readonly #notice: (text: string) => void
  /** Whether it is a failure when one filter is refused; else only when all are. */
  needsAll = false
  readonly #queue: Batch[] = []
  #arriving: Batch | undefined
  #current: Batch | undefined
  #connection: Connection | undefined
  readonly #qos2 = new Uint8Array(0x1_0000)
  /** How many of them were answered with PUBREC on this connection and wait for PUBREL. */
  #unreleased = 0
  #established = false
  /** How many SUBACK and UNSUBACK are under way: to be read, even if messages come first for which nobody asks. */
  #asking = 0
  #finishing = false
  /** Deliveries of this connection, in the order in which they came. */
  #debts: Debt[] = []
  /** Deliveries at QoS 2 that are not settled, on whichever connection of the session they came. */
  readonly #unsettled = new Map<number, Debt>()
  /** Identifiers to answer with PUBCOMP when the chunk is done. */
  #released: number[] = []
  #wake: (() => void) | undefined

  /** @param unwanted filters to unsubscribe from. */
  constructor(
    session: Session,
    groups: readonly SubscribeGroup[],
    notice: (text: string) => void,
    unwanted: readonly string[] = [],
  ) {
    this.#session = session
    this.#groups = groups
    this.#unwanted = unwanted
    this.#notice = notice
    session.subscription = this
    this.#connection = session.connection
    session.over.addEventListener('abort', () => this.#wakeConsumer())
  }

  /**
   * Subscribes, then unsubscribes; on another connection if the first is lost before SUBACK. A filter that is refused is named; when all
   * are, or with `needsAll` one is, that is a failure.
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

  /**
   * Subscribes to more, over reconnecting as well.
   *
   * @returns the granted QoS of each filter. @throws RefusedError when one is refused, or the reason when the session is over.
   */
  async add(groups: readonly SubscribeGroup[]): Promise<ReadonlyMap<string, number>> {
    for (;;) {
      const answer = await this.#ask(await this.#session.connected(), groups)
      if (answer === undefined) continue
      if (answer.refused.length > 0) throw new RefusedError(answer.refused.join('; '), answer.code)
      this.#groups = [...this.#groups, ...groups]
      return answer.granted
    }
  }

  /** Unsubscribes from groups that were added. @throws RefusedError, or the reason when the session is over. */
  async remove(groups: readonly SubscribeGroup[]): Promise<void> {
    this.#groups = this.#groups.filter((group) => !groups.includes(group))
    const filters = groups.flatMap((group) => group.filters)
    while (!(await this.#unsubscribe(await this.#session.connected(), filters)));
  }

  /** @returns false when the connection was lost before SUBACK. */
  async #subscribe(connection: Connection): Promise<boolean> {
    const answer = await this.#ask(connection, this.#groups)
    if (answer === undefined) return false
    const { refused, code, granted } = answer
    if (refused.length > 0 && (this.needsAll || granted.size === 0)) throw new RefusedError(refused.join('; '), code)
    for (const text of refused) this.#notice(text)
    return await this.#unsubscribe(connection, this.#unwanted)
  }

  /** @returns undefined when the connection was lost before SUBACK. */
  async #ask(connection: Connection, groups: readonly SubscribeGroup[]): Promise<Answer | undefined> {
    const refused: string[] = []
    const all = new Map<string, number>()
    let code = 0
    for (const { filters, options, properties } of groups) {
      const granted = await this.#reading(connection, connection.subscribe(filters, options, properties))
      if (granted === undefined) return undefined
      const said = granted.reasonString ? `: ${granted.reasonString}` : ''
      for (const [at, each] of granted.codes.entries()) {
        if (each < 0x80) {
          all.set(filters[at]!, each)
          continue
        }
        code ||= each
        refused.push(`subscription to '${filters[at]}' refused: ${reasonName(each)}${said}`)
      }
    }
    return { granted: all, refused, code }
  }

  /** @returns false when the connection was lost before UNSUBACK. */
  async #unsubscribe(connection: Connection, filters: readonly string[]): Promise<boolean> {
    for (const filter of filters) {
      const granted = await this.#reading(connection, connection.unsubscribe([filter]))
      if (granted === undefined) return false
      const [code = 0] = granted.codes
      if (code < 0x80) continue
      const said = granted.reasonString ? `: ${granted.reasonString}` : ''
      throw new RefusedError(`unsubscribing from '${filter}' refused: ${reasonName(code)}${said}`, code)
    }
    return true
  }

  /** Has the connection read on until the answer is there. */
  async #reading<T>(connection: Connection, answer: Promise<T>): Promise<T> {
    this.#asking++
    connection.lane.resume()
    return await answer.finally(() => this.#asking--)
  }

  /** Goes on at a new connection. What was received on the old one is still delivered; it can't be acknowledged. */
  attach(connection: Connection): void {
    this.#connection = connection
    this.#debts = []
    if (!connection.sessionPresent) {
      this.#qos2.fill(Qos2.unknown)
      this.#unsettled.clear()
    }
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
    // Messages of a persistent session may come before SUBACK, and any before what a publisher waits for: both have
    // to be read.
    const goesOn = !this.#established || this.#asking > 0 || this.#session.publisher?.isWaiting === true
    if (this.#wake === undefined && !goesOn) this.#connection?.lane.pause()
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
    this.#current = await this.#arrival()
    return this.#current?.messages
  }

  /**
   * Waits for the next batch, and leaves what was taken before unacknowledged until it is settled. Not to be mixed with
   * `next`.
   *
   * @returns undefined when the session was ended. @throws the reason when it failed.
   */
  async take(): Promise<readonly Delivery[] | undefined> {
    const batch = await this.#arrival()
    if (batch === undefined) return undefined
    const isCurrent = batch.connection === this.#connection
    if (isCurrent) {
      // Brokers send again what they have sent before, and only then what is new.
      for (const packetId of batch.repeated)
        this.#debts.push(this.#unsettled.get(packetId) ?? { qos: 2, packetId, isSettled: true })
      this.#payDebts()
    }
    return batch.messages.map((message) => this.#deliver(message, isCurrent))
  }

  #deliver(message: Message, isCurrent: boolean): Delivery {
    const { qos, packetId } = message
    if (qos === 0) return { message, settle: () => {}, abandon: () => {} }
    const debt: Debt = { qos, packetId, isSettled: false }
    if (isCurrent) this.#debts.push(debt)
    if (qos === 2) this.#unsettled.set(packetId, debt)
    const settle = () => {
      debt.isSettled = true
      if (this.#unsettled.get(packetId) === debt) this.#unsettled.delete(packetId)
      this.#payDebts()
    }
    const abandon = () => {
      this.#debts = this.#debts.filter((each) => each !== debt)
      // It comes again with the next session, and is new then.
      if (this.#unsettled.get(packetId) === debt) {
        this.#unsettled.delete(packetId)
        this.#qos2[packetId] = Qos2.unknown
      }
      this.#payDebts()
    }
    return { message, settle, abandon }
  }

  /** Acknowledges what is settled, up to the first delivery that is not. */
  #payDebts(): void {
    const open = this.#debts.findIndex(({ isSettled }) => !isSettled)
    const settled = this.#debts.splice(0, open < 0 ? this.#debts.length : open)
    if (settled.length === 0) return
    const out = Buffer.allocUnsafe(settled.length * ACK_SIZE)
    let at = 0
    for (const { qos, packetId } of settled) {
      at = encodeAck(qos === 1 ? FirstByte.PUBACK : FirstByte.PUBREC, packetId, out, at)
      if (qos === 2) this.#awaitRelease(packetId)
    }
    this.#connection?.lane.write(out)
  }

  /** @throws the reason when the session failed. */
  async #arrival(): Promise<Batch | undefined> {
    while (this.#queue.length === 0) {
      if (this.#finishing) return undefined
      this.#connection?.lane.resume()
      if (this.#session.over.aborted) {
        if (this.#session.over.reason.exitCode === 0) return undefined
        throw this.#session.over.reason
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#queue.shift()
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

  /** Takes no more messages; what was not asked for is left unacknowledged, and who waits for more gets nothing. */
  stop(): void {
    this.#finishing = true
    this.#queue.length = 0
    this.#connection?.lane.resume()
    this.#wakeConsumer()
  }

  /**
   * Stops, and waits until what was acknowledged at QoS 2 is through: left between PUBREC and PUBREL, it would come
   * again.
   */
  async finish(limitMs: number): Promise<void> {
    this.stop()
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
