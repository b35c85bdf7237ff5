import { createHash } from 'node:crypto'
import type { Message } from '../../mqtt/message.ts'

/** What is compared of a message. */
export type Digest = Readonly<Record<'payload' | 'qos' | 'properties', string>>

/** A few bytes that stand for a message of any size. */
export function digestOf(message: Message, hasProperties: boolean): Digest {
  const payload = createHash('sha256')
  for (const piece of message.payloadPieces) payload.update(piece)
  return {
    payload: payload.digest('base64'),
    qos: String(message.qos),
    properties: hasProperties ? propertiesText(message) : '',
  }
}

/** The properties that the publisher has set, but for the time that is left: it differs from moment to moment. */
function propertiesText(message: Message): string {
  if (message.propertiesStart === message.propertiesEnd) return ''
  const {
    messageExpiryInterval: _left,
    topicAlias: _alias,
    subscriptionIdentifiers: _ids,
    ...kept
  } = message.properties
  const keys = Object.keys(kept).sort() as (keyof typeof kept)[]
  const text = JSON.stringify(keys.map((key) => [key, kept[key]]))
  return keys.length === 0 ? '' : createHash('sha256').update(text).digest('base64')
}
