import type { Formatter } from '../../src/formatters/formatter.ts'
import { OutputBuffer } from '../../src/formatters/output-buffer.ts'
import { Message, type QoS } from '../../src/mqtt/message.ts'
import { encodeProperties, type PublishProperties, propertyList } from '../../src/mqtt/properties.ts'

export interface MessageParts {
  readonly topic?: string | Buffer
  readonly payload?: string | Buffer
  readonly qos?: QoS
  readonly retain?: boolean
  readonly dup?: boolean
  readonly packetId?: number
  readonly properties?: PublishProperties
  /** As they stand in the packet, without their length; for malformed ones. */
  readonly propertyBytes?: Buffer
  readonly filter?: string
}

/** A message somewhere inside a chunk, as the socket delivers it. */
export function messageOf(parts: MessageParts = {}): Message {
  const { qos = 0, retain = false, dup = false, packetId = qos > 0 ? 1 : 0 } = parts
  const topic = Buffer.from(parts.topic ?? 't')
  const properties = parts.propertyBytes ?? withoutLength(encodeProperties(propertyList(parts.properties ?? {})))
  const payload = Buffer.from(parts.payload ?? '')
  const before = Buffer.from('before')
  const chunk = Buffer.concat([before, topic, properties, payload, Buffer.from('after')])
  const topicEnd = before.length + topic.length
  const propertiesEnd = topicEnd + properties.length
  const message = new Message(
    0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0),
    packetId,
    chunk,
    before.length,
    topicEnd,
    chunk,
    topicEnd,
    propertiesEnd,
    propertiesEnd,
    propertiesEnd + payload.length,
    [],
  )
  message.filter = parts.filter ?? ''
  return message
}

/** What a formatter writes for one message, as bytes in Latin 1 so that any byte can be compared. */
export function bytesOf(format: Formatter, parts: MessageParts, { terminal = false } = {}): string {
  const out = new OutputBuffer({ terminal })
  format(messageOf(parts), out)
  return Buffer.concat(out.take()).toString('latin1')
}

/** What a formatter writes for one message, as text. */
export function textOf(format: Formatter, parts: MessageParts, { terminal = false } = {}): string {
  const out = new OutputBuffer({ terminal })
  format(messageOf(parts), out)
  return Buffer.concat(out.take()).toString()
}

function withoutLength(encoded: Buffer): Buffer {
  const last = encoded.findIndex((byte) => byte < 0x80)
  return encoded.subarray(last + 1)
}
