import { ack } from '../packets.ts'
import { type Delivery, encodeDelivery, isExpired } from './delivery.ts'
import type { Property } from './properties.ts'
import type { FilterRequest } from './requests.ts'

export interface Subscription extends FilterRequest {
  /** The filter without its share. */
  readonly plain: string
  readonly shared: boolean
  readonly subscriptionIdentifiers: readonly Property[]
}

/** The connection that a session is on. */
export interface Link {
  readonly version: number
  /** Of the client. */
  readonly receiveMaximum: number
  readonly maximumPacketSize: number
  send(bytes: Buffer): void
  /** Another connection has come with the same client identifier. */
  takeOver(): void
}

/** What the broker keeps of a client [MQTT 5, 4.1], and the messages on their way to it. */
export class Session {
  readonly clientId: string
  readonly subscriptions = new Map<string, Subscription>()
  /** Packet identifiers of the messages at QoS 2 that the client hasn't released. */
  readonly received = new Set<number>()
  /** Seconds after the end of the connection. */
  expiryInterval = 0
  #link: Link | undefined
  #queue: Delivery[] = []
  readonly #inflight = new Map<number, Delivery | 'released'>()
  #lastPacketId = 0
  #expiry: NodeJS.Timeout | undefined

  constructor(clientId: string) {
    this.clientId = clientId
  }

  get link(): Link | undefined {
    return this.#link
  }

  /** Delivers, now or once the client is back; QoS 0 only now. */
  deliver(delivery: Delivery): void {
    if (this.#link === undefined && delivery.qos === 0) return
    this.#queue.push(delivery)
    this.#drain()
  }

  /** Goes on, with what was on its way before. */
  attach(link: Link): void {
    clearTimeout(this.#expiry)
    this.#link = link
    const again: Delivery[] = []
    for (const [packetId, delivery] of this.#inflight) {
      if (delivery === 'released') link.send(ack('PUBREL', packetId))
      else again.push({ ...delivery, packetId })
    }
    for (const { packetId } of again) this.#inflight.delete(packetId!)
    this.#queue.unshift(...again)
    this.#drain()
  }

  /** @param onExpiry once the session has expired; at once for an interval of 0. */
  detach(onExpiry: () => void): void {
    this.#link = undefined
    this.#queue = this.#queue.filter(({ qos }) => qos > 0)
    if (this.expiryInterval === 0) onExpiry()
    else if (this.expiryInterval < Number.POSITIVE_INFINITY) {
      this.#expiry = setTimeout(onExpiry, Math.min(this.expiryInterval * 1000, 2 ** 31 - 1)).unref()
    }
  }

  /** Nothing of it happens any more. */
  discard(): void {
    clearTimeout(this.#expiry)
    this.subscriptions.clear()
  }

  forgetMessages(): void {
    this.#queue = []
    this.#inflight.clear()
  }

  /** PUBACK or PUBCOMP, or a PUBREC that refuses the message. */
  settled(packetId: number): void {
    this.#inflight.delete(packetId)
    this.#drain()
  }

  /** PUBREC. */
  released(packetId: number): void {
    this.#inflight.set(packetId, 'released')
  }

  #drain(): void {
    while (this.#link !== undefined && this.#queue.length > 0) {
      const delivery = this.#queue[0]!
      if (delivery.qos > 0 && this.#inflight.size >= this.#link.receiveMaximum) return
      this.#queue.shift()
      if (isExpired(delivery.message)) continue
      const packetId = delivery.packetId ?? this.#nextPacketId()
      const bytes = encodeDelivery(delivery, packetId, this.#link.version)
      if (bytes.length > this.#link.maximumPacketSize) continue
      if (delivery.qos > 0) this.#inflight.set(packetId, delivery)
      this.#link.send(bytes)
    }
  }

  #nextPacketId(): number {
    do {
      this.#lastPacketId = (this.#lastPacketId % 0xffff) + 1
    } while (this.#isInUse(this.#lastPacketId))
    return this.#lastPacketId
  }

  #isInUse(packetId: number): boolean {
    return this.#inflight.has(packetId) || this.#queue.some((delivery) => delivery.packetId === packetId)
  }
}
