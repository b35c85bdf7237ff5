import { LocalError, UsageError } from '../errors.ts'
import type { Io } from '../io.ts'
import { propertyValue } from '../mqtt/property-table.ts'
import type { Publisher } from '../mqtt/publisher.ts'
import type { Session } from '../mqtt/session.ts'
import type { Subscription } from '../mqtt/subscription.ts'
import { matches } from '../mqtt/topic.ts'
import { connectionOptions, type ProtocolVersion } from '../options/connection.ts'
import { execOptions } from '../options/exec.ts'
import { flag, topicName } from '../options/kinds.ts'
import { table, type ValuesOf } from '../options/option.ts'
import { payloadKeys, payloadOptions } from '../options/payload.ts'
import { publishOptions } from '../options/publish.ts'
import { receiveOptions, subscribeOptions } from '../options/subscribe.ts'
import { Answerer, type AnswererOptions } from './answerer.ts'
import { command } from './command.ts'
import { CommandRunner, windUp } from './command-runner.ts'
import { Jobs } from './jobs.ts'
import { hasPayload, openPublisher, publishProperties, readPayload } from './publishing.ts'
import { blameBroker, filtersOf, noticeTo, openSession, prepareClient, timeLimit, unlessAborted } from './session.ts'

const commandRows = execOptions(4)

const options = table({
  topic: subscribeOptions.topic,
  qos: { ...subscribeOptions.qos, describe: 'Highest QoS of requests, and QoS of the answers' },
  noRetained: receiveOptions.noRetained,
  count: { ...receiveOptions.count, describe: 'Leave after this many requests' },
  timeout: receiveOptions.timeout,
  ...payloadOptions('echo', 'exec'),
  echo: {
    kind: flag,
    group: 'Payload',
    describe: 'Publish the payload of the request',
    excludes: [...payloadKeys, 'exec'],
  },
  responseTopic: {
    kind: topicName,
    short: 'e',
    group: 'Answers',
    describe: 'Topic of the answer to a request that names none, as before MQTT 5 all do',
  },
  ...commandRows,
  exec: {
    ...commandRows.exec,
    describe: `${commandRows.exec.describe}; what it prints is the answer`,
    excludes: [...payloadKeys, 'echo'],
  },
  maxInflight: publishOptions.maxInflight,
  ackTimeout: publishOptions.ackTimeout,
  ...connectionOptions,
  protocolVersion: { ...connectionOptions.protocolVersion, default: 5, defaultText: '5' },
})

type Values = ValuesOf<typeof options>

/** How long leaving may wait for the broker. */
const PATIENCE_MS = 1000

export const reply = command({
  description:
    'Answers each message of its topic filters on the response topic that it names, or on that of -e, with its ' +
    'correlation data: the other half of rr. A request at QoS 1 or 2 is acknowledged after its answer went out. A ' +
    'request whose command fails gets no answer. Ctrl-C lets running commands finish for 5 seconds; the exit status ' +
    'is 0 when every request was answered.',
  options,
  examples: [
    { run: 'tmqtt reply -t ping --echo', shows: 'sends every payload back' },
    { run: "tmqtt reply -t 'date/+' -q 1 --exec 'date -u'", shows: 'what a command prints' },
    { run: 'tmqtt reply -t shout --exec "tr a-z A-Z" --exec-timeout 5s', shows: 'the payload, through a filter' },
    { run: 'tmqtt reply -V 311 -t roll/call -e here -m worker-1', shows: 'a fixed answer, on MQTT 3.1.1' },
  ],

  check(values) {
    const filters = filtersOf(values)
    if (filters.length === 0) throw new UsageError('nothing to answer: name a topic filter by -t')
    if (!hasPayload(values) && !values.echo && values.exec === undefined) {
      throw new UsageError(
        'no answer: give --echo, --exec COMMAND, -m TEXT, -f FILE, -s (standard input) or -n (empty)',
      )
    }
    const { responseTopic } = values
    if (values.protocolVersion < 5 && responseTopic === undefined) {
      throw new UsageError('-e is missing: before MQTT 5 a request names no response topic')
    }
    const own = filters.find((filter) => responseTopic !== undefined && matches(filter, responseTopic))
    if (own !== undefined) {
      throw new UsageError(`-e ${responseTopic}: -t ${own} matches it, so each answer would be answered again`)
    }
    if (propertyValue(publishProperties(values), 'correlation-data') !== undefined) {
      throw new UsageError('-D publish correlation-data: an answer has that of its request')
    }
  },

  async run(values, io) {
    const payload = hasPayload(values) ? await readPayload(values, io) : undefined
    const limit = timeLimit(values.timeout)
    try {
      const signal = AbortSignal.any([io.signal, limit.signal])
      const client = await prepareClient(values, io, 'reply', signal, { reconnectAttempts: Number.POSITIVE_INFINITY })
      const runner = values.exec === undefined ? undefined : new CommandRunner(values.exec, values, io)
      const session = await openSession(client, io, 'reply', signal)
      const publisher = await openPublisher(session, values, io, 'reply')
      const send = await sender(publisher, values, client.protocolVersion)
      const { responseTopic } = values
      const notice = noticeTo(io, 'reply')
      const answerer = new Answerer({ payload, runner, responseTopic, send, notice })
      await new Replying(values, io, session, publisher, answerer, runner).run(signal)
      return undefined
    } finally {
      limit.clear()
    }
  },
})

