import { ExitCode, UsageError } from '../errors.ts'
import type { Formatter } from '../formatters/formatter.ts'
import { OutputBuffer } from '../formatters/output-buffer.ts'
import { hasField } from '../formatters/template-grammar.ts'
import { watchFormatter, watchOpening } from '../formatters/watch.ts'
import type { Io } from '../io.ts'
import type { ClientOptions } from '../mqtt/client-options.ts'
import type { FilterFinder } from '../mqtt/filter-plan.ts'
import type { Message } from '../mqtt/message.ts'
import type { Session } from '../mqtt/session.ts'
import type { SubscribeGroup, Subscription } from '../mqtt/subscription.ts'
import { matches } from '../mqtt/topic.ts'
import { colorOptions } from '../options/color.ts'
import { mosquittoFileOptions } from '../options/configuration.ts'
import { connectionOptions } from '../options/connection.ts'
import { execOptions } from '../options/exec.ts'
import { decimal, flag, topicFilter } from '../options/kinds.ts'
import { table, type ValuesOf } from '../options/option.ts'
import { filterOutputOptions, outputOptions } from '../options/output.ts'
import { publishOptions } from '../options/publish.ts'
import { receiveOptions, subscribeOptions, subscriptionOptions } from '../options/subscribe.ts'
import { BrokenPipeError, Sink } from '../streams/sink.ts'
import { command } from './command.ts'
import { Execution } from './execution.ts'
import { checkOutput, formatterFor } from './output.ts'
import type { RetainedRemover } from './retained-remover.ts'
import { blameBroker, filtersOf, noticeTo, openSession, prepareClient, timeLimit, unlessAborted } from './session.ts'

/** One at a time, so that commands see messages in their order. */
const commandRows = execOptions(1)

const options = table({
  ...subscribeOptions,
  unsubscribe: {
    kind: topicFilter,
    short: 'U',
    group: 'Subscription',
    describe: 'Unsubscribe from this filter, which a persistent session has; without -t that is all',
    repeat: true,
  },
  filterOut: {
    kind: topicFilter,
    short: 'T',
    group: 'Subscription',
    describe: 'Leave out messages whose topic this filter matches',
    repeat: true,
  },
  noRetained: { ...receiveOptions.noRetained, excludes: ['retainedOnly'] },
  retainedOnly: {
    kind: flag,
    group: 'Subscription',
    describe: 'Print the retained messages, and leave at the first that is not',
  },
  retainHandling: receiveOptions.retainHandling,
  retainAsPublished: receiveOptions.retainAsPublished,
  removeRetained: {
    kind: flag,
    group: 'Subscription',
    describe: 'Clear the retained messages that come, at the broker',
    excludes: ['perFilter'],
  },
  randomFilter: {
    kind: decimal(0.1, 100, 'PERCENT'),
    group: 'Subscription',
    describe: 'Print only a random share of the messages, of this many percent; -C counts the others too',
  },
  subscribeOnly: {
    kind: flag,
    short: 'E',
    group: 'Subscription',
    describe: 'Leave as soon as the broker has granted the subscriptions, to set up a persistent session',
  },
  count: receiveOptions.count,
  timeout: receiveOptions.timeout,
  ...outputOptions,
  ...colorOptions,
  messageRate: {
    kind: flag,
    group: 'Output',
    describe: 'Print no messages, but how many come each second',
    excludes: ['watch'],
  },
  watch: {
    kind: flag,
    short: 'w',
    group: 'Output',
    describe: 'Print the last message of each topic, on a line of its own of a cleared screen',
  },
  ...filterOutputOptions,
  ...commandRows,
  exec: {
    ...commandRows.exec,
    describe: `${commandRows.exec.describe}; MQTT_FILTER is the filter that matches; what it prints takes the place of the message`,
    excludes: [...Object.keys(outputOptions), 'messageRate', 'watch', 'removeRetained', 'randomFilter'],
  },
  // For scripts of mosquitto_sub, which publishes nothing either.
  maxInflight: { ...publishOptions.maxInflight, hidden: true },
  ...connectionOptions,
  ...mosquittoFileOptions,
})

type Values = ValuesOf<typeof options>

/** How long leaving may wait for a slow reader or broker. */
const PATIENCE_MS = 1000

