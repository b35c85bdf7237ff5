import type { LaneObserver } from './lane.ts'
import { MalformedPacketError } from './malformed.ts'
import { decodePublish, TopicAliases } from './packets.ts'
import { PacketSplitter } from './splitter.ts'

/** Control packet types by number [MQTT 5, 2.1.2]. */
const TYPES = [
  ...['RESERVED', 'CONNECT', 'CONNACK', 'PUBLISH', 'PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP'],
  ...['SUBSCRIBE', 'SUBACK', 'UNSUBSCRIBE', 'UNSUBACK', 'PINGREQ', 'PINGRESP', 'DISCONNECT', 'AUTH'],
]

/** One packet; `start` is where what follows the remaining length stands. */
interface Packet {
  readonly type: string
  readonly flags: number
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  /** What follows `bytes`, of a large packet that came in pieces. */
  readonly rest: readonly Buffer[]
}

/** Takes the lines of a log. */
export interface LogOutput {
  /** Called once for the packets of a chunk. */
  print(lines: readonly string[]): void
  /** Resolves when the operating system has taken what was printed, or nobody is there to read it. */
  taken(): Promise<void>
}

type Describe = (packet: Packet, aliases: TopicAliases | undefined) => readonly string[]

/**
 * Says of every packet of a connection what the -d of mosquitto's clients does, line by line. User name, password,
 * will and payloads are not among it.
 */
export class PacketLog implements LaneObserver {
  readonly #output: LogOutput
  readonly #isVersion5: boolean
  readonly #sent: PacketSplitter
  readonly #received: PacketSplitter
  #clientId: string
  #lines: string[] = []

  /** @param clientId '' when the broker is to assign one. */
  constructor(clientId: string, protocolVersion: number, output: LogOutput) {
    this.#clientId = clientId
    this.#isVersion5 = protocolVersion === 5
    this.#output = output
    this.#sent = this.#splitter((packet, aliases) => this.#describeSent(packet, aliases))
    this.#received = this.#splitter((packet, aliases) => this.#describeReceived(packet, aliases))
  }

  sent(bytes: Uint8Array): void {
    this.#log(this.#sent, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  }

  received(bytes: Buffer): void {
    this.#log(this.#received, bytes)
  }

  #log(splitter: PacketSplitter, bytes: Buffer): void {
    try {
      splitter.push(bytes)
    } catch (error) {
      // It ends the connection, where it is reported.
      if (!(error instanceof MalformedPacketError)) throw error
    }
    if (this.#lines.length > 0) this.#output.print(this.#lines)
    this.#lines = []
  }

  #splitter(describe: Describe): PacketSplitter {
    const aliases = this.#isVersion5 ? new TopicAliases(0xffff) : undefined
    return new PacketSplitter((bytes, packetStart, start, end, rest) => {
      const flags = bytes[packetStart]!
      const type = TYPES[flags >> 4]!
      // Only PUBLISH can be read without its end.
      const isWhole = type === 'PUBLISH' || rest.length === 0
      const packet = isWhole
        ? { type, flags, bytes, start, end, rest }
        : { type, flags, bytes: Buffer.concat([bytes, ...rest]), start, end, rest: [] }
      this.#lines.push(...describe(packet, aliases))
      return true
    })
  }

  #describeSent(packet: Packet, aliases: TopicAliases | undefined): readonly string[] {
    const { type } = packet
    switch (type) {
      case 'PUBLISH':
        return [this.#client(`sending PUBLISH ${describePublish(packet, aliases)}`)]
      case 'PUBACK':
      case 'PUBREC':
        return [this.#client(`sending ${type} (m${packetIdOf(packet)}, rc${this.#reasonOf(packet)})`)]
      case 'PUBREL':
      case 'PUBCOMP':
        return [this.#client(`sending ${type} (m${packetIdOf(packet)})`)]
      case 'SUBSCRIBE':
        return this.#filtersOf(packet, 1).map(([filter, options]) => {
          const shown = `QoS: ${options & 3}, Options: 0x${(options & 0xfc).toString(16).padStart(2, '0')}`
          return this.#client(`sending SUBSCRIBE (Mid: ${packetIdOf(packet)}, Topic: ${filter}, ${shown})`)
        })
      case 'UNSUBSCRIBE':
        return this.#filtersOf(packet, 0).map(([filter]) =>
          this.#client(`sending UNSUBSCRIBE (Mid: ${packetIdOf(packet)}, Topic: ${filter})`),
        )
      default:
        return [this.#client(`sending ${type}`)]
    }
  }

