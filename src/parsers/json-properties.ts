import type { Property } from '../mqtt/property-table.ts'
import { JsonReader } from './json-reader.ts'
import { decodeBase64, textAt } from './json-values.ts'
import { LineFault, shown, unknownKey } from './line-fault.ts'
import { checkTopicName } from './topic.ts'

const QUOTE = 0x22
const ARRAY = 0x5b
const FIRST_OF_NULL = 0x6e

/** Bytes that fit in a field [MQTT 5, 1.5]. */
const LONGEST = 0xffff

/** Where a value of JSON stands, and what it is called in messages. */
interface Value {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  readonly name: string
}

/** By the keys of `sub --json`. */
const readers = new Map<string, (value: Value) => readonly Property[]>([
  ['payloadFormatIndicator', (value) => [['payload-format-indicator', integerFrom(value, 1)]]],
  ['messageExpiryInterval', (value) => [['message-expiry-interval', integerFrom(value, 0xffff_ffff)]]],
  ['contentType', (value) => [['content-type', textFrom(value)]]],
  ['responseTopic', (value) => [['response-topic', topicFrom(value)]]],
  ['correlationData', (value) => [['correlation-data', bytesFrom(value)]]],
  ['userProperties', (value) => pairsFrom(value).map((pair) => ['user-property', pair])],
  // These belong to the connection that the message came by.
  ['topicAlias', () => []],
  ['subscriptionIdentifiers', () => []],
])

const KEYS = [...readers.keys()]

/**
 * Reads the `properties` of `sub --json`, an object in JSON, in the order in which they stand there.
 *
 * @throws LineFault
 */
export function readProperties(bytes: Buffer, start: number, end: number): readonly Property[] {
  const seen = new Set<string>()
  const properties: Property[] = []
  new JsonReader(bytes, start, end).object((keyStart, keyEnd, valueStart, valueEnd) => {
    const name = textAt(bytes, keyStart, keyEnd)
    const read = readers.get(name)
    if (read === undefined) throw unknownKey(name, KEYS)
    if (seen.has(name)) throw new LineFault(`"${name}" twice`)
    seen.add(name)
    if (bytes[valueStart] === FIRST_OF_NULL) return
    for (const property of read({ bytes, start: valueStart, end: valueEnd, name })) properties.push(property)
  })
  return properties
}

function integerFrom(value: Value, max: number): number {
  const text = value.end - value.start > 20 ? '' : value.bytes.toString('latin1', value.start, value.end)
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(number <= max)) fail(value, `a whole number from 0 to ${max}`)
  return number
}

function stringFrom(value: Value): string {
  if (value.bytes[value.start] !== QUOTE) fail(value, 'a string')
  return textAt(value.bytes, value.start + 1, value.end - 1)
}

/** [MQTT 5, 1.5.4] */
function textFrom(value: Value): string {
  const text = stringFrom(value)
  if (text.includes('\0') || Buffer.byteLength(text) > LONGEST) fail(value, `at most ${LONGEST} bytes without NUL`)
  return text
}

function topicFrom(value: Value): string {
  const topic = textFrom(value)
  checkTopicName(topic, `"${value.name}"`)
  return topic
}

function bytesFrom(value: Value): Buffer {
  const bytes = Buffer.from(stringFrom(value))
  const end = decodeBase64(bytes, 0, bytes.length)
  if (end < 0 || end > LONGEST) fail(value, `base64 of at most ${LONGEST} bytes`)
  return bytes.subarray(0, end)
}

function pairsFrom(value: Value): (readonly [name: string, value: string])[] {
  const { bytes } = value
  const pairs: (readonly [string, string])[] = []
  const check = (is: boolean) => is || fail(value, 'a list of [name, value]')
  check(bytes[value.start] === ARRAY)
  new JsonReader(bytes, value.start, value.end).array((pairStart, pairEnd) => {
    check(bytes[pairStart] === ARRAY)
    const texts: string[] = []
    new JsonReader(bytes, pairStart, pairEnd).array((start, end) => {
      texts.push(textFrom({ bytes, start, end, name: value.name }))
    })
    check(texts.length === 2)
    pairs.push([texts[0]!, texts[1]!])
  })
  return pairs
}

function fail(value: Value, expected: string): never {
  throw new LineFault(`"${value.name}" must be ${expected}, got ${shown(value.bytes, value.start, value.end)}`)
}
