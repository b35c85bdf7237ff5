import type { Message } from '../mqtt/message.ts'
import type { PublishProperties } from '../mqtt/properties.ts'
import { whenChanged } from './clock.ts'
import { tryWriteJsonString, writeJson, writeJsonString } from './json-text.ts'
import type { OutputBuffer } from './output-buffer.ts'

const TOPIC = Buffer.from('{"topic":')
const PAYLOAD = Buffer.from(',"payload":')
const BASE64 = Buffer.from(',"encoding":"base64"')
const MID = Buffer.from(',"mid":')
const PROPERTIES = Buffer.from(',"properties":')
const FILTER = Buffer.from(',"filter":')
const END = Buffer.from('}\n')
const TIME = whenChanged((timeMs) => `,"time":"${new Date(timeMs).toISOString()}"`)

/** `qos`, `retain` and `dup` by the low half of the first byte. */
const FLAGS = Array.from({ length: 16 }, (_, flags) =>
  Buffer.from(`,"qos":${(flags >> 1) & 3},"retain":${(flags & 1) !== 0},"dup":${(flags & 8) !== 0}`),
)

/**
 * One JSON object a line that loses nothing of the message (`--json`): a payload that is not UTF-8 stands in
 * base64, with `"encoding":"base64"` after it. `time` is the time of receipt.
 */
export function formatJson(message: Message, out: OutputBuffer): void {
  const properties = message.propertiesStart === message.propertiesEnd ? undefined : message.properties
  out.bytes(TOPIC)
  writeJsonString(out, message.topicBytes, message.topicStart, message.topicEnd)
  out.bytes(PAYLOAD)
  writePayload(message, out)
  out.bytes(FLAGS[message.flags & 0x0f]!)
  if (message.qos > 0) {
    out.bytes(MID)
    out.integer(message.packetId)
  }
  if (properties) {
    out.bytes(PROPERTIES)
    writeJson(out, jsonProperties(properties))
  }
  out.bytes(TIME(out.timeMs))
  if (message.filter !== '') {
    out.bytes(FILTER)
    writeJson(out, message.filter)
  }
  out.bytes(END)
}

function writePayload(message: Message, out: OutputBuffer): void {
  const { bytes, payloadStart, payloadEnd } = message
  if (tryWriteJsonString(out, bytes, payloadStart, payloadEnd)) return
  writeJson(out, bytes.toString('base64', payloadStart, payloadEnd))
  out.bytes(BASE64)
}

function jsonProperties(properties: PublishProperties): object {
  const { correlationData } = properties
  return correlationData ? { ...properties, correlationData: correlationData.toString('base64') } : properties
}
