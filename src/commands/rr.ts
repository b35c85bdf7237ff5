import { ExitCode, UsageError } from '../errors.ts'
import { latencyLine } from '../formatters/latency.ts'
import { OutputBuffer } from '../formatters/output-buffer.ts'
import type { Io } from '../io.ts'
import type { Message } from '../mqtt/message.ts'
import type { PublishHeader } from '../mqtt/packets.ts'
import { type Property, propertyValue } from '../mqtt/property-table.ts'
import type { Publisher } from '../mqtt/publisher.ts'
import type { Subscription } from '../mqtt/subscription.ts'
import { matches } from '../mqtt/topic.ts'
import { colorOptions } from '../options/color.ts'
import { mosquittoFileOptions } from '../options/configuration.ts'
import { connectionOptions } from '../options/connection.ts'
import { flag, topicName } from '../options/kinds.ts'
import { table, type ValuesOf } from '../options/option.ts'
import { outputOptions } from '../options/output.ts'
import { payloadOptions } from '../options/payload.ts'
import { publishOptions } from '../options/publish.ts'
import { receiveOptions, subscriptionOptions } from '../options/subscribe.ts'
import { BrokenPipeError, Sink } from '../streams/sink.ts'
import { command } from './command.ts'
import { checkOutput, formatterFor } from './output.ts'
import { checkTopic, hasPayload, openPublisher, publishProperties, readPayload, topicOf } from './publishing.ts'
import { blameBroker, noticeTo, openSession, prepareClient, timeLimit, unlessAborted } from './session.ts'

const options = table({
  topic: publishOptions.topic,
  qos: { ...publishOptions.qos, describe: 'Quality of service of the request, and the highest of answers' },
  ...payloadOptions(),
  responseTopic: {
    kind: topicName,
    short: 'e',
    group: 'Answers',
    describe: 'Topic of the answers, which the request names',
    required: true,
  },
  correlate: {
    kind: flag,
    group: 'Answers',
    describe: 'Send correlation data along, random unless -D gives it, and take only answers that carry it',
    since: 5,
  },
  noRetained: {
    ...receiveOptions.noRetained,
    group: 'Answers',
    describe: 'Leave out retained messages, which are old',
  },
  retainHandling: receiveOptions.retainHandling,
  retainAsPublished: receiveOptions.retainAsPublished,
  count: { ...receiveOptions.count, group: 'Answers', describe: 'Leave after this many answers', default: 1 },
  timeout: { ...receiveOptions.timeout, group: 'Answers' },
  latency: { kind: flag, group: 'Output', describe: 'Print behind each answer the time since the request' },
  ...outputOptions,
  ...colorOptions,
  // For scripts of mosquitto_rr; there is just one message.
  maxInflight: { ...publishOptions.maxInflight, hidden: true },
  ackTimeout: publishOptions.ackTimeout,
  ...connectionOptions,
  protocolVersion: { ...connectionOptions.protocolVersion, default: 5, defaultText: '5' },
  ...mosquittoFileOptions,
})

type Values = ValuesOf<typeof options>

/** How long leaving may wait for the broker. */
const PATIENCE_MS = 1000

export const rr = command({
  description:
    'Subscribes to the topic of the answers, publishes the request, and leaves after the first message there. It ' +
    'leaves as mosquitto_rr does: without DISCONNECT, so that the broker publishes the will, if one was given.',
  options,
  examples: [
    { run: "tmqtt rr -t lamp/get -e lamp/answer -m '' -W 5", shows: 'one answer, or exit status 27 after 5 seconds' },
    { run: 'tmqtt rr -t add -e "answer/$$" -m "1 2" --correlate', shows: 'the answer to this very request' },
    { run: 'tmqtt rr -V 311 -t roll/call -e here -n -C 3 -v', shows: 'three answers, on MQTT 3.1.1' },
    { run: 'tmqtt rr -t ping -e pong -n --latency', shows: 'and how long it took' },
  ],

  check(values) {
    checkTopic(values)
    if (!hasPayload(values)) {
      throw new UsageError('nothing to request: give -m TEXT, -f FILE, -s (standard input) or -n (empty)')
    }
    checkOutput(values)
    if (propertyValue(publishProperties(values), 'response-topic') !== undefined) {
      throw new UsageError('-D publish response-topic: -e names the response topic')
    }
  },

  async run(values, io) {
    const payload = await readPayload(values, io)
    const limit = timeLimit(values.timeout)
    try {
      return await exchange(values, io, payload, limit.signal)
    } finally {
      limit.clear()
    }
  },
})

