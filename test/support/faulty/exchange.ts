import { type Delivery, isExpired, type Message } from './delivery.ts'
import type { Fault } from './faults.ts'
import { matches } from './matching.ts'
import { id, numberOf, type Property } from './properties.ts'
import type { Will } from './requests.ts'
import { Session, type Subscription } from './session.ts'

/** Payloads beyond this many bytes are large. */
export const large = 2 ** 16

/** How long `reorders` holds a message back when no other comes, unless told otherwise. */
const usualSwapMs = 50

const forwarded: readonly number[] = [
  id.payloadFormatIndicator,
  id.messageExpiryInterval,
  id.contentType,
  id.responseTopic,
  id.correlationData,
  id.userProperty,
]

interface Subscriber {
  readonly session: Session
  readonly subscription: Subscription
}

/** The sessions, the retained messages and the way of each message to its subscribers. */
export class Exchange {
  readonly sessions = new Map<string, Session>()
  readonly retained = new Map<string, Message>()
  /** What clients have published, wills too. */
  readonly published: Message[] = []
  readonly #fault: Fault | undefined
  readonly #swapMs: number
  /** By shared filter, how many messages it has had. */
  readonly #turns = new Map<string, number>()
  /** By session and topic, the messages so far and the one held back. */
  readonly #counts = new Map<string, number>()
  readonly #held = new Map<string, { readonly delivery: Delivery; readonly timer: NodeJS.Timeout }>()

  constructor(fault: Fault | undefined, swapMs = usualSwapMs) {
    this.#fault = fault
    this.#swapMs = swapMs
    this.retained.set('$SYS/broker/version', {
      topic: '$SYS/broker/version',
      payload: Buffer.from('faulty broker'),
      qos: 0,
      retain: true,
      properties: [],
      expiresAt: undefined,
      publisher: undefined,
    })
  }

  session(clientId: string): Session {
    const session = this.sessions.get(clientId) ?? new Session(clientId)
    this.sessions.set(clientId, session)
    return session
  }

  discard(session: Session): void {
    session.discard()
    if (this.sessions.get(session.clientId) === session) this.sessions.delete(session.clientId)
  }

  publish(publish: Will, publisher: string): void {
    const message = this.#accept(publish, publisher)
    this.published.push(message)
    if (message.retain) this.#retain(message)
    for (const session of this.sessions.values()) this.#deliverTo(session, message)
    this.#deliverShared(message)
  }

