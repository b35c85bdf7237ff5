import type { PublishHeader } from '../mqtt/packets.ts'
import { publishHeader } from '../mqtt/publish-header.ts'
import type { Publisher } from '../mqtt/publisher.ts'
import type { ProtocolVersion } from '../options/connection.ts'
import type { Defaults } from '../parsers/json-lines.ts'
import type { Batch } from '../parsers/messages.ts'
import type { PubValues } from './pub.ts'

/** How many repetitions to hand over at a time. */
const REPEAT_BATCH = 1000

/** What messages are published by, and what the options say of them. */
export interface Outgoing {
  readonly publisher: Publisher
  readonly version: ProtocolVersion
  readonly defaults: Defaults
}

/**
 * One message as often as asked: in batches, or each after the one before was acknowledged and the delay.
 *
 * @param stop what ends waiting.
 */
export async function* repetitions(
  bytes: Buffer,
  values: PubValues,
  outgoing: Outgoing,
  stop: () => AbortSignal,
): AsyncGenerator<Batch<PublishHeader>> {
  const headers = headerFor(outgoing)
  const inOne = values.repeatDelay > 0 ? 1 : REPEAT_BATCH
  for (let left = values.repeat; left > 0; left -= inOne) {
    yield { headers, bytes, bounds: Array.from({ length: Math.min(left, inOne) }, () => [0, bytes.length]).flat() }
    if (left <= inOne || values.repeatDelay === 0) continue
    await outgoing.publisher.drain()
    const { setTimeout: delay } = await import('node:timers/promises')
    const signal = stop()
    await delay(values.repeatDelay, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

/** How the messages of a topic begin, as the options have it. */
export function headerFor({ version, defaults }: Outgoing, topic = defaults.topic!): PublishHeader {
  return publishHeader(version, { ...defaults, topic })
}
