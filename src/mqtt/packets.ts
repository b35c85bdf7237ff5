import { isUtf8 } from 'node:buffer'
import { MalformedPacketError } from './malformed.ts'
import { Message } from './message.ts'
import { decodeProperties } from './properties.ts'

/** Control packet types [MQTT 5, 2.1.2]. */
export const PacketType = {
  CONNECT: 1,
  CONNACK: 2,
  PUBLISH: 3,
  PUBACK: 4,
  PUBREC: 5,
  PUBREL: 6,
  PUBCOMP: 7,
  SUBSCRIBE: 8,
  SUBACK: 9,
  UNSUBSCRIBE: 10,
  PINGREQ: 12,
  PINGRESP: 13,
  DISCONNECT: 14,
} as const

/** First byte of an acknowledgement; PUBREL has the flags 0010 [MQTT 5, 3.6.1]. */
export const FirstByte = { PUBACK: 0x40, PUBREC: 0x50, PUBREL: 0x62, PUBCOMP: 0x70, PINGRESP: 0xd0 } as const

/** The largest Remaining Length: four bytes of 7 bits [MQTT 5, 1.5.5]. */
export const LARGEST_REMAINING_LENGTH = 268_435_455

/** Topic aliases that the broker has set on this connection [MQTT 5, 3.3.2.3.4]. */
export class TopicAliases {
  readonly maximum: number
  readonly #topics = new Map<number, Buffer>()

  /** @param maximum the Topic Alias Maximum of our CONNECT; 0 forbids them. */
  constructor(maximum: number) {
    this.maximum = maximum
  }

  set(alias: number, topic: Buffer): void {
    this.#topics.set(alias, Buffer.from(topic))
  }

  get(alias: number): Buffer | undefined {
    return this.#topics.get(alias)
  }
}

/**
 * Reads a PUBLISH packet [MQTT 5, 3.3].
 *
 * @param flags its first byte.
 * @param start where its variable header starts; `end` where the packet ends.
 * @param aliases of the connection; undefined before MQTT 5, where PUBLISH has no properties.
 * @param rest what follows `bytes`, of a large packet that came in pieces; `end` counts through all of them.
 * @throws MalformedPacketError
 */
export function decodePublish(
  flags: number,
  bytes: Buffer,
  start: number,
  end: number,
  aliases: TopicAliases | undefined,
  rest: readonly Buffer[] = [],
): Message {
  // Nearly always the first piece holds all but the payload.
  const joined = () => decodePublish(flags, Buffer.concat([bytes, ...rest]), start, end, aliases)
  const qos = (flags >> 1) & 3
  if (qos === 3) throw new MalformedPacketError('PUBLISH with QoS 3')
  let at = start + 2
  if (at > end) throw new MalformedPacketError('PUBLISH without topic')
  if (at > bytes.length) return joined()
  const topicLength = (bytes[start]! << 8) | bytes[start + 1]!
  const topicStart = at
  const topicEnd = at + topicLength
  at = topicEnd
  if (at > end) throw new MalformedPacketError('PUBLISH with a topic longer than the packet')
  // A packet identifier and the length of the properties may follow.
  if (rest.length > 0 && at + 6 > bytes.length) return joined()
  checkTopicName(bytes, topicStart, topicEnd)
  let packetId = 0
  if (qos > 0) {
    if (at + 2 > end) throw new MalformedPacketError('PUBLISH without packet identifier')
    packetId = (bytes[at]! << 8) | bytes[at + 1]!
    if (packetId === 0) throw new MalformedPacketError('PUBLISH with packet identifier 0')
    at += 2
  }
  if (aliases === undefined) {
    if (topicLength === 0) throw new MalformedPacketError('PUBLISH with an empty topic')
    return new Message(flags, packetId, bytes, topicStart, topicEnd, bytes, at, at, at, end, rest)
  }
  const propertiesStart = at + lengthOfVariableByteInteger(bytes, at, end)
  const propertiesEnd = propertiesStart + readVariableByteInteger(bytes, at)
  if (propertiesEnd > end) throw new MalformedPacketError('PUBLISH with properties longer than the packet')
  if (propertiesEnd > bytes.length) return joined()
  if (topicLength > 0 && (aliases.maximum === 0 || propertiesStart === propertiesEnd)) {
    return new Message(
      flags,
      packetId,
      bytes,
      topicStart,
      topicEnd,
      bytes,
      propertiesStart,
      propertiesEnd,
      propertiesEnd,
      end,
      rest,
    )
  }
  const topic = aliasedTopic(bytes, topicStart, topicEnd, propertiesStart, propertiesEnd, aliases)
  return new Message(
    flags,
    packetId,
    topic,
    0,
    topic.length,
    bytes,
    propertiesStart,
    propertiesEnd,
    propertiesEnd,
    end,
    rest,
  )
}

/** The topic of a PUBLISH that may set or use a topic alias. */
function aliasedTopic(
  bytes: Buffer,
  topicStart: number,
  topicEnd: number,
  propertiesStart: number,
  propertiesEnd: number,
  aliases: TopicAliases,
): Buffer {
  const alias = decodeProperties(bytes, propertiesStart, propertiesEnd).topicAlias
  const topic = bytes.subarray(topicStart, topicEnd)
  if (alias === undefined) {
    if (topic.length === 0) throw new MalformedPacketError('PUBLISH with neither topic nor topic alias')
    return topic
  }
  if (alias === 0 || alias > aliases.maximum)
    throw new MalformedPacketError(`PUBLISH with topic alias ${alias}, which is out of range`)
  if (topic.length > 0) aliases.set(alias, topic)
  const known = aliases.get(alias)
  if (known === undefined) throw new MalformedPacketError(`PUBLISH with topic alias ${alias}, which has no topic yet`)
  return known
}

