import { UsageError } from '../errors.ts'
import type { QoS } from '../mqtt/message.ts'
import { LARGEST_REMAINING_LENGTH, type PublishHeader } from '../mqtt/packets.ts'
import type { Property } from '../mqtt/property-table.ts'
import { publishHeader } from '../mqtt/publish-header.ts'
import { isValidTopicName } from '../mqtt/topic.ts'
import { messageProperties } from './properties.ts'
import type { OutgoingMessage } from './types.ts'

/** A message that can be published as far as this side knows. */
export interface CheckedMessage {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: QoS
  readonly retain: boolean
  readonly properties: readonly Property[]
}

/** @throws UsageError */
export function checkedMessage(message: OutgoingMessage): CheckedMessage {
  const { topic, qos = 0, retain = false, properties } = message
  if (typeof topic !== 'string' || !isValidTopicName(topic))
    throw new UsageError(`a topic has to be a text without wildcards (+ or #): ${JSON.stringify(topic)}`)
  checkQos(qos)
  const payload = payloadBytes('the payload', message.payload)
  return { topic, payload, qos, retain: retain === true, properties: messageProperties(properties) }
}

/** @throws UsageError */
export function checkQos(qos: unknown): void {
  if (qos !== 0 && qos !== 1 && qos !== 2) throw new UsageError('qos has to be 0, 1 or 2')
}

/** A view of bytes, or text in UTF-8. @throws UsageError */
export function payloadBytes(what: string, value: string | Uint8Array): Buffer {
  if (typeof value === 'string') return Buffer.from(value)
  if (!(value instanceof Uint8Array)) throw new UsageError(`${what} has to be a string or a Uint8Array`)
  if (value.length > LARGEST_REMAINING_LENGTH) throw new UsageError(`${what} has more bytes than a packet takes`)
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

/** Encodes the headers of messages; those that follow each other often have the same. */
export class Headers {
  readonly #version: 3 | 4 | 5
  #last: { readonly topic: string; readonly qos: QoS; readonly retain: boolean } | undefined
  #header: PublishHeader | undefined

  constructor(version: 3 | 4 | 5) {
    this.#version = version
  }

  /** @throws UsageError for properties before MQTT 5. */
  of(message: CheckedMessage): PublishHeader {
    const { topic, qos, retain, properties } = message
    if (properties.length > 0) {
      if (this.#version < 5) throw new UsageError('properties of a message need MQTT 5, which is not spoken here')
      return publishHeader(this.#version, message)
    }
    const last = this.#last
    if (this.#header === undefined || last?.topic !== topic || last.qos !== qos || last.retain !== retain) {
      this.#last = { topic, qos, retain }
      this.#header = publishHeader(this.#version, message)
    }
    return this.#header
  }
}
