import { PacketType } from './packets.ts'
import { encodeProperties, encodeVariableByteInteger } from './properties.ts'
import type { Property } from './property-table.ts'

/** Properties of the packets that MQTT.js writes. */
export interface ControlProperties {
  readonly connect: readonly Property[]
  readonly will: readonly Property[]
  readonly subscribe: readonly Property[]
  readonly unsubscribe: readonly Property[]
}

/**
 * Gives a packet of MQTT.js its properties, in the order given and with every repeat: MQTT.js takes them as an object,
 * which keeps neither.
 *
 * @param packet CONNECT, SUBSCRIBE or UNSUBSCRIBE of MQTT 5 without properties; any other is returned as it is.
 */
export function withProperties(packet: Buffer, properties: ControlProperties): Buffer {
  let start = 2
  while (packet[start - 1]! >= 0x80) start++
  const body = packet.subarray(start)
  switch (packet[0]! >> 4) {
    case PacketType.CONNECT:
      return join(packet[0]!, connectWith(body, properties))
    case PacketType.SUBSCRIBE:
      return join(packet[0]!, insert(body, [[2, properties.subscribe]]))
    case PacketType.UNSUBSCRIBE:
      return join(packet[0]!, insert(body, [[2, properties.unsubscribe]]))
    default:
      return packet
  }
}

/** Protocol name, version, flags, keep alive, properties, client identifier, will properties … [MQTT 5, 3.1]. */
function connectWith(body: Buffer, { connect, will }: ControlProperties): Buffer[] {
  const flags = 2 + body.readUInt16BE(0) + 1
  const own = flags + 3
  const hasWill = (body[flags]! & 0x04) !== 0
  const clientId = own + 1
  return insert(body, [
    [own, connect],
    ...(hasWill ? [[clientId + 2 + body.readUInt16BE(clientId), will] as const] : []),
  ])
}

/** Puts properties in place of empty ones, one byte each, at these offsets. */
function insert(body: Buffer, places: readonly (readonly [at: number, properties: readonly Property[]])[]): Buffer[] {
  const parts: Buffer[] = []
  let from = 0
  for (const [at, properties] of places) {
    parts.push(body.subarray(from, at), encodeProperties(properties))
    from = at + 1
  }
  return [...parts, body.subarray(from)]
}

function join(firstByte: number, body: readonly Buffer[]): Buffer {
  const length = body.reduce((sum, { length }) => sum + length, 0)
  return Buffer.concat([Buffer.of(firstByte), encodeVariableByteInteger(length), ...body])
}

/** DISCONNECT; without reason code and properties it is two bytes [MQTT 5, 3.14.2.1]. */
export function encodeDisconnect(reasonCode: number, properties: readonly Property[]): Buffer {
  const parts = [
    ...(reasonCode === 0 && properties.length === 0 ? [] : [Buffer.of(reasonCode)]),
    ...(properties.length === 0 ? [] : [encodeProperties(properties)]),
  ]
  return join(PacketType.DISCONNECT << 4, parts)
}
