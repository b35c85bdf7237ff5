import { MalformedPacketError } from './malformed.ts'
import { Reader } from './property-reader.ts'
import { type Property, type PropertyType, propertyTable } from './property-table.ts'

/**
 * The properties of a PUBLISH packet [MQTT 5, 3.3.2.3]. The keys stand in the order in which the sender wrote
 * them; user properties keep their order and repeats.
 */
export interface PublishProperties {
  payloadFormatIndicator?: number
  /** Seconds. */
  messageExpiryInterval?: number
  topicAlias?: number
  responseTopic?: string
  correlationData?: Buffer
  userProperties?: (readonly [name: string, value: string])[]
  subscriptionIdentifiers?: number[]
  contentType?: string
}

const { identifier: PAYLOAD_FORMAT_INDICATOR } = propertyTable['payload-format-indicator']
const { identifier: MESSAGE_EXPIRY_INTERVAL } = propertyTable['message-expiry-interval']
const { identifier: CONTENT_TYPE } = propertyTable['content-type']
const { identifier: RESPONSE_TOPIC } = propertyTable['response-topic']
const { identifier: CORRELATION_DATA } = propertyTable['correlation-data']
const { identifier: SUBSCRIPTION_IDENTIFIER } = propertyTable['subscription-identifier']
const { identifier: REASON_STRING } = propertyTable['reason-string']
const { identifier: TOPIC_ALIAS } = propertyTable['topic-alias']
const { identifier: USER_PROPERTY } = propertyTable['user-property']

/**
 * Reads the properties of a PUBLISH packet between `start` and `end`.
 *
 * @throws MalformedPacketError for an unknown or foreign property, one that may stand only once and stands
 *   twice, a value outside its range, or one that runs past the end.
 */
export function decodeProperties(bytes: Buffer, start: number, end: number): PublishProperties {
  const properties: PublishProperties = {}
  const reader = new Reader(bytes, start, end)
  while (reader.at < end) {
    const identifier = reader.byte()
    switch (identifier) {
      case PAYLOAD_FORMAT_INDICATOR:
        once(properties.payloadFormatIndicator, 'payload format indicator')
        properties.payloadFormatIndicator = reader.byte()
        break
      case MESSAGE_EXPIRY_INTERVAL:
        once(properties.messageExpiryInterval, 'message expiry interval')
        properties.messageExpiryInterval = reader.uint32()
        break
      case CONTENT_TYPE:
        once(properties.contentType, 'content type')
        properties.contentType = reader.text()
        break
      case RESPONSE_TOPIC:
        once(properties.responseTopic, 'response topic')
        properties.responseTopic = reader.text()
        break
      case CORRELATION_DATA:
        once(properties.correlationData, 'correlation data')
        properties.correlationData = reader.binary()
        break
      case SUBSCRIPTION_IDENTIFIER: {
        const value = reader.variableByteInteger()
        if (value === 0) throw new MalformedPacketError('subscription identifier 0')
        properties.subscriptionIdentifiers ??= []
        properties.subscriptionIdentifiers.push(value)
        break
      }
      case TOPIC_ALIAS:
        once(properties.topicAlias, 'topic alias')
        properties.topicAlias = reader.uint16()
        break
      case USER_PROPERTY: {
        properties.userProperties ??= []
        properties.userProperties.push(reader.pair())
        break
      }
      default:
        throw new MalformedPacketError(`property 0x${identifier.toString(16).padStart(2, '0')} in PUBLISH`)
    }
  }
  return properties
}

/**
 * Reads the reason string of an acknowledgement [MQTT 5, 3.4.2.2], undefined if it has none.
 *
 * @param start where its properties stand, with their length in front; equal to `end` where both are left out.
 * @throws MalformedPacketError
 */
export function reasonStringOf(bytes: Buffer, start: number, end: number): string | undefined {
  if (start === end) return undefined
  const beginning = new Reader(bytes, start, end)
  const length = beginning.variableByteInteger()
  const propertiesEnd = beginning.at + length
  if (propertiesEnd > end) throw new MalformedPacketError('an acknowledgement with properties longer than the packet')
  const reader = new Reader(bytes, beginning.at, propertiesEnd)
  let reasonString: string | undefined
  while (reader.at < propertiesEnd) {
    const identifier = reader.byte()
    if (identifier === REASON_STRING) reasonString = reader.text()
    else if (identifier === USER_PROPERTY) reader.pair()
    else throw new MalformedPacketError(`property 0x${identifier.toString(16).padStart(2, '0')} in an acknowledgement`)
  }
  return reasonString
}

/** By key: `contentType` is `content-type`. */
const NAMES = new Map(
  Object.keys(propertyTable).map((name) => [name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()), name]),
)

/** The properties of a PUBLISH as a list, in the order of their keys. */
export function propertyList(properties: PublishProperties): readonly Property[] {
  const { userProperties = [], subscriptionIdentifiers = [] } = properties
  return (Object.keys(properties) as (keyof PublishProperties)[]).flatMap((key): Property[] => {
    if (key === 'userProperties') return userProperties.map((pair) => ['user-property', pair])
    if (key === 'subscriptionIdentifiers') return subscriptionIdentifiers.map((id) => ['subscription-identifier', id])
    return properties[key] === undefined ? [] : [[NAMES.get(key), properties[key]] as unknown as Property]
  })
}

/** Encodes properties in the order given, with their length in front [MQTT 5, 2.2.2]; `[0]` for none. */
export function encodeProperties(properties: readonly Property[]): Buffer {
  const body = Buffer.concat(
    properties.flatMap(([name, value]) => {
      const { identifier, type } = propertyTable[name]
      return [Buffer.of(identifier), encodeValue(type, value)]
    }),
  )
  return Buffer.concat([encodeVariableByteInteger(body.length), body])
}

function encodeValue(type: PropertyType, value: Property[1]): Buffer {
  switch (type) {
    case 'byte':
      return Buffer.of(value as number)
    case 'uint16':
      return Buffer.of((value as number) >> 8, (value as number) & 0xff)
    case 'uint32': {
      const field = Buffer.alloc(4)
      field.writeUInt32BE(value as number)
      return field
    }
    case 'variable byte integer':
      return encodeVariableByteInteger(value as number)
    case 'text':
      return encodeBinary(Buffer.from(value as string))
    case 'binary':
      return encodeBinary(value as Buffer)
    case 'pair':
      return Buffer.concat((value as readonly string[]).map((text) => encodeBinary(Buffer.from(text))))
  }
}

/** Bytes with their length in two bytes in front [MQTT 5, 1.5.6]; text is the same in UTF-8. */
export function encodeBinary(bytes: Buffer): Buffer {
  const field = Buffer.allocUnsafe(2 + bytes.length)
  field.writeUInt16BE(bytes.length)
  field.set(bytes, 2)
  return field
}

/** [MQTT 5, 1.5.5], for 0 to 268,435,455. */
export function encodeVariableByteInteger(value: number): Buffer {
  const digits: number[] = []
  do {
    const digit = value & 0x7f
    value >>>= 7
    digits.push(value > 0 ? digit | 0x80 : digit)
  } while (value > 0)
  return Buffer.from(digits)
}

function once(present: unknown, name: string): void {
  if (present !== undefined) throw new MalformedPacketError(`${name} twice in PUBLISH`)
}