  /** Those of a new subscription. */
  deliverRetained(session: Session, subscription: Subscription): void {
    for (const message of this.retained.values()) {
      if (isExpired(message) || !matches(subscription.plain, message.topic, this.#fault)) continue
      const qos = this.#qos(message, [subscription])
      session.deliver({ message, qos, retain: true, subscriptionIdentifiers: subscription.subscriptionIdentifiers })
    }
  }

  stop(): void {
    for (const { timer } of this.#held.values()) clearTimeout(timer)
    for (const session of this.sessions.values()) session.discard()
  }

  #accept({ topic, payload, qos, retain, properties }: Will, publisher: string): Message {
    const interval = numberOf(properties, id.messageExpiryInterval)
    const expires = interval !== undefined && this.#fault !== 'ignores message expiry'
    return {
      topic,
      payload: this.#damage(payload),
      qos,
      retain,
      publisher,
      properties: properties.filter((property) => this.#forwards(property)),
      expiresAt: expires ? Date.now() + interval * 1000 : undefined,
    }
  }

  #damage(payload: Buffer): Buffer {
    const copy = Buffer.from(payload)
    if (payload.length <= large) return copy
    if (this.#fault === 'truncates payload') return copy.subarray(0, large)
    if (this.#fault === 'corrupts payload') copy[copy.length >> 1]! ^= 1
    return copy
  }

  #forwards(property: Property): boolean {
    const { responseTopic, correlationData, userProperty } = id
    if (this.#fault === 'drops properties' && [responseTopic, correlationData].some((each) => each === property.id)) {
      return false
    }
    return forwarded.includes(property.id) && !(this.#fault === 'drops user properties' && property.id === userProperty)
  }

  #retain(message: Message): void {
    if (message.payload.length > 0) {
      if (this.#fault !== 'forgets retained') this.retained.set(message.topic, message)
    } else if (this.#fault !== 'keeps retained') this.retained.delete(message.topic)
  }

  /** One copy for all its subscriptions that match and aren't shared. */
  #deliverTo(session: Session, message: Message): void {
    const matching = [...session.subscriptions.values()].filter(
      ({ shared, noLocal, plain }) =>
        !shared &&
        !(noLocal && message.publisher === session.clientId && this.#fault !== 'ignores no local') &&
        matches(plain, message.topic, this.#fault),
    )
    if (matching.length > 0) this.#deliver(session, message, matching)
  }

  #deliverShared(message: Message): void {
    if (this.#fault === 'shared delivers to none') return
    for (const [filter, subscribers] of this.#sharedSubscribers(message.topic)) {
      const turn = this.#turns.get(filter) ?? 0
      this.#turns.set(filter, turn + 1)
      const connected = subscribers.filter(({ session }) => session.link !== undefined)
      const candidates = connected.length > 0 ? connected : subscribers
      const chosen = this.#fault === 'shared delivers to all' ? subscribers : [candidates[turn % candidates.length]!]
      for (const { session, subscription } of chosen) this.#deliver(session, message, [subscription])
    }
  }

  #sharedSubscribers(topic: string): Map<string, Subscriber[]> {
    const groups = new Map<string, Subscriber[]>()
    for (const session of this.sessions.values()) {
      for (const [filter, subscription] of session.subscriptions) {
        if (!subscription.shared || !matches(subscription.plain, topic, this.#fault)) continue
        groups.set(filter, [...(groups.get(filter) ?? []), { session, subscription }])
      }
    }
    return groups
  }

  #deliver(session: Session, message: Message, subscriptions: readonly Subscription[]): void {
    const asPublished =
      this.#fault === 'live without retain flag cleared' ||
      (this.#fault !== 'ignores retain as published' && subscriptions.some((each) => each.retainAsPublished))
    const delivery = {
      message,
      qos: this.#qos(message, subscriptions),
      retain: message.retain && asPublished,
      subscriptionIdentifiers: subscriptions.flatMap((each) => each.subscriptionIdentifiers),
    }
    if (session.link === undefined || subscriptions.some(({ shared }) => shared)) session.deliver(delivery)
    else this.#deliverLive(session, delivery)
  }

  #deliverLive(session: Session, delivery: Delivery): void {
    if (this.#fault === `loses QoS ${delivery.message.qos}`) return
    if (this.#fault === 'reorders') {
      this.#reorder(session, delivery)
      return
    }
    session.deliver(delivery)
    if (this.#fault === `duplicates QoS ${delivery.qos}`) session.deliver(delivery)
  }

  #qos(message: Message, subscriptions: readonly Subscription[]): number {
    const most = this.#fault === 'downgrades QoS' ? 1 : 2
    return Math.min(message.qos, most, Math.max(...subscriptions.map(({ qos }) => qos)))
  }

  /** Holds each message but the first two back for a next one on its topic. */
  #reorder(session: Session, delivery: Delivery): void {
    const key = JSON.stringify([session.clientId, delivery.message.topic])
    const count = (this.#counts.get(key) ?? 0) + 1
    this.#counts.set(key, count)
    const held = this.#held.get(key)
    if (held === undefined && count > 2) {
      this.#held.set(key, { delivery, timer: setTimeout(() => this.#release(key, session), this.#swapMs) })
      return
    }
    session.deliver(delivery)
    this.#release(key, session)
  }

  #release(key: string, session: Session): void {
    const held = this.#held.get(key)
    if (held === undefined) return
    clearTimeout(held.timer)
    this.#held.delete(key)
    session.deliver(held.delivery)
  }
}
