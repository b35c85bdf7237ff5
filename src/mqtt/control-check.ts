import { MalformedPacketError } from './malformed.ts'
import { PacketType } from './packets.ts'
import { Reader } from './property-reader.ts'
import type { PropertyType } from './property-table.ts'

interface Definition {
  readonly type: PropertyType
  /** Where a broker may send it. */
  readonly packets: readonly number[]
  /** Smallest and largest value of a number, where its type allows more. */
  readonly range?: readonly [number, number]
}

const UNSUBACK = 11
const AUTH = 15
const { CONNACK, SUBACK, DISCONNECT } = PacketType

const FLAG = { type: 'byte', packets: [CONNACK], range: [0, 1] } as const

/** The properties that a broker may send besides those of messages and their acknowledgements [MQTT 5, 2.2.2.2]. */
const DEFINITIONS = new Map<number, Definition>([
  [0x11, { type: 'uint32', packets: [CONNACK] }],
  [0x12, { type: 'text', packets: [CONNACK] }],
  [0x13, { type: 'uint16', packets: [CONNACK] }],
  [0x15, { type: 'text', packets: [CONNACK, AUTH] }],
  [0x16, { type: 'binary', packets: [CONNACK, AUTH] }],
  [0x1a, { type: 'text', packets: [CONNACK] }],
  [0x1c, { type: 'text', packets: [CONNACK, DISCONNECT] }],
  [0x1f, { type: 'text', packets: [CONNACK, SUBACK, UNSUBACK, DISCONNECT, AUTH] }],
  [0x21, { type: 'uint16', packets: [CONNACK], range: [1, 0xffff] }],
  [0x22, { type: 'uint16', packets: [CONNACK] }],
  [0x24, FLAG],
  [0x25, FLAG],
  [0x26, { type: 'pair', packets: [CONNACK, SUBACK, UNSUBACK, DISCONNECT, AUTH] }],
  [0x27, { type: 'uint32', packets: [CONNACK], range: [1, 0xffff_ffff] }],
  [0x28, FLAG],
  [0x29, FLAG],
  [0x2a, FLAG],
])

const USER_PROPERTY = 0x26

/** How many bytes there are at least behind the Remaining Length. */
const LEAST = new Map<number, number>([
  [CONNACK, 2],
  [SUBACK, 3],
  [UNSUBACK, 2],
  [DISCONNECT, 0],
  [AUTH, 0],
])

/**
 * Looks at a packet of the broker before MQTT.js does, which reads past the end of what is cut off, believes what it
 * finds there, and throws where nobody can catch it [seen with 5.16.0: Server Keep Alive].
 *
 * @param start where its variable header starts.
 * @throws MalformedPacketError for a packet that a broker does not send, or one that is not whole.
 */
export function checkControl(packet: Buffer, start: number, isVersion5: boolean): void {
  const type = packet[0]! >> 4
  const reader = new Reader(packet, start, packet.length)
  const least = LEAST.get(type)
  if (least === undefined || (!isVersion5 && type >= DISCONNECT))
    throw new MalformedPacketError(`a packet of type ${type}, which has no place there`)
  if (packet.length - start < least) throw new MalformedPacketError(`a packet of type ${type} that is cut off`)
  if (!isVersion5) return
  // Reason code and properties may be left out at the end of DISCONNECT and AUTH.
  for (let fixed = least === 0 ? 1 : 2; fixed > 0 && reader.at < packet.length; fixed--) reader.byte()
  if (least === 0 && reader.at === packet.length) return
  // A broker that does not speak MQTT 5 refuses it in its own version, where CONNACK has no properties [3.1.1, 3.2.2.3].
  if (type === CONNACK && reader.at === packet.length && packet[start + 1] !== 0) return
  checkProperties(type, packet, reader)
  if (type === SUBACK && reader.at === packet.length) throw new MalformedPacketError('SUBACK without reason code')
}

function checkProperties(packetType: number, packet: Buffer, outer: Reader): void {
  const length = outer.variableByteInteger()
  const end = outer.at + length
  if (end > packet.length) throw new MalformedPacketError('properties longer than their packet')
  const reader = new Reader(packet, outer.at, end)
  const seen = new Set<number>()
  while (reader.at < end) {
    const identifier = reader.byte()
    const definition = DEFINITIONS.get(identifier)
    const name = `property 0x${identifier.toString(16).padStart(2, '0')}`
    if (!definition?.packets.includes(packetType))
      throw new MalformedPacketError(`${name} in a packet of type ${packetType}`)
    if (seen.has(identifier)) throw new MalformedPacketError(`${name} twice`)
    if (identifier !== USER_PROPERTY) seen.add(identifier)
    const value = read(reader, definition.type)
    const [least, most] = definition.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
    if (typeof value === 'number' && (value < least || value > most))
      throw new MalformedPacketError(`${name} of ${value}`)
  }
  outer.at = end
}

function read(reader: Reader, type: PropertyType): unknown {
  switch (type) {
    case 'byte':
      return reader.byte()
    case 'uint16':
      return reader.uint16()
    case 'uint32':
      return reader.uint32()
    case 'variable byte integer':
      return reader.variableByteInteger()
    case 'text':
      return reader.text()
    case 'binary':
      return reader.binary()
    case 'pair':
      return reader.pair()
  }
}
