import { ConnectionLostError } from '../errors.ts'
import type { ClientOptions } from '../mqtt/client-options.ts'
import { MalformedPacketError } from '../mqtt/malformed.ts'
import type { Message } from '../mqtt/message.ts'
import { Session, type SessionEvents } from '../mqtt/session.ts'
import { type Delivery, type SubscribeGroup, Subscription } from '../mqtt/subscription.ts'
import { matches, overlap } from '../mqtt/topic.ts'
import { type Arrival, Receipt, type Receiver } from './receiver.ts'
import type { Handler } from './types.ts'

/** Filters whose messages go to one place, each of them once. */
export interface Route {
  readonly receiver: Receiver
  /** Undefined where the receiver is iterated. */
  readonly handler: Handler | undefined
  readonly filters: readonly string[]
  /** Subscription identifiers of the filters, in their order; none where the broker has none. */
  readonly identifiers: readonly number[]
  readonly groups: readonly SubscribeGroup[]
}

/** Where a message goes. */
export type Target = Pick<Arrival, 'filter' | 'handler'> & { readonly receiver: Receiver }

/** One session of a client, and the routes of the messages that come by it. */
export class Line {
  readonly session: Session
  readonly #subscription: Subscription
  readonly #unmatched: () => readonly Target[]
  #routes: readonly Route[] = []
  #isFlowing = false
  /** SUBSCRIBE and UNSUBSCRIBE go one after the other: MQTT.js can give up only one that waits for its answer. */
  #asking: Promise<unknown> = Promise.resolve()

  private constructor(session: Session, notice: (text: string) => void, unmatched: () => readonly Target[]) {
    this.session = session
    this.#unmatched = unmatched
    this.#subscription = new Subscription(session, [], notice)
  }

  /**
   * Connects.
   *
   * @param prepare may add to the session before messages flow.
   * @param unmatched names who takes what no filter matches.
   * @throws TmqttError
   */
  static async open(
    options: ClientOptions,
    events: SessionEvents,
    unmatched: () => readonly Target[],
    prepare: (session: Session) => void = () => {},
  ): Promise<Line> {
    const session = await Session.connect(options, events)
    const line = new Line(session, events.notice, unmatched)
    prepare(session)
    session.start()
    await line.#subscription.start()
    return line
  }

  /** Whether some topic is matched by a filter here and by one of these. */
  overlaps(filters: readonly string[]): boolean {
    return this.#routes.some((route) => route.filters.some((one) => filters.some((other) => overlap(one, other))))
  }

  /** Takes a route in; then it is to be subscribed. */
  reserve(route: Route): void {
    this.#routes = [...this.#routes, route]
  }

  release(route: Route): void {
    this.#routes = this.#routes.filter((each) => each !== route)
  }

  /** @returns the granted QoS of each filter. @throws RefusedError, or the reason when the session is over. */
  async subscribe(route: Route): Promise<ReadonlyMap<string, number>> {
    if (!this.#isFlowing) void this.#flow()
    return await this.#ask(() => this.#subscription.add(route.groups))
  }

  async unsubscribe(route: Route): Promise<void> {
    await this.#ask(() => this.#subscription.remove(route.groups))
    this.release(route)
  }

  /** Takes no more messages. */
  stop(): void {
    this.#subscription.stop()
  }

  /** Ends the session when what was acknowledged at QoS 2 is through. @throws TmqttError */
  async end(reasonCode: 0 | 4, patienceMs: number): Promise<void> {
    await this.#subscription.finish(patienceMs)
    await this.session.end(patienceMs, reasonCode)
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    const answer = this.#asking.then(question)
    this.#asking = answer.catch(() => {})
    return await answer
  }

  async #flow(): Promise<void> {
    this.#isFlowing = true
    try {
      for (let batch = await this.#subscription.take(); batch !== undefined; batch = await this.#subscription.take())
        await this.#deliver(batch)
    } catch (error) {
      if (!(error instanceof MalformedPacketError)) return
      const text = `the broker does not speak MQTT as it should: it sent ${error.message}`
      this.session.fail(new ConnectionLostError(text, { cause: error }))
    }
  }

  async #deliver(deliveries: readonly Delivery[]): Promise<void> {
    const parts = new Map<Receiver, Arrival[]>()
    for (const delivery of deliveries) {
      const targets = this.#targetsOf(delivery.message)
      const receipt = new Receipt(delivery, targets.length)
      for (const { receiver, filter, handler } of targets) {
        const arrival = { message: delivery.message, filter, handler, receipt }
        const part = parts.get(receiver)
        if (part === undefined) parts.set(receiver, [arrival])
        else part.push(arrival)
      }
    }
    for (const [receiver, part] of parts) receiver.push(part)
    await Promise.all([...parts.keys()].map((receiver) => receiver.room()))
  }

  #targetsOf(message: Message): readonly Target[] {
    const filterOf = this.#filterFinder(message)
    const targets = this.#routes.flatMap((route) => {
      const filter = filterOf(route)
      return filter === undefined ? [] : [{ receiver: route.receiver, handler: route.handler, filter }]
    })
    return targets.length > 0 ? targets : this.#unmatched()
  }

  /** Finds the filter of a route that brought a message: by its subscription identifiers, else by its topic. */
  #filterFinder(message: Message): (route: Route) => string | undefined {
    const found = message.properties.subscriptionIdentifiers
    if (found !== undefined)
      return ({ filters, identifiers }) => filters.find((_, at) => found.includes(identifiers[at]!))
    const { topic } = message
    return ({ filters }) => filters.find((filter) => matches(filter, topic))
  }
}
