/** Packet types by number, [MQTT 5, table 2-1]. */
const packetTypes = [
  'RESERVED',
  'CONNECT',
  'CONNACK',
  'PUBLISH',
  'PUBACK',
  'PUBREC',
  'PUBREL',
  'PUBCOMP',
  'SUBSCRIBE',
  'SUBACK',
  'UNSUBSCRIBE',
  'UNSUBACK',
  'PINGREQ',
  'PINGRESP',
  'DISCONNECT',
  'AUTH',
] as const

export type PacketType = (typeof packetTypes)[number]

export interface Packet {
  readonly type: PacketType
  /** The low four bits of the first byte. */
  readonly flags: number
  /** The whole packet. */
  readonly bytes: Buffer
  /** What follows the remaining length. */
  readonly body: Buffer
}

export interface Publish {
  readonly topic: string
  readonly payload: string | Uint8Array
  readonly qos: number
  readonly dup: boolean
  readonly retain: boolean
  /** Absent with QoS 0. */
  readonly packetId: number | undefined
  /** Encoded, without their length. Absent before MQTT 5, which has none. */
  readonly properties: Uint8Array | undefined
}

/** A variable byte integer. */
export function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]
}

/** A UTF-8 string, or binary data, with its two bytes of length. */
export function lengthPrefixed(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content as Uint8Array)
  return Buffer.concat([uint16(bytes.length), bytes])
}

export function packet(type: PacketType, flags: number, ...body: readonly (Uint8Array | readonly number[])[]): Buffer {
  const content = Buffer.concat(body.map((part) => Buffer.from(part as Uint8Array)))
  return Buffer.concat([Buffer.from([(packetTypes.indexOf(type) << 4) | flags, ...varint(content.length)]), content])
}

/** PUBLISH. With `properties`, even none, it is one of MQTT 5. */
export function publishPacket(publish: Partial<Publish> & Pick<Publish, 'topic'>): Buffer {
  const { topic, payload = '', qos = 0, packetId = 1, dup = false, retain = false, properties } = publish
  return packet(
    'PUBLISH',
    (Number(dup) << 3) | (qos << 1) | Number(retain),
    lengthPrefixed(topic),
    qos > 0 ? uint16(packetId) : [],
    properties === undefined ? [] : withLength(properties),
    Buffer.from(payload as Uint8Array),
  )
}

/** The acknowledgements of PUBLISH. Only MQTT 5 has a reason code. */
export function ack(type: 'PUBACK' | 'PUBREC' | 'PUBREL' | 'PUBCOMP', packetId: number, reasonCode?: number): Buffer {
  return packet(type, type === 'PUBREL' ? 2 : 0, uint16(packetId), reasonCode === undefined ? [] : [reasonCode])
}

/** Properties and their length before them. */
export function withLength(properties: Uint8Array | readonly number[]): Uint8Array {
  return Uint8Array.from([...varint(properties.length), ...properties])
}

export function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255])
}

/** The first packet in `bytes`, which may hold more, or undefined while it is incomplete. */
export function firstPacket(bytes: Buffer): Packet | undefined {
  const length = readVarint(bytes, 1)
  if (length === undefined) return undefined
  const end = length.end + length.value
  if (bytes.length < end) return undefined
  return {
    type: packetTypes[bytes[0]! >> 4]!,
    flags: bytes[0]! & 15,
    bytes: bytes.subarray(0, end),
    body: bytes.subarray(length.end, end),
  }
}

/** The fields of a PUBLISH. */
export function readPublish({ flags, body }: Packet, version: number): Publish & { readonly payload: Buffer } {
  const qos = (flags >> 1) & 3
  let at = 2 + body.readUInt16BE(0)
  const topic = body.toString('utf8', 2, at)
  const packetId = qos > 0 ? body.readUInt16BE(at) : undefined
  if (qos > 0) at += 2
  let properties: Buffer | undefined
  if (version === 5) {
    const length = readVarint(body, at)!
    at = length.end + length.value
    properties = body.subarray(length.end, at)
  }
  return { topic, payload: body.subarray(at), qos, dup: flags >= 8, retain: flags % 2 === 1, packetId, properties }
}

/** A variable byte integer at `at`, and where it ends; undefined where it isn't complete. */
export function readVarint(bytes: Buffer, at: number): { value: number; end: number } | undefined {
  let value = 0
  for (let shift = 0; shift < 28 && at < bytes.length; shift += 7) {
    const byte = bytes[at++]!
    value |= (byte & 127) << shift
    if (byte < 128) return { value, end: at }
  }
  return undefined
}
