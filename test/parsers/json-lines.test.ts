import { describe, expect, it } from 'vitest'
import { formatJson } from '../../src/formatters/json.ts'
import { type PublishProperties, propertyList } from '../../src/mqtt/properties.ts'
import { type Defaults, jsonLines } from '../../src/parsers/json-lines.ts'
import { LineFault } from '../../src/parsers/line-fault.ts'
import type { Head } from '../../src/parsers/read-line.ts'
import { generateMessage } from '../brokers/generated.ts'
import { bytesOf, type MessageParts } from '../formatters/message-of.ts'
import { Random } from '../support/random.ts'

const noDefaults: Defaults = { topic: undefined, qos: 0, retain: false, properties: [] }

/** The message of a line that stands between others, with its payload in Latin 1. */
function read(line: string | Buffer, defaults: Partial<Defaults> = {}) {
  const inner = Buffer.from(line as string)
  const bytes = Buffer.concat([Buffer.from('{"a":1}\n'), inner, Buffer.from('\n{"b":2}')])
  const message = jsonLines({ ...noDefaults, ...defaults }, (head) => head)(bytes, 8, 8 + inner.length)
  expect(bytes.toString('latin1', 0, 8) + bytes.toString('latin1', 8 + inner.length)).toBe('{"a":1}\n\n{"b":2}')
  if (message === undefined) return undefined
  return { ...message.header, payload: bytes.toString('latin1', message.start, message.end) }
}

function payloadOf(json: string): string | undefined {
  const payload = read(`{"topic":"t","payload":${json}}`)?.payload
  return payload === undefined ? undefined : Buffer.from(payload, 'latin1').toString()
}

function propertiesOf(json: string) {
  return read(`{"topic":"t","payload":"","properties":${json}}`)!.properties
}

const faultOf = (line: string | Buffer, defaults?: Partial<Defaults>): string => {
  try {
    read(line, defaults)
  } catch (error) {
    if (error instanceof LineFault) return error.message
    throw error
  }
  throw new Error(`no fault in ${line}`)
}

