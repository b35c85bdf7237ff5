import { lengthPrefixed, readVarint } from '../packets.ts'

/** Properties by name [MQTT 5, 2.2.2.2]: those that the broker looks at. */
export const id = {
  payloadFormatIndicator: 0x01,
  messageExpiryInterval: 0x02,
  contentType: 0x03,
  responseTopic: 0x08,
  correlationData: 0x09,
  subscriptionIdentifier: 0x0b,
  sessionExpiryInterval: 0x11,
  assignedClientIdentifier: 0x12,
  serverKeepAlive: 0x13,
  authenticationMethod: 0x15,
  receiveMaximum: 0x21,
  topicAliasMaximum: 0x22,
  topicAlias: 0x23,
  maximumQoS: 0x24,
  retainAvailable: 0x25,
  userProperty: 0x26,
  maximumPacketSize: 0x27,
  wildcardAvailable: 0x28,
  subscriptionIdentifiersAvailable: 0x29,
  sharedAvailable: 0x2a,
} as const

export interface Property {
  readonly id: number
  /** As encoded, without the identifier. */
  readonly value: Buffer
}

/** Number of bytes of a value, by identifier, where it is always the same. */
const sizes = new Map([
  ...[0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2a].map((each) => [each, 1] as const),
  ...[0x13, 0x21, 0x22, 0x23].map((each) => [each, 2] as const),
  ...[0x02, 0x11, 0x18, 0x27].map((each) => [each, 4] as const),
])
const strings = new Set([0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1a, 0x1c, 0x1f])

/** @param bytes without their length. */
export function decodeProperties(bytes: Buffer): Property[] {
  const properties: Property[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = endOfValue(bytes, at)
    if (end > bytes.length) throw new Error('a property runs past the end')
    properties.push({ id: bytes[at]!, value: bytes.subarray(at + 1, end) })
    at = end
  }
  return properties
}

export function encodeProperties(properties: readonly Property[]): Buffer {
  return Buffer.concat(properties.flatMap((property) => [Buffer.of(property.id), property.value]))
}

/** The number in the first property with this identifier. */
export function numberOf(properties: readonly Property[], wanted: number): number | undefined {
  const value = properties.find((property) => property.id === wanted)?.value
  return value?.readUIntBE(0, value.length)
}

export function numberProperty(propertyId: number, value: number): Property {
  const bytes = Buffer.alloc(sizes.get(propertyId)!)
  bytes.writeUIntBE(value, 0, bytes.length)
  return { id: propertyId, value: bytes }
}

export function textProperty(propertyId: number, text: string): Property {
  return { id: propertyId, value: lengthPrefixed(text) }
}

function endOfValue(bytes: Buffer, at: number): number {
  const propertyId = bytes[at]!
  const start = at + 1
  const size = sizes.get(propertyId)
  if (size !== undefined) return start + size
  if (propertyId === id.subscriptionIdentifier) return readVarint(bytes, start)!.end
  if (strings.has(propertyId)) return start + 2 + bytes.readUInt16BE(start)
  if (propertyId !== id.userProperty) throw new Error(`property ${propertyId}`)
  const value = start + 2 + bytes.readUInt16BE(start)
  return value + 2 + bytes.readUInt16BE(value)
}