/** No wildcards [MQTT-3.3.2-2], no NUL [MQTT-1.5.4-2], UTF-8 [MQTT-1.5.4-1]. */
function checkTopicName(bytes: Buffer, start: number, end: number): void {
  let ascii = true
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte === 0x2b || byte === 0x23) throw new MalformedPacketError('PUBLISH with a wildcard in its topic')
    if (byte === 0) throw new MalformedPacketError('PUBLISH with NUL in its topic')
    if (byte >= 0x80) ascii = false
  }
  if (!ascii && !isUtf8(bytes.subarray(start, end)))
    throw new MalformedPacketError('PUBLISH with a topic that is not UTF-8')
}

/** How many bytes a variable byte integer takes. @throws MalformedPacketError past `end` or 4 bytes. */
function lengthOfVariableByteInteger(bytes: Buffer, start: number, end: number): number {
  for (let length = 1; length <= 4; length++) {
    if (start + length > end) break
    if ((bytes[start + length - 1]! & 0x80) === 0) return length
  }
  throw new MalformedPacketError('PUBLISH with a malformed property length')
}

/** Reads a variable byte integer that `lengthOfVariableByteInteger` has found sound. */
function readVariableByteInteger(bytes: Buffer, start: number): number {
  let value = 0
  for (let at = start, shift = 0; ; at++, shift += 7) {
    value |= (bytes[at]! & 0x7f) << shift
    if ((bytes[at]! & 0x80) === 0) return value
  }
}

/** What all messages of one publisher have in common, encoded once. */
export interface PublishHeader {
  readonly qos: 0 | 1 | 2
  /** The first byte, without DUP. */
  readonly flags: number
  /** The topic with its length in front. */
  readonly topic: Buffer
  /** The properties with their length in front; empty before MQTT 5. */
  readonly properties: Buffer
  /** The topic alias among the properties [MQTT 5, 3.3.2.3.4], and the header without topic once the broker knows it. */
  readonly alias?: { readonly number: number; readonly header: PublishHeader }
}

/** Bytes of a whole PUBLISH packet with this header and payload length. */
export function publishSize(header: PublishHeader, payloadLength: number): number {
  const remaining = remainingLength(header, payloadLength)
  return 1 + (remaining < 0x80 ? 1 : remaining < 0x4000 ? 2 : remaining < 0x20_0000 ? 3 : 4) + remaining
}

function remainingLength(header: PublishHeader, payloadLength: number): number {
  return header.topic.length + (header.qos > 0 ? 2 : 0) + header.properties.length + payloadLength
}

/** Below this many bytes a loop beats Buffer.copy. */
const SHORT = 32

/**
 * Writes a PUBLISH packet at `at` in `out`, which has room for it.
 *
 * @returns where the packet ends.
 */
export function encodePublish(
  header: PublishHeader,
  packetId: number,
  payload: Buffer,
  payloadStart: number,
  payloadEnd: number,
  out: Buffer,
  at: number,
): number {
  out[at++] = header.flags
  let remaining = remainingLength(header, payloadEnd - payloadStart)
  while (remaining >= 0x80) {
    out[at++] = (remaining & 0x7f) | 0x80
    remaining >>>= 7
  }
  out[at++] = remaining
  at = copy(header.topic, 0, header.topic.length, out, at)
  if (header.qos > 0) {
    out[at++] = packetId >> 8
    out[at++] = packetId & 0xff
  }
  at = copy(header.properties, 0, header.properties.length, out, at)
  return copy(payload, payloadStart, payloadEnd, out, at)
}

function copy(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  if (end - start > SHORT) {
    source.copy(target, at, start, end)
    return at + end - start
  }
  while (start < end) target[at++] = source[start++]!
  return at
}

/** Writes an acknowledgement without reason code and properties, which stands for success [MQTT 5, 3.4.2.1]. */
export function encodeAck(firstByte: number, packetId: number, out: Buffer, at: number): number {
  out[at] = firstByte
  out[at + 1] = 2
  out[at + 2] = packetId >> 8
  out[at + 3] = packetId & 0xff
  return at + 4
}

/**
 * The packet identifier of an acknowledgement. Its flags have to be right as well [MQTT-2.2.2-2], but for DUP, which
 * MQTT 3.1 sets on what is sent again.
 *
 * @param start where its variable header starts; `end` where the packet ends.
 * @throws MalformedPacketError
 */
export function acknowledgedId(firstByte: number, bytes: Buffer, start: number, end: number): number {
  const flags = firstByte & 0x07
  if (flags !== (firstByte >> 4 === PacketType.PUBREL ? 2 : 0))
    throw new MalformedPacketError(`an acknowledgement with flags of ${flags}`)
  if (end - start < 2) throw new MalformedPacketError('an acknowledgement without packet identifier')
  const packetId = (bytes[start]! << 8) | bytes[start + 1]!
  if (packetId === 0) throw new MalformedPacketError('an acknowledgement with packet identifier 0')
  return packetId
}

/** Bytes of an acknowledgement by `encodeAck`. */
export const ACK_SIZE = 4
