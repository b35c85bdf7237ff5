import type { QoS } from '../mqtt/message.ts'
import type { Property } from '../mqtt/property-table.ts'
import { readProperties } from './json-properties.ts'
import { JsonReader } from './json-reader.ts'
import { compact, decodeBase64, textAt, unescapeText } from './json-values.ts'
import { LineFault, shown, unknownKey } from './line-fault.ts'
import { Cache, type Head, type ReadLine } from './read-line.ts'
import { checkTopicName } from './topic.ts'

/** The keys of `sub --json`; those from `dup` on tell of the receiving. */
const KEYS = ['topic', 'payload', 'encoding', 'qos', 'retain', 'properties', 'dup', 'mid', 'time', 'filter'] as const
const KEY_BYTES = KEYS.map((key) => Buffer.from(key))
const [TOPIC, PAYLOAD, ENCODING, QOS, RETAIN, PROPERTIES] = [0, 1, 2, 3, 4, 5] as const

const QUOTE = 0x22
const ZERO = 0x30
const OBJECT = 0x7b
const FIRST_OF_FALSE = 0x66
const FIRST_OF_NULL = 0x6e
const FIRST_OF_TRUE = 0x74

/** No topic is longer, be every byte of it escaped. */
const LONGEST_TOPIC = 6 * 0xffff

/** No key is longer, be every byte of it escaped. */
const LONGEST_KEY = 60

/** No broker takes as much, and it would fill the memory. */
const LONGEST_PROPERTIES = 16 * 1024 * 1024

/** What is published where a line does not say it; properties one by one. */
export type Defaults = Omit<Head, 'topic'> & { readonly topic: string | undefined }

/**
 * Reads lines as `sub --json` prints them: objects with `topic`, `payload`, `encoding`, `qos`, `retain` and
 * `properties`, of which only `payload` has no default. What tells of the receiving is left out. A value of null counts
 * as absent; but a payload that is no string is published as it stands, in JSON without blanks. A blank line has no
 * message.
 */
export function jsonLines<Header>(defaults: Defaults, headerFor: (head: Head) => Header): ReadLine<Header> {
  const headers = new Cache<Header>()
  return (bytes, start, end) => {
    const json = new JsonReader(bytes, start, end)
    if (json.isBlank()) return undefined
    const line = new Line(bytes, json)
    const qos = line.qos() ?? defaults.qos
    const retain = line.retain() ?? defaults.retain
    // No value has a line feed in it.
    const key = `${qos}${retain}${line.raw(TOPIC, LONGEST_TOPIC)}\n${line.raw(PROPERTIES, LONGEST_PROPERTIES)}`
    const header = headers.get(key, () =>
      headerFor({ topic: line.topic(defaults.topic), qos, retain, properties: line.properties(defaults.properties) }),
    )
    return { header, ...line.takePayload() }
  }
}

/** The members of one line. */
class Line {
  readonly #bytes: Buffer
  /** By key: where its value stands; the end is 0 for a key that is absent. */
  readonly #starts = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  readonly #ends = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]

  constructor(bytes: Buffer, json: JsonReader) {
    this.#bytes = bytes
    json.object((keyStart, keyEnd, start, end) => {
      const key = keyAt(bytes, keyStart, keyEnd)
      if (this.#ends[key] !== 0) throw new LineFault(`"${KEYS[key]}" twice`)
      this.#starts[key] = start
      this.#ends[key] = end
    })
  }

  qos(): QoS | undefined {
    if (!this.#has(QOS)) return undefined
    const qos = this.#bytes[this.#starts[QOS]!]! - ZERO
    if (this.#ends[QOS]! - this.#starts[QOS]! > 1 || qos > 2) this.#fail(QOS, '0, 1 or 2')
    return qos as QoS
  }

  retain(): boolean | undefined {
    if (!this.#has(RETAIN)) return undefined
    const first = this.#bytes[this.#starts[RETAIN]!]
    if (first !== FIRST_OF_TRUE && first !== FIRST_OF_FALSE) this.#fail(RETAIN, 'true or false')
    return first === FIRST_OF_TRUE
  }

  topic(byDefault: string | undefined): string {
    if (!this.#has(TOPIC)) {
      if (byDefault === undefined) throw new LineFault('no "topic", and none by -t')
      return byDefault
    }
    const topic = this.#text(TOPIC)
    checkTopicName(topic, 'the topic')
    return topic
  }

  properties(byDefault: readonly Property[]): readonly Property[] {
    if (!this.#has(PROPERTIES)) return byDefault
    const start = this.#starts[PROPERTIES]!
    if (this.#bytes[start] !== OBJECT) this.#fail(PROPERTIES, 'an object')
    const properties = readProperties(this.#bytes, start, this.#ends[PROPERTIES]!)
    const names = new Set(properties.map(([name]) => name))
    return [...properties, ...byDefault.filter(([name]) => !names.has(name))]
  }

  /** Rewrites the bytes of the payload to those to publish. */
  takePayload(): { readonly start: number; readonly end: number } {
    const bytes = this.#bytes
    const start = this.#starts[PAYLOAD]!
    const end = this.#ends[PAYLOAD]!
    if (end === 0) throw new LineFault('no "payload"')
    const isBase64 = this.#isBase64()
    if (bytes[start] !== QUOTE) {
      if (isBase64) this.#fail(PAYLOAD, 'a string, as "encoding" is "base64"')
      return { start, end: compact(bytes, start, end) }
    }
    const textEnd = unescapeText(bytes, start + 1, end - 1)
    if (!isBase64) return { start: start + 1, end: textEnd }
    const bytesEnd = decodeBase64(bytes, start + 1, textEnd)
    if (bytesEnd < 0) throw new LineFault('"payload" is not base64')
    return { start: start + 1, end: bytesEnd }
  }

  /** A value as it is written, '' for none. */
  raw(key: number, longest: number): string {
    const start = this.#starts[key]!
    const end = this.#ends[key]!
    if (end - start > longest) throw new LineFault(`"${KEYS[key]}" is longer than ${longest} bytes`)
    return end === 0 ? '' : this.#bytes.toString('latin1', start, end)
  }

  #isBase64(): boolean {
    if (!this.#has(ENCODING)) return false
    if (this.#text(ENCODING) !== 'base64') this.#fail(ENCODING, '"base64"')
    return true
  }

  #has(key: number): boolean {
    return this.#ends[key] !== 0 && this.#bytes[this.#starts[key]!] !== FIRST_OF_NULL
  }

  #text(key: number): string {
    const start = this.#starts[key]!
    if (this.#bytes[start] !== QUOTE) this.#fail(key, 'a string')
    return textAt(this.#bytes, start + 1, this.#ends[key]! - 1)
  }

  #fail(key: number, expected: string): never {
    throw new LineFault(
      `"${KEYS[key]}" must be ${expected}, got ${shown(this.#bytes, this.#starts[key]!, this.#ends[key]!)}`,
    )
  }
}

/** The number of a key. @throws LineFault for one that is not known. */
function keyAt(bytes: Buffer, start: number, end: number): number {
  if (end - start > LONGEST_KEY) throw unknownKey(shown(bytes, start, end), KEYS)
  for (let key = 0; key < KEY_BYTES.length; key++) {
    const known = KEY_BYTES[key]!
    if (known.length !== end - start) continue
    let at = 0
    while (at < known.length && bytes[start + at] === known[at]) at++
    if (at === known.length) return key
  }
  const text = textAt(bytes, start, end)
  const key = (KEYS as readonly string[]).indexOf(text)
  if (key < 0) throw unknownKey(text, KEYS)
  return key
}
