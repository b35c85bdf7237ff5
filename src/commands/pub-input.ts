import { setTimeout as delay } from 'node:timers/promises'
import { RefusedError } from '../errors.ts'
import type { PublishHeader } from '../mqtt/packets.ts'
import { publishHeader } from '../mqtt/publish-header.ts'
import type { Publisher } from '../mqtt/publisher.ts'
import type { ProtocolVersion } from '../options/connection.ts'
import type { Faults } from '../parsers/faults.ts'
import { type Defaults, jsonLines } from '../parsers/json-lines.ts'
import { LineFault } from '../parsers/line-fault.ts'
import { type Batch, messages, payloads } from '../parsers/messages.ts'
import type { Head } from '../parsers/read-line.ts'
import { topicLines } from '../parsers/topic-lines.ts'
import type { PubValues } from './pub.ts'
import { LARGEST_PAYLOAD } from './publishing.ts'

/** Room for any payload in base64, and for most as text. */
const LONGEST_JSON_LINE = 512 * 1024 * 1024

/** How many repetitions to hand over at a time. */
const REPEAT_BATCH = 1000

/** What messages are published by, and what the options say of them. */
export interface Outgoing {
  readonly publisher: Publisher
  readonly version: ProtocolVersion
  readonly defaults: Defaults
}

/** One message as often as asked: in batches, or each after the one before was acknowledged and the delay. */
export async function* repetitions(
  bytes: Buffer,
  values: PubValues,
  outgoing: Outgoing,
  stop: AbortSignal,
): AsyncGenerator<Batch<PublishHeader>> {
  const headers = headerFor(outgoing)
  const inOne = values.repeatDelay > 0 ? 1 : REPEAT_BATCH
  for (let left = values.repeat; left > 0; left -= inOne) {
    yield { headers, bytes, bounds: Array.from({ length: Math.min(left, inOne) }, () => [0, bytes.length]).flat() }
    if (left <= inOne || values.repeatDelay === 0) continue
    await outgoing.publisher.drain()
    await delay(values.repeatDelay, undefined, { signal: stop }).catch(() => stop.throwIfAborted())
  }
}

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

function headerFor({ version, defaults }: Outgoing, topic = defaults.topic!): PublishHeader {
  return publishHeader(version, { ...defaults, topic })
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
