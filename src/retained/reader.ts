import { RefusedError } from '../errors.ts'
import type { Message, QoS } from '../mqtt/message.ts'
import type { Property } from '../mqtt/property-table.ts'
import { reasonName } from '../mqtt/reason-codes.ts'
import type { Session } from '../mqtt/session.ts'
import { Subscription } from '../mqtt/subscription.ts'
import { matches } from '../mqtt/topic.ts'

/** A retained message, and its topic as a text of its own, which does not keep the message's bytes alive. */
export interface Retained {
  readonly topic: string
  readonly message: Message
}

/** Takes retained messages; no more are read from the broker until it is done. */
export type Take = (found: readonly Retained[]) => Promise<void> | void

export interface ReaderOptions {
  /** How long nothing retained may come before all is taken to be here: from SUBACK, or the last retained message. */
  readonly settleMs: number
  /** Properties of SUBSCRIBE. */
  readonly properties: readonly Property[]
}

/** Filters of one SUBSCRIBE, and their bytes: brokers queue only so many messages for a client, mosquitto 1000. */
const MOST_FILTERS = 500
const MOST_BYTES = 65_536

/**
 * Finds retained messages, on a session that is for nothing else. Nothing in MQTT says that they are all here, so what
 * counts is that none has come for a while; messages without the retain flag do not count.
 */
export class RetainedReader {
  readonly #session: Session
  readonly #options: ReaderOptions
  readonly #subscription: Subscription
  #mostFilters = MOST_FILTERS
  #consume: ((messages: readonly Message[]) => Promise<void>) | undefined
  #pumping: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #settled: () => void = () => {}

  /** To be made before the session starts. */
  constructor(session: Session, options: ReaderOptions) {
    this.#session = session
    this.#options = options
    this.#subscription = new Subscription(session, [], () => {})
  }

  /** Starts the session, and reads what comes to its end: what nobody waits for is dropped. */
  start(): void {
    this.#session.start()
    this.#pumping = this.#pump()
    this.#pumping.catch(() => {})
  }

  async #pump(): Promise<void> {
    await this.#subscription.start()
    for await (const messages of this.#subscription) await this.#consume?.(messages)
  }

  /**
   * Reads the retained messages under filters, each topic once, also where filters overlap. They come at QoS 0, at which
   * brokers deliver any number of them; `fetch` has them as they are.
   *
   * @throws RefusedError when a filter is refused; the reason when the session is over.
   */
  async search(filters: readonly string[], take: Take): Promise<void> {
    const seen = new Set<string>()
    let connection: unknown
    do {
      connection = await this.#read(filters, 0, async (messages) => {
        const found: Retained[] = []
        for (const message of messages) {
          const { topic } = message
          // Brokers have their own idea of which filters match topics that begin with $.
          if (seen.has(topic) || !filters.some((filter) => matches(filter, topic))) continue
          seen.add(topic)
          found.push({ topic, message })
        }
        if (found.length > 0) await take(found)
      })
    } while (connection !== this.#session.connection)
  }

  /**
   * Reads the retained messages of these topics with their QoS, in portions that no queue of a broker is too short for.
   * A topic that has none any more is left out.
   */
  async fetch(topics: readonly string[], take: Take): Promise<void> {
    for (let at = 0; at < topics.length; ) {
      const portion = portionOf(topics, at, this.#mostFilters)
      at += portion.length
      await this.#fetchPortion(new Set(portion), take)
    }
  }

  /** Asks again for those that have not come as long as some do: a broker may drop what it has no room to queue. */
  async #fetchPortion(missing: Set<string>, take: Take): Promise<void> {
    const counts: number[] = []
    while (missing.size > 0) {
      const before = missing.size
      const connection = await this.#read([...missing], 2, async (messages) => {
        const found = messages.flatMap((message) => {
          const { topic } = message
          return missing.delete(topic) ? [{ topic, message }] : []
        })
        if (found.length > 0) await take(found)
        if (missing.size === 0) this.#settled()
      })
      counts.push(before - missing.size)
      if (before === missing.size && connection === this.#session.connection) break
    }
    // What came behind the first time had been dropped: less at a time costs no waiting.
    if (counts.slice(1).some((count) => count > 0)) this.#mostFilters = Math.max(1, counts[0]!)
  }

  /** Subscribes, reads until it is quiet, and unsubscribes. @returns the connection on which it subscribed. */
  async #read(filters: readonly string[], qos: QoS, take: (messages: readonly Message[]) => Promise<void>) {
    const quiet = new Promise<void>((resolve) => {
      this.#settled = resolve
    })
    let subscribed = false
    this.#consume = async (messages) => {
      const retained = messages.filter((message) => message.retain && message.payloadLength > 0)
      if (retained.length === 0) return
      this.#stopTimer()
      await take(retained)
      if (subscribed) this.#awaitQuiet()
    }
    try {
      const connection = await this.#subscribe(filters, qos)
      subscribed = true
      this.#awaitQuiet()
      await Promise.race([quiet, this.#ended()])
      const leaving = connection === this.#session.connection ? connection.unsubscribe(filters) : undefined
      // Nobody waits for what comes at a few exact topics.
      if (qos === 0) await leaving
      return connection
    } finally {
      this.#stopTimer()
      this.#consume = undefined
    }
  }

  #awaitQuiet(): void {
    this.#stopTimer()
    // Once more round the event loop: after a pause of the whole process the time is up, but messages wait to be read.
    const timer = setTimeout(() => setImmediate(() => this.#timer === timer && this.#settled()), this.#options.settleMs)
    this.#timer = timer
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Rejects when there is nothing more to wait for. */
  async #ended(): Promise<never> {
    await this.#pumping
    throw this.#session.over.reason
  }

  async #subscribe(filters: readonly string[], qos: QoS) {
    for (;;) {
      const connection = await this.#session.connected()
      const options = { qos, retainHandling: 0, retainAsPublished: false } as const
      const granting = connection.subscribe(filters, options, this.#options.properties)
      const granted = await Promise.race([granting, this.#ended()])
      if (granted === undefined) continue
      const at = granted.codes.findIndex((code) => code >= 0x80)
      if (at < 0) return connection
      const code = granted.codes[at]!
      const said = granted.reasonString ? `: ${granted.reasonString}` : ''
      throw new RefusedError(`subscription to '${filters[at]}' refused: ${reasonName(code)}${said}`, code)
    }
  }
}

/** What goes into one SUBSCRIBE, from `start` on. */
function portionOf(topics: readonly string[], start: number, most: number): readonly string[] {
  let bytes = 0
  let end = start
  while (end < topics.length && end - start < most && (bytes < MOST_BYTES || end === start))
    bytes += Buffer.byteLength(topics[end++]!) + 3
  return topics.slice(start, end)
}