/** Subscribes, publishes the request, prints the answers. */
async function exchange(values: Values, io: Io, payload: Buffer, timeout: AbortSignal): Promise<number | undefined> {
  const signal = AbortSignal.any([io.signal, timeout])
  const client = await prepareClient(values, io, 'rr', signal, {
    reconnectAttempts: 0,
    receiveMaximum: Math.min(values.count, 0xffff),
  })
  const session = await openSession(client, io, 'rr', signal)
  const { Subscription } = await import('../mqtt/subscription.ts')
  const { publishHeader } = await import('../mqtt/publish-header.ts')
  const publisher = await openPublisher(session, values, io, 'rr')
  const group = {
    filters: [values.responseTopic],
    options: subscriptionOptions(values),
    properties: client.properties.subscribe,
  } as const
  const subscription = new Subscription(session, [group], noticeTo(io, 'rr'))
  const properties = await requestProperties(values)
  const header = publishHeader(client.protocolVersion, {
    topic: topicOf(values),
    qos: values.qos,
    retain: false,
    properties,
  })
  const correlation = values.correlate ? propertyValue(properties, 'correlation-data') : undefined
  session.start()
  try {
    await unlessAborted(signal, subscription.start())
    const answered = printAnswers(values, io, subscription, correlation)
    const requested = publishOne(publisher, header, payload).catch((error) => {
      // Of a lost connection `answered` tells, once it has seen what came before.
      if (!session.over.aborted) throw error
    })
    await unlessAborted(signal, Promise.race([answered, requested.then(() => answered)]))
    await subscription.finish(PATIENCE_MS)
    await session.leave()
    return undefined
  } catch (error) {
    await session.end(undefined, error === timeout.reason ? 4 : 0).catch(() => {})
    if (error instanceof BrokenPipeError) return ExitCode.ok
    throw blameBroker(error)
  }
}

/** @throws RefusedError when it is rejected. */
async function publishOne(publisher: Publisher, header: PublishHeader, payload: Buffer): Promise<void> {
  await publisher.publish(header, { bytes: payload, bounds: [0, payload.length] })
  await publisher.drain()
  const verdict = publisher.verdict()
  if (verdict !== undefined) throw verdict
}

/** Those given, then those that make it a request. */
async function requestProperties(values: Values): Promise<readonly Property[]> {
  const given = publishProperties(values)
  const responseTopic: Property = ['response-topic', values.responseTopic]
  if (!values.correlate || propertyValue(given, 'correlation-data') !== undefined) return [...given, responseTopic]
  const { randomBytes } = await import('node:crypto')
  return [...given, ['correlation-data', randomBytes(16)], responseTopic]
}

/**
 * Prints answers until there are as many as wanted; latencies count from here.
 *
 * @param correlation what answers must carry, if anything.
 */
async function printAnswers(
  values: Values,
  io: Io,
  subscription: Subscription,
  correlation: Buffer | undefined,
): Promise<void> {
  const format = formatterFor(values, io, noticeTo(io, 'rr'))
  const sink = new Sink(io.stdout)
  const out = new OutputBuffer({ terminal: io.stdout.isTTY === true })
  const startMs = performance.now()
  let left = values.count
  for await (const batch of subscription) {
    const latency = latencyLine(performance.now() - startMs)
    let taken = 0
    for (const message of batch) {
      if (left === 0) break
      taken++
      if (!isAnswer(message, values, correlation)) continue
      left--
      message.filter = values.responseTopic
      format(message, out)
      if (values.latency) out.text(latency)
    }
    await sink.write(out.take())
    subscription.acknowledge(taken)
    if (left === 0) return
  }
}

function isAnswer(message: Message, values: Values, correlation: Buffer | undefined): boolean {
  if (values.noRetained && message.retain) return false
  // A persistent session may have other messages.
  if (!matches(values.responseTopic, message.topic)) return false
  return correlation === undefined || message.properties.correlationData?.equals(correlation) === true
}
