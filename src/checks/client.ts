import type { Connection, SubscribeOptions } from '../mqtt/connection.ts'
import type { Message, QoS } from '../mqtt/message.ts'
import type { PacketIds } from '../mqtt/packet-ids.ts'
import { encodePublish, type PublishHeader, publishSize } from '../mqtt/packets.ts'
import type { Property } from '../mqtt/property-table.ts'
import { publishHeader } from '../mqtt/publish-header.ts'
import { reasonName } from '../mqtt/reason-codes.ts'
import type { ProtocolVersion } from '../options/connection.ts'
import { Failed, Unsupported } from './check.ts'
import { Inbox } from './inbox.ts'
import type { Ledger } from './ledger.ts'
import type { Limit } from './limit.ts'

export interface Publication {
  readonly topic: string
  readonly payload?: string | Buffer
  /** 1 unless given. */
  readonly qos?: QoS
  readonly retain?: boolean
  readonly properties?: readonly Property[]
}

const PINGREQ = Buffer.of(0xc0, 0)

/** Retain, QoS, shared subscriptions, subscription identifiers, wildcard subscriptions not supported [MQTT 5, 2.4]. */
const LACKING: readonly number[] = [154, 155, 158, 161, 162]

/** One connection of a check. Every wait ends with the limit of the check, or with the connection. */
export class CheckClient {
  readonly connection: Connection
  readonly version: ProtocolVersion
  readonly inbox: Inbox
  readonly #ids: PacketIds
  readonly #limit: Limit
  readonly #ledger: Ledger
  #isLost = false

  constructor(connection: Connection, version: ProtocolVersion, ids: PacketIds, limit: Limit, ledger: Ledger) {
    this.connection = connection
    this.version = version
    this.#ids = ids
    this.#limit = limit
    this.#ledger = ledger
    this.inbox = new Inbox(connection.lane, ({ topic }) => topic.startsWith(ledger.prefix))
    void connection.lost.then(() => {
      this.#isLost = true
      this.inbox.wake()
    })
  }

  /** Subscribes to one filter, at QoS 1 unless told. @returns the granted QoS. @throws Unsupported, Failed */
  async subscribe(
    filter: string,
    options: Partial<SubscribeOptions> = {},
    properties: readonly Property[] = [],
  ): Promise<number> {
    const all = { qos: 1, retainHandling: 0, retainAsPublished: false, ...options } as const
    const granted = await this.#limit.wait('SUBACK', this.connection.subscribe([filter], all, properties))
    if (granted === undefined) throw await this.#loss('SUBACK')
    const code = granted.codes[0]!
    if (code >= 0x80) throw refusal(`the subscription to ${filter} was refused`, code, granted.reasonString)
    return code
  }

  /** @throws Failed */
  async unsubscribe(filter: string): Promise<void> {
    const granted = await this.#limit.wait('UNSUBACK', this.connection.unsubscribe([filter]))
    if (granted === undefined) throw await this.#loss('UNSUBACK')
    const [code = 0] = granted.codes
    if (code >= 0x80) throw refusal('UNSUBSCRIBE was refused', code, granted.reasonString)
  }

  /** Publishes, and waits until it is acknowledged to the end. @throws Unsupported, Failed */
  async publish(publication: Publication): Promise<void> {
    const { topic, qos = 1, retain = false, payload = '' } = publication
    if (retain && payload.length > 0) this.#ledger.retained.add(topic)
    const header = publishHeader(this.version, { ...publication, qos, retain })
    try {
      await this.publishWith(header, Buffer.from(payload as string))
      if (retain && payload.length === 0) this.#ledger.retained.delete(topic)
    } catch (error) {
      if (error instanceof Unsupported) this.#ledger.retained.delete(topic)
      throw error
    }
  }

  /** The same with a header of its own. */
  async publishWith(header: PublishHeader, payload: Buffer): Promise<void> {
    const size = publishSize(header, payload.length)
    this.#checkLimits(header, size)
    const id = header.qos > 0 ? this.#ids.allocateForPublish() : 0
    const packet = Buffer.allocUnsafeSlow(size)
    encodePublish(header, id, payload, 0, payload.length, packet, 0)
    this.connection.lane.write(packet)
    for (const type of [[], ['PUBACK'], ['PUBREC', 'PUBCOMP']][header.qos]!) await this.#acknowledged(type, id)
    if (id > 0) this.#ids.deallocate(id)
  }

  /** @throws Unsupported for what the broker has said it does not take [MQTT 5, 3.2.2.3]. */
  #checkLimits(header: PublishHeader, size: number): void {
    const { maximumQoS, retainAvailable, maximumPacketSize } = this.connection.limits
    if (header.qos > maximumQoS) throw new Unsupported(`the broker takes no more than QoS ${maximumQoS}`)
    if ((header.flags & 1) !== 0 && !retainAvailable) throw new Unsupported('the broker keeps no retained messages')
    if (size > maximumPacketSize) throw new Unsupported(`the broker takes no packet above ${maximumPacketSize} bytes`)
  }

  async #acknowledged(type: string, id: number): Promise<void> {
    const key = `${type} ${id}`
    const code = await this.until(type, () => this.inbox.acknowledgements.get(key))
    this.inbox.acknowledgements.delete(key)
    if (code >= 0x80) throw refusal('the message was rejected', code, undefined)
  }

  /** Sends PINGREQ now, and waits for the answer. */
  async ping(): Promise<void> {
    const before = this.inbox.pings
    this.connection.lane.write(PINGREQ)
    await this.until('PINGRESP', () => this.inbox.pings > before || undefined)
  }

  /** Waits for a message, and finds it also if it has come before. */
  async message(topic: string, payload?: string): Promise<Message> {
    const which = payload === undefined ? 'message' : `message '${payload}'`
    return await this.until(`${which} on ${topic}`, () => this.received(topic, payload)[0])
  }

  /** The messages on a topic that have come so far, in their order. */
  received(topic: string, payload?: string): readonly Message[] {
    return this.inbox.messages.filter(
      (each) => each.topic === topic && (payload === undefined || each.payload.toString() === payload),
    )
  }

  /** Waits until something is found. @throws Failed when the time is up, or the connection is lost. */
  async until<T>(what: string, find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      if (this.#isLost) throw await this.#loss(what)
      await this.#limit.wait(what, this.inbox.changed())
    }
  }

  /** Waits until the broker has released a message that it has delivered at QoS 2. */
  async released({ packetId }: Message): Promise<void> {
    await this.until('PUBREL', () => this.inbox.released.has(packetId) || undefined)
  }

  /** Leaves with DISCONNECT, and waits until the broker has closed the connection, but not for long. */
  async disconnect(): Promise<void> {
    await this.#limit.wait('end of the connection', this.connection.disconnect())
  }

  /** Ends the connection without DISCONNECT. */
  destroy(): void {
    this.connection.lane.destroy()
  }

  async #loss(what: string): Promise<Error> {
    const { message } = await this.connection.lost
    return new Failed(`no ${what}: ${message}`)
  }
}

function refusal(what: string, code: number, reasonString: string | undefined): Error {
  const text = `${what}: ${reasonName(code)}${reasonString ? `: ${reasonString}` : ''}`
  return LACKING.includes(code) ? new Unsupported(text) : new Failed(text)
}
