import { readFileSync, statSync } from 'node:fs'
import { LocalError, UsageError } from '../errors.ts'
import type { Io } from '../io.ts'
import { checkedOnce, type Property, propertiesFor } from '../mqtt/property-table.ts'
import type { Publisher, PublisherOptions } from '../mqtt/publisher.ts'
import type { Session } from '../mqtt/session.ts'
import { isValidTopicName } from '../mqtt/topic.ts'
import type { ConnectionValues } from '../options/connection.ts'
import { type PayloadValues, payloadKeys } from '../options/payload.ts'
import type { PublishValues } from '../options/publish.ts'
import { chunks, readAll } from '../streams/source.ts'
import { noticeTo } from './session.ts'

/** Bytes of the largest payload, as in mosquitto's clients: what a packet can hold without the rest. */
export const LARGEST_PAYLOAD = 268_435_455 - 65_535

type TopicValues = Pick<PublishValues, 'topic'> & Pick<ConnectionValues, 'url'>

/** @throws UsageError when there is no topic to publish to. */
export function checkTopic(values: TopicValues): void {
  const topic = values.topic ?? values.url?.topic
  if (topic === undefined) throw new UsageError('no topic: name one by -t, or in -L')
  if (!isValidTopicName(topic)) throw new UsageError('-L: the topic of a message has no wildcards (+ or #)')
}

/** The topic to publish to, which `checkTopic` has seen. */
export function topicOf(values: TopicValues): string {
  return (values.topic ?? values.url?.topic)!
}

/** The properties to put on each message, in the order given. @throws UsageError for one that is given twice. */
export function publishProperties({ property }: Pick<ConnectionValues, 'property'>): readonly Property[] {
  return checkedOnce(propertiesFor(property, 'publish'))
}

/** Whether a payload is given that `readPayload` can read. */
export function hasPayload(values: PayloadValues): boolean {
  return payloadKeys.some((key) => values[key] !== undefined && values[key] !== false)
}

/** Reads the one payload given, if need be to the end of standard input. @throws LocalError */
export async function readPayload(values: PayloadValues, io: Io): Promise<Buffer> {
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

/** A publisher as the options want it; to be made before the session starts. */
export async function openPublisher(
  session: Session,
  values: Pick<PublishValues, 'maxInflight' | 'ackTimeout'>,
  io: Io,
  command: string,
  overrides: Partial<PublisherOptions> = {},
): Promise<Publisher> {
  const { Publisher, SAFE_AT_QOS_2 } = await import('../mqtt/publisher.ts')
  return new Publisher(session, {
    maxInflight: values.maxInflight ?? 1000,
    ...(values.maxInflight === undefined && session.options.protocolVersion < 5
      ? { maxInflightQos2: SAFE_AT_QOS_2 }
      : {}),
    ackTimeoutMs: values.ackTimeout,
    notice: noticeTo(io, command),
    ...overrides,
  })
}
