import { readFileSync, statSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { LocalError, TmqttError, UsageError } from '../errors.ts'
import type { Io } from '../io.ts'
import { propertiesFor } from '../mqtt/property-table.ts'
import type { Payloads, Publisher } from '../mqtt/publisher.ts'
import { isValidTopicName } from '../mqtt/topic.ts'
import { mosquittoFileOptions } from '../options/configuration.ts'
import { connectionOptions } from '../options/connection.ts'
import { duration, file, flag, integer, textOf } from '../options/kinds.ts'
import { table, type ValuesOf } from '../options/option.ts'
import { publishOptions } from '../options/publish.ts'
import { lines } from '../streams/lines.ts'
import { chunks, readAll } from '../streams/source.ts'
import { command } from './command.ts'
import { noticeTo, openSession, prepareClient, unlessAborted } from './session.ts'

/** The largest payload, as in mosquitto's clients: what a packet can hold without the rest. */
const LARGEST_PAYLOAD = 268_435_455 - 65_535

/** How many repetitions to hand over at a time. */
const REPEAT_BATCH = 1000

const PAYLOADS = ['message', 'file', 'stdinFile', 'nullMessage', 'lines'] as const

function others(key: (typeof PAYLOADS)[number]): readonly string[] {
  return PAYLOADS.filter((each) => each !== key)
}

const options = table({
  ...publishOptions,
  message: {
    kind: textOf('TEXT', 'text'),
    short: 'm',
    group: 'Payload',
    describe: 'Publish this text',
    excludes: others('message'),
  },
  file: {
    kind: file,
    short: 'f',
    group: 'Payload',
    describe: 'Publish the bytes of this file',
    excludes: others('file'),
  },
  stdinFile: {
    kind: flag,
    short: 's',
    group: 'Payload',
    describe: 'Publish all of standard input as one message',
    excludes: others('stdinFile'),
  },
  nullMessage: {
    kind: flag,
    short: 'n',
    group: 'Payload',
    describe: 'Publish an empty payload; with -r this clears a retained message',
    excludes: others('nullMessage'),
  },
  lines: {
    kind: flag,
    short: 'l',
    aliases: ['stdin-line'],
    group: 'Payload',
    describe: 'Publish each line of standard input as a message, as it comes',
    excludes: others('lines'),
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
    if (topicOf(values) === undefined) throw new UsageError('no topic: name one by -t, or in -L')
    if (!isValidTopicName(topicOf(values)!))
      throw new UsageError('-L: the topic of a message has no wildcards (+ or #)')
    if (PAYLOADS.every((key) => values[key] === undefined || values[key] === false)) {
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
    const { Publisher } = await import('../mqtt/publisher.ts')
    const { publishHeader } = await import('../mqtt/publish-header.ts')
    const publisher = new Publisher(session, {
      maxInflight: values.maxInflight ?? defaultInflight(values.qos, client.protocolVersion),
      ackTimeoutMs: values.ackTimeout,
      notice: noticeTo(io, 'pub'),
    })
    session.start()
    const stop = AbortSignal.any([io.signal, session.over])
    const header = publishHeader(client.protocolVersion, {
      topic: topicOf(values)!,
      qos: values.qos,
      retain: values.retain,
      properties: propertiesFor(values.property, 'publish'),
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

/**
 * Before MQTT 5 a broker can't say how many messages it takes at a time. mosquitto takes 20 at QoS 2 unless told
 * otherwise, and drops more than that while it acknowledges them [seen with 2.0.11].
 */
function defaultInflight(qos: number, protocolVersion: number): number {
  return qos === 2 && protocolVersion < 5 ? 20 : 1000
}

function topicOf(values: Values): string | undefined {
  return values.topic ?? values.url?.topic
}

async function readPayload(values: Values, io: Io): Promise<Buffer> {
  if (values.message !== undefined) return limited(Buffer.from(values.message), '-m')
  if (values.file !== undefined) return readFile(values.file)
  if (values.nullMessage) return Buffer.alloc(0)
  const bytes = await readAll(chunks(io.stdin, io.signal), LARGEST_PAYLOAD)
  if (bytes.length === 0) throw new LocalError('standard input was empty; -n publishes an empty message')
  return bytes
}

function readFile(path: string): Buffer {
  try {
    if (statSync(path).size > LARGEST_PAYLOAD)
      throw new LocalError(`-f ${path}: longer than the ${LARGEST_PAYLOAD} bytes of a payload`)
    return limited(readFileSync(path), `-f ${path}`)
  } catch (error) {
    if (error instanceof LocalError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'is a directory' : message
    throw new LocalError(`-f ${path}: ${reason}`, { cause: error })
  }
}

function limited(bytes: Buffer, what: string): Buffer {
  if (bytes.length > LARGEST_PAYLOAD)
    throw new LocalError(`${what}: longer than the ${LARGEST_PAYLOAD} bytes of a payload`)
  return bytes
}

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
