import type { Message } from '../mqtt/message.ts'
import type { PublishProperties } from '../mqtt/properties.ts'
import { reprintJson } from './cjson.ts'
import { microseconds, whenChanged } from './clock.ts'
import { writeJson, writeJsonString } from './json-text.ts'
import type { OutputBuffer } from './output-buffer.ts'
import { strftime } from './strftime.ts'

const MID = Buffer.from(',"mid":')
const PROPERTIES = Buffer.from(',"properties":')
const NULL = Buffer.from('null')
const PAYLOAD = Buffer.from(',"payload":')
const END = 0x7d

/** `qos` and `retain` by the low half of the first byte, up to the length of the payload. */
const FLAGS = Array.from({ length: 16 }, (_, flags) =>
  Buffer.from(`,"qos":${(flags >> 1) & 3},"retain":${(flags & 1) !== 0},"payloadlen":`),
)

/** mosquitto's names of the properties that stand in the object as they are. */
const NAMES = {
  payloadFormatIndicator: 'payload-format-indicator',
  messageExpiryInterval: 'message-expiry-interval',
  topicAlias: 'topic-alias',
  contentType: 'content-type',
  responseTopic: 'response-topic',
} as const

/** Up to the topic. */
const OPENING = whenChanged((timeMs) => {
  const date = new Date(timeMs)
  const time = `${strftime('F', date)}T${strftime('T', date)}.${microseconds(timeMs)}${strftime('z', date)}`
  return `{"tst":"${time}","topic":`
})

/**
 * The object of mosquitto_sub's `%j`, without a line end; `timeMs` is the time of receipt. Always valid JSON, which mosquitto's is not where a
 * payload is not UTF-8 (here U+FFFD stands for such bytes) or holds a NUL (where mosquitto's payload ends).
 */
export function writeMosquittoJson(
  message: Message,
  out: OutputBuffer,
  properties: PublishProperties,
  timeMs: number,
): void {
  writeUpToPayload(message, out, properties, timeMs)
  if (message.payloadLength === 0) out.bytes(NULL)
  else writeJsonString(out, message.bytes, message.payloadStart, message.payloadEnd)
  out.byte(END)
}

/**
 * The object of mosquitto_sub's `%J`, in which the payload stands as the JSON that it is.
 *
 * @returns false for a payload that is not JSON; nothing is written then.
 */
export function writeMosquittoJsonParsed(
  message: Message,
  out: OutputBuffer,
  properties: PublishProperties,
  timeMs: number,
): boolean {
  const before = out.length
  writeUpToPayload(message, out, properties, timeMs)
  if (message.payloadLength === 0) {
    out.bytes(NULL)
  } else if (!reprintJson(out, message.bytes.subarray(message.payloadStart, message.payloadEnd))) {
    out.takeBack(before)
    return false
  }
  out.byte(END)
  return true
}

function writeUpToPayload(message: Message, out: OutputBuffer, properties: PublishProperties, timeMs: number): void {
  out.bytes(OPENING(timeMs))
  writeJsonString(out, message.topicBytes, message.topicStart, message.topicEnd)
  out.bytes(FLAGS[message.flags & 0x0f]!)
  out.integer(message.payloadLength)
  if (message.qos > 0) {
    out.bytes(MID)
    out.integer(message.packetId)
  }
  if (message.propertiesStart < message.propertiesEnd) writeProperties(out, properties)
  out.bytes(PAYLOAD)
}

/** In the order of the packet. A subscription identifier may stand there more than once, as in mosquitto. */
function writeProperties(out: OutputBuffer, properties: PublishProperties): void {
  out.bytes(PROPERTIES)
  let separator = '{'
  for (const [name, value] of Object.keys(properties).flatMap((key) => members(properties, key))) {
    out.text(`${separator}"${name}":`)
    writeJson(out, value)
    separator = ','
  }
  out.byte(END)
}

function members(properties: PublishProperties, key: string): (readonly [name: string, value: unknown])[] {
  switch (key) {
    case 'userProperties':
      return [['user-properties', properties.userProperties!.map(([name, value]) => ({ [name]: value }))]]
    case 'subscriptionIdentifiers':
      return properties.subscriptionIdentifiers!.map((id) => ['subscription-identifier', id] as const)
    case 'correlationData':
      return [['correlation-data', properties.correlationData!.toString('utf8')]]
    default: {
      const named = key as keyof typeof NAMES
      return [[NAMES[named], properties[named]]]
    }
  }
}
