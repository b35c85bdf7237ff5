import type { ProtocolVersion } from '../options/connection.ts'
import type { QoS } from './message.ts'
import { PacketType, type PublishHeader } from './packets.ts'
import { encodeBinary, encodeProperties } from './properties.ts'
import type { Property } from './property-table.ts'

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
  return {
    qos: message.qos,
    flags: (PacketType.PUBLISH << 4) | (message.qos << 1) | (message.retain ? 1 : 0),
    topic: encodeBinary(Buffer.from(message.topic)),
    properties: protocolVersion === 5 ? encodeProperties(message.properties ?? []) : Buffer.alloc(0),
  }
}
