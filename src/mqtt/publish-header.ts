import type { ProtocolVersion } from '../options/connection.ts'
import type { QoS } from './message.ts'
import { PacketType, type PublishHeader } from './packets.ts'
import { encodeBinary, encodeProperties } from './properties.ts'
import { type Property, propertyValue } from './property-table.ts'

/** Encodes once what all messages of a publisher have in common. */
export function publishHeader(
  protocolVersion: ProtocolVersion,
  message: {
    readonly topic: string
    readonly qos: QoS
    readonly retain: boolean
    readonly properties?: readonly Property[]
  },
): PublishHeader {
  const properties = message.properties ?? []
  const header = {
    qos: message.qos,
    flags: (PacketType.PUBLISH << 4) | (message.qos << 1) | (message.retain ? 1 : 0),
    topic: encodeBinary(Buffer.from(message.topic)),
    properties: protocolVersion === 5 ? encodeProperties(properties) : Buffer.alloc(0),
  }
  const number = protocolVersion === 5 ? propertyValue(properties, 'topic-alias') : undefined
  if (number === undefined) return header
  return { ...header, alias: { number, header: { ...header, topic: encodeBinary(Buffer.alloc(0)) } } }
}
