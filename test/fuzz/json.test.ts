import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe } from 'vitest'
import { jsonLines } from '../../src/parsers/json-lines.ts'
import { JsonReader } from '../../src/parsers/json-reader.ts'
import { LineFault } from '../../src/parsers/line-fault.ts'
import { fuzz } from './campaign.ts'
import { type Mutation, mutateOne, mutations } from './mutations.ts'

const keys = fc.constantFrom(
  ...['topic', 'payload', 'encoding', 'qos', 'retain', 'properties', 'dup', 'mid', 'time', 'filter'],
  ...['contentType', 'userProperties', 'correlationData', '__proto__', 'constructor', 'tópic'],
)
const scalars = fc.oneof(
  fc.constantFrom<unknown[]>('a/b', 'base64', 'aGk=', 'aGk', '#', '', 0, 1, 2, 3, -1, true, false, null),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.double(),
)
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalars,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 3 }),
  ),
}))
/** What a member holds that is right, and now and then what is not. */
function mostly(right: fc.Arbitrary<unknown>, wrong: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 7, arbitrary: right }, { weight: 1, arbitrary: wrong })
}

const messages = fc
  .record(
    {
      topic: mostly(fc.constantFrom('a/b', 'ä/😀'), scalars),
      payload: fc.oneof(fc.constant('aGk='), scalars, anything),
      encoding: mostly(fc.constant(null), fc.constantFrom('base64', 'x')),
      qos: mostly(fc.constantFrom(0, 1, 2, null), fc.constantFrom<unknown[]>(3, '1', 1.5)),
      retain: mostly(fc.constantFrom(true, false, null), fc.constant(1)),
      properties: mostly(
        fc.constantFrom<unknown[]>(null, {}, { contentType: 'x' }, { userProperties: [['a', 'b']] }),
        fc.dictionary(keys, anything, { maxKeys: 2 }),
      ),
      dup: fc.boolean(),
    },
    { requiredKeys: ['topic', 'payload'] },
  )
  .map((message) => message as unknown)

/** As text, with blanks and escapes that a writer is free to choose. */
const texts = fc
  .tuple(
    fc.oneof(messages, fc.dictionary(keys, anything, { maxKeys: 4 }), anything),
    fc.constantFrom('', ' ', '\t'),
    fc.boolean(),
  )
  .map(([value, blanks, escapes]) => {
    const text = JSON.stringify(value, undefined, blanks).replaceAll('\n', blanks === '\t' ? '\r' : ' ')
    return escapes
      ? text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      : text
  })

/** Lines, mutated or not; a line feed can't be in one. */
const lines = fc
  .tuple(texts, texts, fc.oneof(fc.constant([]), fc.array(mutations, { maxLength: 3 })))
  .map(([text, other, changes]) => {
    const apply = (bytes: Buffer, change: Mutation) =>
      mutateOne(bytes, { ...change, reframed: false }, Buffer.from(other))
    return changes.reduce(apply, Buffer.from(text)).filter((byte) => byte !== 0x0a)
  })

/** By JSON.parse; undefined for what is no JSON. */
function parsed(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) }
  } catch {
    return undefined
  }
}

function unlessFault<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof LineFault) return undefined
    throw error
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

describe('the reader of JSON lines', () => {
  fuzz(
    'takes what JSON.parse takes, and nothing else',
    { name: 'JSON', unit: 'texts', runs: 2000, share: 0.02, values: lines },
    (line) => {
      const json = parsed(line)
      const found: string[] = []
      const bytes = Buffer.from(line)
      const isTaken = unlessFault(() => {
        new JsonReader(bytes, 0, bytes.length).object((keyStart, keyEnd, start, end) => {
          found.push(JSON.parse(`"${bytes.toString('utf8', keyStart, keyEnd)}"`))
          JSON.parse(bytes.toString('utf8', start, end))
        })
        return true
      })
      assert.equal(isTaken === true, json !== undefined && isObject(json.value))
      if (isTaken) assert.deepEqual(new Set(found), new Set(Object.keys(json!.value as object)))
      return 1
    },
  )

  const read = jsonLines({ topic: undefined, qos: 0, retain: false, properties: [] }, (head) => head)

  fuzz(
    'makes of a line the message that JSON.parse sees in it, or finds fault with it',
    { name: 'JSON lines', unit: 'texts', runs: 2000, share: 0.02, values: lines },
    (line) => {
      const json = parsed(line)
      const bytes = Buffer.from(line)
      const message = unlessFault(() => read(bytes, 0, bytes.length))
      if (message === undefined) return 1
      assert.ok(json !== undefined && isObject(json.value))
      const { topic, payload, encoding, qos, retain } = json.value
      const { header, start, end } = message
      assert.deepEqual(
        { topic: header.topic, qos: header.qos, retain: header.retain },
        { topic, qos: qos ?? 0, retain: retain ?? false },
      )
      const bytesOfPayload = bytes.subarray(start, end)
      if (typeof payload === 'string') {
        assert.ok(bytesOfPayload.equals(Buffer.from(payload, encoding === 'base64' ? 'base64' : 'utf8')))
      } else {
        assert.deepEqual(JSON.parse(bytesOfPayload.toString()), payload)
      }
      return 1
    },
  )
})
