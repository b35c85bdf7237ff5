import { UsageError } from '../errors.ts'
import { type Property, type PropertyName, propertyTable } from '../mqtt/property-table.ts'
import type { MessageProperties } from './types.ts'

const NAMES: Readonly<Record<keyof MessageProperties, PropertyName>> = {
  payloadFormatIndicator: 'payload-format-indicator',
  messageExpiryInterval: 'message-expiry-interval',
  contentType: 'content-type',
  responseTopic: 'response-topic',
  correlationData: 'correlation-data',
  userProperties: 'user-property',
}

const LARGEST = { byte: 0xff, uint16: 0xffff, uint32: 0xffff_ffff, 'variable byte integer': 268_435_455 }

/** The properties of a message as they go into its packet. @throws UsageError for a value that can't go there. */
export function messageProperties(properties: MessageProperties = {}): readonly Property[] {
  return Object.entries(properties).flatMap(([key, value]): readonly Property[] => {
    if (value === undefined) return []
    if (!Object.hasOwn(NAMES, key)) throw new UsageError(`${key} is no property of a message`)
    if (key === 'userProperties') return userProperties(value)
    return [checkedProperty(NAMES[key as keyof MessageProperties], value)]
  })
}

/** @throws UsageError */
export function userProperties(pairs: unknown): readonly Property[] {
  const isPair = (pair: unknown) => Array.isArray(pair) && pair.length === 2 && pair.every(isText)
  if (!Array.isArray(pairs) || !pairs.every(isPair))
    throw new UsageError('userProperties has to be a list of pairs [name, value]')
  return pairs.map((pair) => ['user-property', pair])
}

/** A property with its value in the form in which it is encoded. @throws UsageError */
export function checkedProperty(name: PropertyName, value: unknown): Property {
  const { type, ...rest } = propertyTable[name]
  return [name, checkedValue(name, type, 'range' in rest ? rest.range : undefined, value)] as unknown as Property
}

function checkedValue(
  name: PropertyName,
  type: (typeof propertyTable)[PropertyName]['type'],
  range: readonly [number, number] | undefined,
  value: unknown,
): unknown {
  if (type === 'text') {
    if (!isText(value)) throw new UsageError(`${name} has to be a text of at most 65,535 bytes`)
    return value
  }
  if (type === 'binary') {
    if (!(value instanceof Uint8Array) || value.length > 0xffff)
      throw new UsageError(`${name} has to be a Uint8Array of at most 65,535 bytes`)
    return Buffer.from(value)
  }
  if (type === 'pair') throw new UsageError(`${name} has no single value`)
  const [smallest, largest] = range ?? [0, LARGEST[type]]
  if (!Number.isInteger(value) || (value as number) < smallest || (value as number) > largest)
    throw new UsageError(`${name} has to be a whole number from ${smallest} to ${largest}`)
  return value
}

/** Text that fits into a field of a packet [MQTT 5, 1.5.4]. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && !/\0|\p{Surrogate}/u.test(value) && Buffer.byteLength(value) <= 0xffff
}
