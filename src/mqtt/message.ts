import { decodeProperties, type PublishProperties } from './properties.ts'
import { giveBack } from './read-buffers.ts'

export type QoS = 0 | 1 | 2

/**
 * A PUBLISH packet as received: offsets into the socket's chunk, decoded only where asked.
 *
 * The bytes are views, not copies: they stay valid as long as the message is referenced, and they keep the
 * whole chunk (up to 64 KiB) alive. Copy what has to live longer.
 */
export class Message {
  /** The first byte of the packet: DUP, QoS and RETAIN in its low half [MQTT 5, 3.3.1]. */
  readonly flags: number
  /** 0 at QoS 0. */
  readonly packetId: number
  /** Holds the topic: `bytes`, or the packet that established the topic alias. */
  readonly topicBytes: Buffer
  readonly topicStart: number
  readonly topicEnd: number
  #bytes: Buffer
  #rest: readonly Buffer[]
  /** The properties without their length; empty before MQTT 5. */
  readonly propertiesStart: number
  readonly propertiesEnd: number
  readonly payloadStart: number
  readonly payloadEnd: number
  /** The filter, as given, that brought this message; '' for none, or where nobody asked. */
  filter = ''

  constructor(
    flags: number,
    packetId: number,
    topicBytes: Buffer,
    topicStart: number,
    topicEnd: number,
    bytes: Buffer,
    propertiesStart: number,
    propertiesEnd: number,
    payloadStart: number,
    payloadEnd: number,
    rest: readonly Buffer[],
  ) {
    this.flags = flags
    this.packetId = packetId
    this.topicBytes = topicBytes
    this.topicStart = topicStart
    this.topicEnd = topicEnd
    this.#bytes = bytes
    this.#rest = rest
    this.propertiesStart = propertiesStart
    this.propertiesEnd = propertiesEnd
    this.payloadStart = payloadStart
    this.payloadEnd = payloadEnd
  }

  /** Holds properties and payload. Of a large message that came in pieces, they are joined when this is asked for. */
  get bytes(): Buffer {
    if (this.#rest.length > 0) {
      this.#bytes = Buffer.concat([this.#bytes, ...this.#rest])
      this.#rest = []
    }
    return this.#bytes
  }

  /** The payload as it came: in pieces, if it is large. */
  get payloadPieces(): readonly Buffer[] {
    if (this.#rest.length === 0) return [this.payload]
    return [this.#bytes.subarray(this.payloadStart), ...this.#rest]
  }

  /** Says that nobody looks at the payload of this message, nor at its pieces, any more: later reads may use them. */
  release(): void {
    if (this.#rest.length === 0) return
    giveBack(this.#rest)
    this.#rest = []
  }

  get qos(): QoS {
    return ((this.flags >> 1) & 3) as QoS
  }

  get retain(): boolean {
    return (this.flags & 1) !== 0
  }

  get dup(): boolean {
    return (this.flags & 8) !== 0
  }

  get topic(): string {
    return this.topicBytes.toString('utf8', this.topicStart, this.topicEnd)
  }

  get payload(): Buffer {
    return this.bytes.subarray(this.payloadStart, this.payloadEnd)
  }

  /** The payload as UTF-8; bytes that are none become U+FFFD. */
  get text(): string {
    return this.payload.toString()
  }

  get payloadLength(): number {
    return this.payloadEnd - this.payloadStart
  }

  get properties(): PublishProperties {
    return decodeProperties(this.#bytes, this.propertiesStart, this.propertiesEnd)
  }
}