export const sub = command({
  description:
    'Prints the messages of one or more topic filters until it is stopped. A message at QoS 1 or 2 is acknowledged ' +
    'after it was written. On a terminal, control characters in topics and payloads are made visible; into a pipe or ' +
    'file every byte goes as it came.',
  options,
  examples: [
    { run: "tmqtt sub -t 'tock/#' -v", shows: 'topic and payload of everything below tock' },
    { run: 'tmqtt sub -t status -C 1 -W 10', shows: 'one message, or exit status 27 after 10 seconds' },
    { run: "tmqtt sub -t '#' --json | jq .topic", shows: 'one JSON object a line' },
    { run: "tmqtt sub -t '#' --json | tmqtt pub -h example.org --json", shows: 'a bridge to another broker' },
    {
      run: "tmqtt sub -t 'alarm/#' --exec 'mail -s \"$MQTT_TOPIC\" joe'",
      shows: 'a command for each message, which has the payload as its standard input',
    },
    {
      run: "tmqtt sub -t 'a/+' -t 'a/#' --per-filter -F '%{filter}: %p'",
      shows: 'a line for each filter that matches',
    },
  ],

  check(values) {
    if (filtersOf(values).length + values.unsubscribe.length === 0)
      throw new UsageError(
        "nothing to subscribe to: name a topic filter by -t, such as -t 'home/#' (or by -U to unsubscribe)",
      )
    checkOutput(values)
  },

  async run(values, io) {
    const limit = timeLimit(values.timeout)
    const signal = AbortSignal.any([io.signal, limit.signal])
    try {
      const client = await prepareClient(values, io, 'sub', signal, {
        reconnectAttempts: Number.POSITIVE_INFINITY,
        releasesMessages: values.exec === undefined,
        ...(values.count === undefined ? {} : { receiveMaximum: Math.min(values.count, 0xffff) }),
      })
      return await new Printing(values, io, client, signal).run()
    } finally {
      limit.clear()
    }
  },
})

/** One run of sub: usually one connection, with --per-filter perhaps several that print side by side. */
class Printing {
  readonly #values: Values
  readonly #io: Io
  readonly #client: ClientOptions
  readonly #signal: AbortSignal
  readonly #filters: readonly string[]
  readonly #format: Formatter
  readonly #printsFilter: boolean
  /** Every message is printed, once, and nobody asks which filter brought it. */
  readonly #printsAll: boolean
  readonly #notice: (text: string) => void
  readonly #sink: Sink
  readonly #execution: Execution | undefined
  /** Rejects when standard output fails while nothing is being written. */
  readonly #outputFailed: Promise<never>
  readonly #sessions: Session[] = []
  readonly #subscriptions: Subscription[] = []
  /** Output on its way, with the acknowledgement that follows. */
  readonly #writing = new Set<Promise<void>>()
  /** Resolves when -C is reached, on whichever connection. */
  readonly #counted: Promise<void>
  #reached: () => void = () => {}
  #printed = 0
  /** Messages since the rate was last printed. */
  #sinceRate = 0
  #remover: RetainedRemover | undefined
  #done = false

