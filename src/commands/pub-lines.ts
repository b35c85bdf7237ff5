import { RefusedError } from '../errors.ts'
import type { PublishHeader } from '../mqtt/packets.ts'
import { publishHeader } from '../mqtt/publish-header.ts'
import type { Faults } from '../parsers/faults.ts'
import { jsonLines } from '../parsers/json-lines.ts'
import { LineFault } from '../parsers/line-fault.ts'
import { type Batch, messages, payloads } from '../parsers/messages.ts'
import type { Head } from '../parsers/read-line.ts'
import { topicLines } from '../parsers/topic-lines.ts'
import type { PubValues } from './pub.ts'
import { headerFor, type Outgoing } from './pub-message.ts'
import { LARGEST_PAYLOAD } from './publishing.ts'

/** Room for any payload in base64, and for most as text. */
const LONGEST_JSON_LINE = 512 * 1024 * 1024

/** The messages that the lines of the input are: payloads, topics and payloads, or JSON. */
export function lineBatches(
  source: AsyncIterable<Buffer>,
  { json, topicSeparator }: PubValues,
  outgoing: Outgoing,
  faults: Faults,
): AsyncIterable<Batch<PublishHeader>> {
  if (json) {
    const read = jsonLines(outgoing.defaults, (head) => checkedHeader(head, outgoing))
    return messages(source, read, { line: LONGEST_JSON_LINE, payload: LARGEST_PAYLOAD }, faults)
  }
  if (topicSeparator !== undefined) {
    const read = topicLines(topicSeparator, (topic) => headerFor(outgoing, topic))
    const longest = 0xffff + Buffer.byteLength(topicSeparator) + LARGEST_PAYLOAD
    return messages(source, read, { line: longest, payload: LARGEST_PAYLOAD }, faults)
  }
  return payloads(source, headerFor(outgoing), LARGEST_PAYLOAD, faults)
}

/** @throws LineFault for what can't be sent on this connection. */
function checkedHeader(head: Head, { version, publisher }: Outgoing): PublishHeader {
  if (version < 5 && head.properties.length > 0) throw new LineFault('"properties" need MQTT 5 (-V 5)')
  const header = publishHeader(version, head)
  try {
    publisher.check(header)
  } catch (error) {
    throw error instanceof RefusedError ? new LineFault(error.message) : error
  }
  return header
}