/** Publishes one answer after the other. */
async function sender(
  publisher: Publisher,
  values: Values,
  protocolVersion: ProtocolVersion,
): Promise<AnswererOptions['send']> {
  const { publishHeader } = await import('../mqtt/publish-header.ts')
  const common = publishProperties(values)
  let published = Promise.resolve()
  return async (topic, own, payload) => {
    const properties = [...common, ...own]
    const header = publishHeader(protocolVersion, { topic, qos: values.qos, retain: false, properties })
    published = published.then(() => publisher.publish(header, { bytes: payload, bounds: [0, payload.length] }))
    await published
  }
}

/** One run of reply, once it is connected. */
class Replying {
  readonly #values: Values
  readonly #io: Io
  readonly #session: Session
  readonly #publisher: Publisher
  readonly #answerer: Answerer
  readonly #runner: CommandRunner | undefined
  readonly #jobs: Jobs
  #isSubscribed = false
  /** Nothing is left to do: every answer is acknowledged or rejected. */
  #isDone = false
  #taken = 0

  constructor(
    values: Values,
    io: Io,
    session: Session,
    publisher: Publisher,
    answerer: Answerer,
    runner: CommandRunner | undefined,
  ) {
    this.#values = values
    this.#io = io
    this.#session = session
    this.#publisher = publisher
    this.#answerer = answerer
    this.#runner = runner
    this.#jobs = new Jobs(values.execLimit)
  }

  /** @param signal ends it. */
  async run(signal: AbortSignal): Promise<void> {
    const subscription = await this.#subscription()
    this.#session.start()
    const working = this.#work(subscription)
    let failure: unknown
    try {
      const end = AbortSignal.any([signal, this.#session.over])
      await unlessAborted(end, Promise.race([working, this.#jobs.failed]))
    } catch (error) {
      failure = error
      subscription.stop()
      this.#jobs.stop()
      if (this.#isSubscribed) await windUp(working, this.#runner)
    }
    await subscription.finish(PATIENCE_MS)
    await this.#session.end().catch((error: unknown) => {
      failure ??= error
    })
    const isCut = !this.#isDone || this.#runner?.isStopped === true
    if (failure !== undefined && (isCut || failure !== this.#io.signal.reason)) throw blameBroker(failure)
    const { unanswered } = this.#answerer
    if (unanswered > 0) throw new LocalError(`${unanswered} of ${this.#taken} requests were not answered`)
    const verdict = this.#publisher.verdict()
    if (verdict !== undefined) throw verdict
  }

  async #subscription(): Promise<Subscription> {
    const { Subscription } = await import('../mqtt/subscription.ts')
    const { qos, noRetained } = this.#values
    const group = {
      filters: filtersOf(this.#values),
      options: { qos, retainHandling: noRetained ? 2 : 0, retainAsPublished: false },
      properties: this.#session.options.properties.subscribe,
    } as const
    return new Subscription(this.#session, [group], noticeTo(this.#io, 'reply'))
  }

  /** Until as many requests as wanted were taken, and all are answered. */
  async #work(subscription: Subscription): Promise<void> {
    await subscription.start()
    this.#isSubscribed = true
    try {
      await this.#serve(subscription)
    } finally {
      await this.#jobs.idle()
    }
    await this.#publisher.drain()
    this.#isDone = true
  }

  async #serve(subscription: Subscription): Promise<void> {
    for (let batch = await subscription.take(); batch !== undefined; batch = await subscription.take()) {
      for (const { message, settle } of batch) {
        if (this.#values.noRetained && message.retain) {
          settle()
          continue
        }
        const isStarted = await this.#jobs.start(async () => {
          if (await this.#answerer.deal(message)) settle()
        })
        if (!isStarted) return
        this.#taken++
        if (this.#taken === this.#values.count) return subscription.stop()
      }
    }
  }
}