  constructor(values: Values, io: Io, client: ClientOptions, signal: AbortSignal) {
    this.#values = values
    this.#io = io
    this.#client = client
    this.#signal = signal
    this.#filters = filtersOf(values)
    this.#notice = noticeTo(io, 'sub')
    this.#format = this.#chooseFormat()
    this.#printsFilter = values.format !== undefined && hasField(values.format, 'filter')
    this.#printsAll =
      !this.#printsFilter &&
      !values.perFilter &&
      !values.noRetained &&
      !values.retainedOnly &&
      !values.removeRetained &&
      values.randomFilter === undefined &&
      values.unmatched === 'show' &&
      values.filterOut.length === 0
    this.#sink = new Sink(io.stdout)
    this.#execution = values.exec === undefined ? undefined : new Execution(values.exec, values, io, this.#sink)
    this.#outputFailed = new Promise((_, reject) => {
      this.#sink.onFailure = reject
    })
    this.#outputFailed.catch(() => {})
    this.#counted = new Promise((resolve) => {
      this.#reached = resolve
    })
  }

  #chooseFormat(): Formatter {
    if (this.#values.messageRate) {
      return () => {
        this.#sinceRate++
      }
    }
    const format = formatterFor(this.#values, this.#io, this.#notice)
    return this.#values.watch ? watchFormatter(format) : format
  }

  async run(): Promise<number | undefined> {
    let subscribed = false
    let rate: NodeJS.Timeout | undefined
    try {
      const loops = await this.#subscribe()
      subscribed = true
      if (this.#values.subscribeOnly || this.#filters.length === 0) {
        await this.#endAll()
        return undefined
      }
      if (this.#values.watch) await this.#sink.write([Buffer.from(watchOpening(this.#client.server.host))])
      if (this.#values.messageRate) rate = setInterval(() => this.#printRate(), 1000)
      const working = Promise.all(loops.map((loop) => loop())).then(() => this.#execution?.idle())
      const failed = [this.#outputFailed, ...(this.#execution === undefined ? [] : [this.#execution.failed])]
      await unlessAborted(this.#signal, Promise.race([working, this.#counted, ...failed]))
      await this.#endAll()
    } catch (error) {
      const isCut = await this.#endAll().catch(() => false)
      if (error instanceof BrokenPipeError) return ExitCode.ok
      const isStopped = subscribed && this.#io.signal.aborted && error === this.#io.signal.reason
      if (!isStopped || isCut) throw blameBroker(error)
    } finally {
      clearInterval(rate)
    }
    const verdict = this.#execution?.verdict()
    if (verdict !== undefined) throw verdict
    return undefined
  }

  #printRate(): void {
    // A reader that takes nothing must not make lines pile up.
    if (this.#io.stdout.writableNeedDrain) return
    const line = Buffer.from(`${this.#sinceRate} msgs/s\n`)
    this.#sinceRate = 0
    this.#sink.write([line]).catch(() => {})
  }

  /**
   * Prints nothing more; what is being written is acknowledged, and what is half acknowledged completed, if it is quick.
   *
   * @returns whether commands that were running had to be ended.
   */
  async #endAll(): Promise<boolean> {
    this.#done = true
    for (const subscription of this.#subscriptions) subscription.stop()
    const isCut = (await this.#execution?.windUp()) === false
    const patience = AbortSignal.timeout(PATIENCE_MS)
    await unlessAborted(patience, Promise.allSettled(this.#writing)).catch(() => {})
    await Promise.all(this.#subscriptions.map((subscription) => subscription.finish(PATIENCE_MS)))
    try {
      if (this.#remover !== undefined)
        await unlessAborted(this.#signal.aborted ? patience : this.#signal, this.#remover.finish())
    } finally {
      // Reason code 4: who is cut short has a will, if any [MQTT 5, 3.14.2.1]; so do mosquitto's clients.
      const reasonCode = this.#signal.aborted ? 4 : 0
      await Promise.all(this.#sessions.map((session) => session.end(undefined, reasonCode)))
    }
    return isCut
  }

  /** Connects and subscribes. @returns a loop that prints, for each connection. */
  async #subscribe(): Promise<(() => Promise<void>)[]> {
    const { byIdentifier, byTopic, identifiersOf, withoutOverlap } = await import('../mqtt/filter-plan.ts')
    const first = await this.#connect(this.#client)
    if (!this.#values.perFilter) return [await this.#loop(first, [this.#group(this.#filters)], byTopic(this.#filters))]
    if (first.connection?.limits.subscriptionIdentifiers) {
      const identifiers = identifiersOf(this.#filters)
      const groups = [...identifiers].map(([identifier, filter]) => this.#group([filter], identifier))
      return [await this.#loop(first, groups, byIdentifier(identifiers))]
    }
    const [firstGroup, ...others] = withoutOverlap(this.#filters)
    const loops = [await this.#loop(first, [this.#group(firstGroup!)], byTopic(firstGroup!))]
    for (const [index, group] of others.entries()) {
      // The will belongs to the program, not to each of its connections.
      const { will: _, ...client } = this.#client
      const clientId = client.clientId === '' ? '' : `${client.clientId}-${index + 2}`
      const session = await this.#connect({ ...client, clientId })
      loops.push(await this.#loop(session, [this.#group(group)], byTopic(group)))
    }
    return loops
  }

  async #connect(client: ClientOptions): Promise<Session> {
    const session = await openSession(client, this.#io, 'sub', this.#signal)
    this.#sessions.push(session)
    return session
  }

  #group(filters: readonly string[], identifier?: number): SubscribeGroup {
    return {
      filters,
      options: subscriptionOptions(this.#values),
      properties: [
        ...this.#client.properties.subscribe,
        ...(identifier === undefined ? [] : [['subscription-identifier', identifier] as const]),
      ],
    }
  }

  async #loop(session: Session, groups: readonly SubscribeGroup[], find: FilterFinder): Promise<() => Promise<void>> {
    const { Subscription } = await import('../mqtt/subscription.ts')
    const unwanted = this.#subscriptions.length === 0 ? this.#values.unsubscribe : []
    const wanted = groups.filter(({ filters }) => filters.length > 0)
    const subscription = new Subscription(session, wanted, this.#notice, unwanted)
    this.#subscriptions.push(subscription)
    if (this.#values.removeRetained) {
      const { RetainedRemover } = await import('./retained-remover.ts')
      this.#remover = new RetainedRemover(session, this.#notice)
    }
    session.start()
    await unlessAborted(this.#signal, subscription.start())
    const execution = this.#execution
    return () =>
      execution === undefined ? this.#print(subscription, find) : this.#execute(subscription, find, execution)
  }

  async #print(subscription: Subscription, find: FilterFinder): Promise<void> {
    const out = new OutputBuffer({ terminal: this.#io.stdout.isTTY === true })
    for await (const batch of subscription) {
      // Another connection has printed the last message.
      if (this.#done) return
      const taken = this.#printsAll ? this.#printAll(batch, out) : this.#printSome(batch, find, out)
      const left = this.#done || taken < batch.length
      await this.#write(subscription, out, left ? taken : undefined)
      await this.#client.debug?.taken()
      for (const message of batch) message.release()
      if (!left) continue
      if (this.#done) this.#reached()
      return
    }
  }

  /** @returns how many messages of the batch are dealt with; fewer than there are when it is time to leave. */
  #printAll(batch: readonly Message[], out: OutputBuffer): number {
    const end = Math.min(batch.length, (this.#values.count ?? Number.POSITIVE_INFINITY) - this.#printed)
    for (let at = 0; at < end; at++) this.#format(batch[at]!, out)
    this.#printed += end
    if (this.#printed === this.#values.count) this.#done = true
    return end
  }

  /** `#printAll` where not every message is printed, or not just once. */
  #printSome(batch: readonly Message[], find: FilterFinder, out: OutputBuffer): number {
    for (let at = 0; at < batch.length; at++) {
      const message = batch[at]!
      if (this.#values.retainedOnly && !message.retain) return at
      if (!this.#isWanted(message)) continue
      if (this.#values.removeRetained && message.retain) this.#remover?.remove(message.topic)
      if (this.#isDrawn()) this.#printOne(message, find, out)
      else this.#countOne()
      if (this.#done) return at + 1
    }
    return batch.length
  }

  async #execute(subscription: Subscription, find: FilterFinder, execution: Execution): Promise<void> {
    const { retainedOnly, count = Number.POSITIVE_INFINITY } = this.#values
    for (let batch = await subscription.take(); batch !== undefined; batch = await subscription.take()) {
      for (const delivery of batch) {
        const { message } = delivery
        if (this.#done || (retainedOnly && !message.retain)) return
        const filters = this.#isWanted(message) ? this.#filtersFor(message, find).slice(0, count - this.#printed) : []
        this.#printed += filters.length
        if (this.#printed === count) this.#done = true
        if (filters.length === 0) delivery.settle()
        else if (!(await execution.start(delivery, filters))) return
        if (!this.#done) continue
        for (const each of this.#subscriptions) each.stop()
        return
      }
    }
  }

  /** Writes, then acknowledges the first `count` messages of the batch, or all. */
  async #write(subscription: Subscription, out: OutputBuffer, count?: number): Promise<void> {
    const writing = this.#sink.write(out.take()).then(() => subscription.acknowledge(count))
    this.#writing.add(writing)
    try {
      await writing
    } finally {
      this.#writing.delete(writing)
    }
  }

  #isWanted(message: Message): boolean {
    const { noRetained, filterOut } = this.#values
    if (noRetained && message.retain) return false
    return filterOut.length === 0 || !filterOut.some((filter) => matches(filter, message.topic))
  }

  #isDrawn(): boolean {
    return Math.random() * 100 < (this.#values.randomFilter ?? 100)
  }

  #printOne(message: Message, find: FilterFinder, out: OutputBuffer): void {
    for (const filter of this.#filtersFor(message, find)) if (!this.#done) this.#printLine(message, filter, out)
  }

  /** The filters for which to print a message, one by one; '' stands for no filter. */
  #filtersFor(message: Message, find: FilterFinder): readonly string[] {
    const { perFilter, unmatched } = this.#values
    const found = find(message)
    if (unmatched !== 'show' && (found.length === 0) !== (unmatched === 'only')) return []
    return perFilter && found.length > 0 ? found : [found[0] ?? '']
  }

  #printLine(message: Message, filter: string, out: OutputBuffer): void {
    message.filter = filter
    this.#format(message, out)
    this.#countOne()
  }

  #countOne(): void {
    this.#printed++
    if (this.#printed === this.#values.count) this.#done = true
  }
}