describe('jsonLines', () => {
  const allProperties: PublishProperties = {
    payloadFormatIndicator: 1,
    messageExpiryInterval: 4_294_967_295,
    topicAlias: 3,
    responseTopic: 'r/ä',
    correlationData: Buffer.from([0, 0xff]),
    userProperties: [
      ['k', 'v'],
      ['__proto__', ''],
      ['k', 'v'],
      ['1', '"\u2028'],
    ],
    subscriptionIdentifiers: [1, 268_435_455],
    contentType: '',
  }

  it.each<[string, MessageParts]>([
    ['plain text', { topic: 'a/b', payload: 'x' }],
    ['an empty payload', { topic: 'a', payload: '' }],
    ['what looks like base64', { payload: 'AP8=' }],
    ['every byte', { payload: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)) }],
    ['every character of ASCII', { payload: Buffer.from(Array.from({ length: 128 }, (_, byte) => byte)) }],
    ['a byte order mark', { topic: '\u{10000}ä', payload: '\ufeffx' }],
    ['separators of lines', { payload: '\u2028\u2029\u0085\r\n' }],
    ['half a character', { payload: Buffer.from([0xed, 0xa0, 0x80]) }],
    ['a long number', { payload: '123456789012345678901234567890' }],
    ['JSON', { payload: '{"topic":"x","payload":"\\u0000"}' }],
    ['quotes in a topic', { topic: 'a"\\b', payload: 'x' }],
    ['QoS 1, retained', { payload: 'x', qos: 1, packetId: 9, retain: true }],
    ['QoS 2, sent again, with a filter', { payload: 'x', qos: 2, packetId: 9, dup: true, filter: 'a/#' }],
    ['all properties', { payload: 'x', properties: allProperties }],
    ['a large payload of text', { payload: 'ä"\n'.repeat(30_000) }],
    ['a large payload of bytes', { payload: Buffer.alloc(100_001, 0xfe) }],
  ])('reads what sub --json prints of %s', (_name, parts) => {
    const { topic = 't', qos = 0, retain = false, payload = '', properties = {} } = parts
    const { topicAlias: _alias, subscriptionIdentifiers: _identifiers, ...published } = properties
    const message = {
      topic,
      qos,
      retain,
      payload: Buffer.from(payload as string).toString('latin1'),
      properties: propertyList(published),
    }
    for (const terminal of [false, true]) {
      const line = Buffer.from(bytesOf(formatJson, parts, { terminal }), 'latin1')
      expect(read(line.subarray(0, -1))).toEqual(message)
    }
  })

  it('reads what sub --json prints of any message', () => {
    const random = new Random(1)
    for (let round = 0; round < 500; round++) {
      const { properties, payload, ...rest } = generateMessage(random, random.pick([0, 1, 2]), random.once(2))
      const line = bytesOf(formatJson, { ...rest, payload, properties })
      expect(read(Buffer.from(line, 'latin1').subarray(0, -1))).toEqual({
        ...rest,
        payload: payload.toString('latin1'),
        properties: propertyList(properties),
      })
    }
  })

  it('takes keys in any order, escaped, with blanks between, and CR at the end', () => {
    const line = ' { "qos" : 1 , "\\u0070ayload" : "x\\/" , "retain" : true , "topic" : "a\\/b" } \r'
    expect(read(line)).toEqual({ topic: 'a/b', payload: 'x/', qos: 1, retain: true, properties: [] })
  })

  it('fills what a line lacks with the defaults, properties one by one', () => {
    const defaults: Defaults = {
      topic: 'd',
      qos: 2,
      retain: true,
      properties: [
        ['content-type', 'c'],
        ['user-property', ['k', '1']],
        ['user-property', ['k', '2']],
      ],
    }
    expect(read('{"payload":"x"}', defaults)).toEqual({ ...defaults, payload: 'x' })
    const nulls = '"topic":null,"qos":null,"retain":null,"properties":null,"encoding":null'
    expect(read(`{"payload":"x",${nulls}}`, defaults)).toEqual({ ...defaults, payload: 'x' })
    const full = '{"topic":"t","payload":"x","qos":0,"retain":false,"properties":{"userProperties":[["l","3"]]}}'
    expect(read(full, defaults)).toEqual({
      topic: 't',
      payload: 'x',
      qos: 0,
      retain: false,
      properties: [
        ['user-property', ['l', '3']],
        ['content-type', 'c'],
      ],
    })
    expect(read('{"payload":"x","properties":{"contentType":null}}', defaults)?.properties).toEqual(defaults.properties)
  })

  it.each([
    [
      '{ "b": [1.0, 1e400], "2": 12345678901234567890, "1": null }',
      '{"b":[1.0,1e400],"2":12345678901234567890,"1":null}',
    ],
    ['[ " x " ]', '[" x "]'],
    ['-0', '-0'],
    ['0.1e-5', '0.1e-5'],
    ['true', 'true'],
    ['null', 'null'],
  ])('publishes the payload %s as JSON that is compact, and else unchanged', (json, payload) => {
    expect(payloadOf(json)).toBe(payload)
  })

  it('has no message for a blank line', () => {
    expect(read('')).toBeUndefined()
    expect(read(' \t\r')).toBeUndefined()
  })

  it('leaves out properties that belong to another connection', () => {
    expect(propertiesOf('{"topicAlias":5,"subscriptionIdentifiers":[1,2]}')).toEqual([])
  })

  it('makes the same header once, and other ones for what differs', () => {
    const made: Head[] = []
    const reader = jsonLines({ ...noDefaults, topic: 'd' }, (head) => {
      made.push(head)
      return made.length
    })
    const headers = [
      '{"topic":"t","payload":"1"}',
      '{"payload":"2","topic":"t","qos":0}',
      '{"topic":"t","payload":"3","qos":1}',
      '{"topic":"t","payload":"4","retain":true}',
      '{"topic":"t","payload":"5","properties":{}}',
      '{"payload":"6"}',
      '{"topic":null,"payload":"7"}',
      '{"topic":"null","payload":"8"}',
      '{"topic":"t","payload":"9"}',
    ].map((line) => reader(Buffer.from(line), 0, line.length)!.header)
    expect(headers).toEqual([1, 1, 2, 3, 4, 5, 6, 7, 1])
    expect(made.map(({ topic }) => topic)).toEqual(['t', 't', 't', 't', 'd', 'd', 'null'])
  })

  it.each<[line: string | Buffer, fault: string]>([
    ['{"topic":"t"}', 'no "payload"'],
    ['{"payload":"x"}', 'no "topic", and none by -t'],
    ['{"topic":null,"payload":"x"}', 'no "topic", and none by -t'],
    ['{"topic":5,"payload":"x"}', '"topic" must be a string, got 5'],
    ['{"topic":"","payload":"x"}', 'the topic is empty'],
    ['{"topic":"a/+","payload":"x"}', 'the topic "a/+" has a wildcard (+ or #)'],
    ['{"topic":"a\\u0000","payload":"x"}', 'the topic "a\\u0000" has a character that no topic has'],
    ['{"topic":"\\ufffe","payload":"x"}', 'the topic "\ufffe" has a character that no topic has'],
    [`{"topic":"${'/'.repeat(201)}","payload":"x"}`, `the topic "${'/'.repeat(60)}…" has more than 200 slashes`],
    [`{"topic":"${'a'.repeat(65_536)}","payload":"x"}`, `the topic "${'a'.repeat(60)}…" is longer than 65535 bytes`],
    [`{"topic":"${'a'.repeat(500_000)}","payload":"x"}`, '"topic" is longer than 393210 bytes'],
    ['{"topic":"\\ud800","payload":"x"}', 'half a surrogate pair (\\ud800), which stands for no character'],
    ['{"topic":"t","payload":"\\ude00"}', 'half a surrogate pair (\\ude00), which stands for no character'],
    ['{"topic":"t","payload":"x","qos":3}', '"qos" must be 0, 1 or 2, got 3'],
    ['{"topic":"t","payload":"x","qos":"1"}', '"qos" must be 0, 1 or 2, got "1"'],
    ['{"topic":"t","payload":"x","qos":-1}', '"qos" must be 0, 1 or 2, got -1'],
    ['{"topic":"t","payload":"x","retain":1}', '"retain" must be true or false, got 1'],
    ['{"topic":"t","payload":"x","encoding":"hex"}', '"encoding" must be "base64", got "hex"'],
    ['{"topic":"t","payload":"x","encoding":"base64"}', '"payload" is not base64'],
    ['{"topic":"t","payload":1,"encoding":"base64"}', '"payload" must be a string, as "encoding" is "base64", got 1'],
    ['{"topic":"t","payload":"x","paylaod":"y"}', 'unknown key "paylaod"; did you mean "payload"?'],
    ['{"topic":"t","payload":"x","tst":"y"}', 'unknown key "tst"'],
    ['{"topic":"t","payload":"x","__proto__":{}}', 'unknown key "__proto__"'],
    [`{"${'k'.repeat(1_000_000)}":1}`, `unknown key "${'k'.repeat(60)}…"`],
    ['{"topic":"t","payload":"x","topic":"u"}', '"topic" twice'],
    ['{"topic":"t","payload":"x","dup":null,"dup":true}', '"dup" twice'],
    ['{"topic":"t","payload":"x","properties":[]}', '"properties" must be an object, got []'],
    ['["t","x"]', 'not a JSON object'],
    [Buffer.from('{"topic":"t","payload":"\xe4"}', 'latin1'), 'not UTF-8'],
  ])('refuses %.70s', (line, fault) => {
    expect(faultOf(line)).toBe(fault)
  })

  it.each([
    ['{"contenttype":"x"}', 'unknown key "contenttype"; did you mean "contentType"?'],
    ['{"contentType":"x","contentType":"x"}', '"contentType" twice'],
    ['{"contentType":5}', '"contentType" must be a string, got 5'],
    ['{"contentType":"\\u0000"}', '"contentType" must be at most 65535 bytes without NUL, got "\\u0000"'],
    ['{"payloadFormatIndicator":2}', '"payloadFormatIndicator" must be a whole number from 0 to 1, got 2'],
    ['{"payloadFormatIndicator":true}', '"payloadFormatIndicator" must be a whole number from 0 to 1, got true'],
    [
      '{"messageExpiryInterval":4294967296}',
      '"messageExpiryInterval" must be a whole number from 0 to 4294967295, got 4294967296',
    ],
    ['{"messageExpiryInterval":1.5}', '"messageExpiryInterval" must be a whole number from 0 to 4294967295, got 1.5'],
    ['{"responseTopic":"a/#"}', '"responseTopic" "a/#" has a wildcard (+ or #)'],
    ['{"responseTopic":""}', '"responseTopic" is empty'],
    ['{"correlationData":"x"}', '"correlationData" must be base64 of at most 65535 bytes, got "x"'],
    ['{"correlationData":[1]}', '"correlationData" must be a string, got [1]'],
    ['{"userProperties":{"a":"b"}}', '"userProperties" must be a list of [name, value], got {"a":"b"}'],
    ['{"userProperties":["a"]}', '"userProperties" must be a list of [name, value], got ["a"]'],
    ['{"userProperties":[["a"]]}', '"userProperties" must be a list of [name, value], got [["a"]]'],
    ['{"userProperties":[["a","b","c"]]}', '"userProperties" must be a list of [name, value], got [["a","b","c"]]'],
    ['{"userProperties":[["a",1]]}', '"userProperties" must be a string, got 1'],
  ])('refuses the properties %s', (json, fault) => {
    expect(faultOf(`{"topic":"t","payload":"","properties":${json}}`)).toBe(fault)
  })

  it('takes correlation data and user properties as long as MQTT has them', () => {
    const data = Buffer.alloc(65_535, 1)
    expect(propertiesOf(`{"correlationData":"${data.toString('base64')}"}`)).toEqual([['correlation-data', data]])
    const text = '\\u00e4'.repeat(32_767)
    expect(propertiesOf(`{"userProperties":[["","${text}"]]}`)).toEqual([['user-property', ['', 'ä'.repeat(32_767)]]])
  })

  it('refuses properties that would fill the memory', () => {
    const many = '["",""],'.repeat(2.2e6)
    expect(faultOf(`{"topic":"t","payload":"","properties":{"userProperties":[${many}["",""]]}}`)).toBe(
      '"properties" is longer than 16777216 bytes',
    )
  })
})
