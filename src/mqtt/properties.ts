import { isUtf8 } from 'node:buffer'
import { MalformedPacketError } from './malformed.ts'

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

/** Property identifiers [MQTT 5, 2.2.2.2]. */
const PAYLOAD_FORMAT_INDICATOR = 0x01
const MESSAGE_EXPIRY_INTERVAL = 0x02
const CONTENT_TYPE = 0x03
const RESPONSE_TOPIC = 0x08
const CORRELATION_DATA = 0x09
const SUBSCRIPTION_IDENTIFIER = 0x0b
const REASON_STRING = 0x1f
const TOPIC_ALIAS = 0x23
const USER_PROPERTY = 0x26

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

/** Encodes the properties in the order of their keys, with their length in front; `[0]` for none. */
export function encodeProperties(properties: PublishProperties): Buffer {
  const parts: Buffer[] = []
  for (const key of Object.keys(properties) as (keyof PublishProperties)[]) parts.push(...encodeOne(properties, key))
  const body = Buffer.concat(parts)
  return Buffer.concat([encodeVariableByteInteger(body.length), body])
}

function encodeOne(properties: PublishProperties, key: keyof PublishProperties): Buffer[] {
  switch (key) {
    case 'payloadFormatIndicator':
      return [Buffer.of(PAYLOAD_FORMAT_INDICATOR, properties[key]!)]
    case 'messageExpiryInterval': {
      const field = Buffer.alloc(5, MESSAGE_EXPIRY_INTERVAL)
      field.writeUInt32BE(properties[key]!, 1)
      return [field]
    }
    case 'topicAlias':
      return [Buffer.of(TOPIC_ALIAS, properties[key]! >> 8, properties[key]! & 0xff)]
    case 'contentType':
      return [Buffer.of(CONTENT_TYPE), encodeBinary(Buffer.from(properties[key]!))]
    case 'responseTopic':
      return [Buffer.of(RESPONSE_TOPIC), encodeBinary(Buffer.from(properties[key]!))]
    case 'correlationData':
      return [Buffer.of(CORRELATION_DATA), encodeBinary(properties[key]!)]
    case 'subscriptionIdentifiers':
      return properties[key]!.flatMap((id) => [Buffer.of(SUBSCRIPTION_IDENTIFIER), encodeVariableByteInteger(id)])
    case 'userProperties':
      return properties[key]!.flatMap(([name, value]) => [
        Buffer.of(USER_PROPERTY),
        encodeBinary(Buffer.from(name)),
        encodeBinary(Buffer.from(value)),
      ])
  }
}

/** Bytes with their length in two bytes in front [MQTT 5, 1.5.6]; text is the same in UTF-8. */
export function encodeBinary(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes])
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

/** Reads the data representations of [MQTT 5, 1.5] and never past `end`. */
class Reader {
  readonly #bytes: Buffer
  readonly #end: number
  at: number

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.at = start
    this.#end = end
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  variableByteInteger(): number {
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const digit = this.byte()
      value |= (digit & 0x7f) << shift
      if ((digit & 0x80) === 0) return value
    }
    throw new MalformedPacketError('variable byte integer of more than 4 bytes')
  }

  /** A copy, so that it outlives the chunk. */
  binary(): Buffer {
    const length = this.uint16()
    const start = this.#take(length)
    return Buffer.from(this.#bytes.subarray(start, start + length))
  }

  text(): string {
    const length = this.uint16()
    const start = this.#take(length)
    if (!isUtf8(this.#bytes.subarray(start, start + length))) throw new MalformedPacketError('a text that is not UTF-8')
    return this.#bytes.toString('utf8', start, start + length)
  }

  pair(): readonly [name: string, value: string] {
    return [this.text(), this.text()]
  }

  #take(length: number): number {
    const start = this.at
    if (start + length > this.#end) throw new MalformedPacketError('a property runs past the end of its packet')
    this.at = start + length
    return start
  }
}
