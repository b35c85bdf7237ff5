import { publishPacket } from '../packets.ts'
import { encodeProperties, id, numberProperty, type Property } from './properties.ts'

export interface Message {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: number
  readonly retain: boolean
  /** Those of PUBLISH that are forwarded [MQTT 5, 3.3.2.3], in the order they came. */
  readonly properties: readonly Property[]
  /** Milliseconds, as Date.now() counts them. */
  readonly expiresAt: number | undefined
  /** Client identifier; undefined for the broker itself. */
  readonly publisher: string | undefined
}

/** One copy of a message for one client. */
export interface Delivery {
  readonly message: Message
  readonly qos: number
  readonly retain: boolean
  readonly subscriptionIdentifiers: readonly Property[]
  /** Where it was sent before. */
  readonly packetId?: number
}

export function isExpired({ expiresAt = Number.POSITIVE_INFINITY }: Message): boolean {
  return expiresAt <= Date.now()
}

/** As PUBLISH in this version, with what is left of the message expiry interval. */
export function encodeDelivery(delivery: Delivery, packetId: number, version: number): Buffer {
  const { message, qos, retain, subscriptionIdentifiers } = delivery
  const properties = message.properties.map((property) =>
    property.id === id.messageExpiryInterval && message.expiresAt !== undefined
      ? numberProperty(property.id, Math.ceil((message.expiresAt - Date.now()) / 1000))
      : property,
  )
  return publishPacket({
    topic: message.topic,
    payload: message.payload,
    qos,
    retain,
    packetId,
    dup: delivery.packetId !== undefined,
    properties: version === 5 ? encodeProperties([...properties, ...subscriptionIdentifiers]) : undefined,
  })
}