  #describeReceived(packet: Packet, aliases: TopicAliases | undefined): readonly string[] {
    const { type, bytes, start, end } = packet
    switch (type) {
      case 'CONNACK':
        if (this.#isVersion5) this.#clientId = assignedClientId(packet) ?? this.#clientId
        return [this.#client(`received CONNACK (${byteAt(packet, start + 1)})`)]
      case 'PUBLISH':
        return [this.#client(`received PUBLISH ${describePublish(packet, aliases)}`)]
      case 'PUBACK':
      case 'PUBCOMP':
        return [this.#client(`received ${type} (Mid: ${packetIdOf(packet)}, RC:${this.#reasonOf(packet)})`)]
      case 'PUBREC':
      case 'PUBREL':
        return [this.#client(`received ${type} (Mid: ${packetIdOf(packet)})`)]
      case 'SUBACK': {
        const codes = bytes.subarray(this.#afterProperties(packet, start + 2), end)
        return [this.#client('received SUBACK'), `Subscribed (mid: ${packetIdOf(packet)}): ${[...codes].join(', ')}`]
      }
      case 'DISCONNECT':
        return [`Received DISCONNECT (${byteAt(packet, start)})`]
      default:
        return [this.#client(`received ${type}`)]
    }
  }

  #client(what: string): string {
    return `Client ${this.#clientId || '(null)'} ${what}`
  }

  /** Of an acknowledgement; left out it is 0 [MQTT 5, 3.4.2.1]. */
  #reasonOf(packet: Packet): number {
    return this.#isVersion5 ? byteAt(packet, packet.start + 2) : 0
  }

  /** The filters of SUBSCRIBE or UNSUBSCRIBE, and the byte of options that may follow each. */
  #filtersOf(packet: Packet, optionsLength: 0 | 1): (readonly [filter: string, options: number])[] {
    const found: (readonly [string, number])[] = []
    for (let at = this.#afterProperties(packet, packet.start + 2); at < packet.end; ) {
      const filterEnd = at + 2 + uint16At(packet, at)
      found.push([packet.bytes.toString('utf8', at + 2, filterEnd), byteAt(packet, filterEnd)])
      at = filterEnd + optionsLength
    }
    return found
  }

  #afterProperties(packet: Packet, at: number): number {
    if (!this.#isVersion5) return at
    const { value, end } = varintAt(packet, at)
    return end + value
  }
}

function describePublish({ flags, bytes, start, end, rest }: Packet, aliases: TopicAliases | undefined): string {
  const { dup, qos, retain, packetId, topic, payloadLength } = decodePublish(flags, bytes, start, end, aliases, rest)
  return `(d${Number(dup)}, q${qos}, r${Number(retain)}, m${packetId}, '${topic}', ... (${payloadLength} bytes))`
}

/** How long the values of properties are: bytes, or how many texts or binaries with their length in front. */
const CONNACK_PROPERTIES = new Map<number, { readonly bytes: number } | { readonly texts: number }>([
  ...[0x24, 0x25, 0x28, 0x29, 0x2a].map((id) => [id, { bytes: 1 }] as const),
  ...[0x13, 0x21, 0x22].map((id) => [id, { bytes: 2 }] as const),
  ...[0x11, 0x27].map((id) => [id, { bytes: 4 }] as const),
  ...[0x12, 0x15, 0x16, 0x1a, 0x1c, 0x1f].map((id) => [id, { texts: 1 }] as const),
  [0x26, { texts: 2 }],
])

/** The Assigned Client Identifier among the properties of CONNACK [MQTT 5, 3.2.2.3.7]. */
function assignedClientId(packet: Packet): string | undefined {
  let at = varintAt(packet, packet.start + 2).end
  while (at < packet.end) {
    const id = byteAt(packet, at++)
    const size = CONNACK_PROPERTIES.get(id)
    if (size === undefined) return undefined
    if (id === 0x12) return packet.bytes.toString('utf8', at + 2, at + 2 + uint16At(packet, at))
    if ('bytes' in size) at += size.bytes
    else for (let text = 0; text < size.texts; text++) at += 2 + uint16At(packet, at)
  }
  return undefined
}

function packetIdOf(packet: Packet): number {
  return uint16At(packet, packet.start)
}

function uint16At(packet: Packet, at: number): number {
  return (byteAt(packet, at) << 8) | byteAt(packet, at + 1)
}

/** 0 behind the end: that a packet is too short, others say. */
function byteAt({ bytes, end }: Packet, at: number): number {
  return at < end ? bytes[at]! : 0
}

function varintAt(packet: Packet, at: number): { value: number; end: number } {
  let value = 0
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = byteAt(packet, at++)
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  return { value, end: at }
}
