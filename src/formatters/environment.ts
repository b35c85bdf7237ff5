import type { Message } from '../mqtt/message.ts'

/** The variables that may stand for a message. */
const NAMES =
  /^MQTT_(TOPIC|QOS|RETAIN|FILTER|CONTENT_TYPE|RESPONSE_TOPIC|CORRELATION_DATA|PAYLOAD_FORMAT_INDICATOR|MESSAGE_EXPIRY_INTERVAL|USER_PROPERTIES|USER_PROPERTY_(NAME|VALUE)_\d+)$/

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Variables that hold a message without its payload, over those of `base`. What the message doesn't have has no
 * variable; user properties are numbered from 1. No text has NUL in it, which could not stand in an environment: such a
 * packet ends the connection [MQTT-1.5.4-2].
 */
export function messageEnvironment(message: Message, base: Environment): Environment {
  const { properties } = message
  const pairs = properties.userProperties ?? []
  const variables: [name: string, value: string | number | undefined][] = [
    ['TOPIC', message.topic],
    ['QOS', message.qos],
    ['RETAIN', message.retain ? 1 : 0],
    ['FILTER', message.filter === '' ? undefined : message.filter],
    ['CONTENT_TYPE', properties.contentType],
    ['RESPONSE_TOPIC', properties.responseTopic],
    ['CORRELATION_DATA', properties.correlationData?.toString('base64')],
    ['PAYLOAD_FORMAT_INDICATOR', properties.payloadFormatIndicator],
    ['MESSAGE_EXPIRY_INTERVAL', properties.messageExpiryInterval],
    ['USER_PROPERTIES', pairs.length],
  ]
  pairs.forEach(([name, value], index) => {
    variables.push([`USER_PROPERTY_NAME_${index + 1}`, name], [`USER_PROPERTY_VALUE_${index + 1}`, value])
  })
  const environment = Object.fromEntries(Object.entries(base).filter(([name]) => !NAMES.test(name)))
  for (const [name, value] of variables) {
    if (value === undefined) continue
    environment[`MQTT_${name}`] = String(value)
  }
  return environment
}
