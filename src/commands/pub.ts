import { setTimeout as delay } from 'node:timers/promises'
import { TmqttError, UsageError } from '../errors.ts'
import type { Payloads, Publisher } from '../mqtt/publisher.ts'
import { mosquittoFileOptions } from '../options/configuration.ts'
import { connectionOptions } from '../options/connection.ts'
import { duration, flag, integer } from '../options/kinds.ts'
import { table, type ValuesOf } from '../options/option.ts'
import { payloadKeys, payloadOptions } from '../options/payload.ts'
import { publishOptions } from '../options/publish.ts'
import { lines } from '../streams/lines.ts'
import { chunks } from '../streams/source.ts'
import { command } from './command.ts'
import {
  checkTopic,
  hasPayload,
  LARGEST_PAYLOAD,
  openPublisher,
  publishProperties,
  readPayload,
  topicOf,
} from './publishing.ts'
import { openSession, prepareClient, unlessAborted } from './session.ts'

/** How many repetitions to hand over at a time. */
const REPEAT_BATCH = 1000

const payloadRows = payloadOptions('lines')

const options = table({
  ...publishOptions,
  ...payloadRows,
  nullMessage: {
    ...payloadRows.nullMessage,
    describe: 'Publish an empty payload; with -r this clears a retained message',
  },
  lines: {
    kind: flag,
    short: 'l',
    aliases: ['stdin-line'],
    group: 'Payload',
    describe: 'Publish each line of standard input as a message, as it comes',
    excludes: payloadKeys,
  },
  repeat: {
    kind: integer(1, 0x7fff_ffff, 'COUNT'),
    group: 'Payload',
    describe: 'Publish the message this many times; no effect with -l',
    default: 1,
  },
  repeatDelay: {
    kind: duration(),
    group: 'Payload',
    describe: 'Wait this long between repetitions',
    default: 0,
    requires: ['repeat'],
  },
  ...connectionOptions,
  ...mosquittoFileOptions,
})

type Values = ValuesOf<typeof options>

export const pub = command({
  name: 'pub',
  summary: 'publish messages',
  description:
    'Publishes one message, or every line of standard input. At QoS 1 and 2 it waits for the acknowledgements: exit ' +
    'status 0 means that the broker has acknowledged every message.',
  options,
  examples: [
    { run: 'tmqtt pub -t home/light -m on', shows: 'one message to the broker on this machine' },
    { run: 'producer | tmqtt pub -l -t tick -q 1', shows: 'every line as it comes, each acknowledged' },
    { run: 'tmqtt pub -L mqtts://example.org/cam -f photo.jpg -r', shows: 'a file, over TLS, retained' },
    { run: 'tmqtt pub -t home/light -r -n', shows: 'clears a retained message' },
  ],

  check(values) {
    checkTopic(values)
    publishProperties(values)
    if (!values.lines && !hasPayload(values)) {
      throw new UsageError(
        'nothing to publish: give -m TEXT, -f FILE, -s (standard input), -l (its lines) or -n (empty)',
      )
    }
  },

  async run(values, io) {
    const payload = values.lines ? undefined : await readPayload(values, io)
    const client = await prepareClient(values, io, 'pub', io.signal, {
      reconnectAttempts: values.lines ? Number.POSITIVE_INFINITY : 0,
    })
    const session = await openSession(client, io, 'pub', io.signal)
    const { publishHeader } = await import('../mqtt/publish-header.ts')
    const publisher = await openPublisher(session, values, io, 'pub')
    session.start()
    const stop = AbortSignal.any([io.signal, session.over])
    const header = publishHeader(client.protocolVersion, {
      topic: topicOf(values),
      qos: values.qos,
      retain: values.retain,
      properties: publishProperties(values),
    })
    try {
      const work = async () => {
        for await (const batch of payload === undefined
          ? lines(chunks(io.stdin, stop), LARGEST_PAYLOAD)
          : repeated(payload, values, publisher, stop)) {
          await publisher.publish(header, batch)
          await client.debug?.taken()
        }
        await publisher.drain()
        await session.end(values.ackTimeout)
      }
      await unlessAborted(io.signal, work())
    } catch (error) {
      await session.end().catch(() => {})
      throw error instanceof TmqttError ? withTally(error, publisher) : error
    }
    const verdict = publisher.verdict()
    if (verdict !== undefined) throw verdict
    return undefined
  },
})

/** One message as often as asked: in batches, or each after the one before was acknowledged and the delay. */
async function* repeated(
  bytes: Buffer,
  values: Values,
  publisher: Publisher,
  stop: AbortSignal,
): AsyncGenerator<Payloads> {
  const inOne = values.repeatDelay > 0 ? 1 : REPEAT_BATCH
  for (let left = values.repeat; left > 0; left -= inOne) {
    yield { bytes, bounds: Array.from({ length: Math.min(left, inOne) }, () => [0, bytes.length]).flat() }
    if (left <= inOne || values.repeatDelay === 0) continue
    await publisher.drain()
    await delay(values.repeatDelay, undefined, { signal: stop }).catch(() => stop.throwIfAborted())
  }
}

/** The failure, with what it means for the messages. */
function withTally(error: TmqttError, publisher: Publisher): TmqttError {
  const { sent, acknowledged } = publisher.tally
  if (sent === 0 || publisher.unacknowledged === 0) return error
  return new TmqttError(`${error.message}; ${acknowledged} of ${sent} messages were acknowledged`, error.exitCode, {
    cause: error,
  })
}
