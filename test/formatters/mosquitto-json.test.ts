import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { compileTemplate } from '../../src/formatters/template.ts'
import { type MessageParts, textOf } from './message-of.ts'

beforeEach(() => {
  vi.stubEnv('TZ', 'Europe/Berlin')
  vi.useFakeTimers({ now: new Date('2026-11-22T02:21:12.345Z'), toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

const print = (parts: MessageParts, options = {}) => textOf(compileTemplate('%j'), parts, options)
const rest = (parts: MessageParts, options = {}) => print(parts, options).replace(/"tst":"[^"]*",/, '')

describe('%j', () => {
  it('begins with the local time in microseconds', () => {
    expect(print({})).toMatch(/^\{"tst":"2026-11-22T03:21:12\.345\d{3}\+0100","topic":"t",/)
  })

  it.each<[string, MessageParts, string]>([
    ['an empty payload as null', {}, '{"topic":"t","qos":0,"retain":false,"payloadlen":0,"payload":null}\n'],
    [
      'a retained message',
      { payload: 'x', retain: true },
      '{"topic":"t","qos":0,"retain":true,"payloadlen":1,"payload":"x"}\n',
    ],
    [
      'mid above QoS 0',
      { payload: 'x', qos: 1, packetId: 12 },
      '{"topic":"t","qos":1,"retain":false,"payloadlen":1,"mid":12,"payload":"x"}\n',
    ],
    [
      'controls as cJSON does',
      { payload: '"\\/\b\f\n\r\t\x01\x7fä' },
      '{"topic":"t","qos":0,"retain":false,"payloadlen":12,"payload":"\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7fä"}\n',
    ],
    [
      'NUL, where mosquitto stops',
      { payload: 'a\0b' },
      '{"topic":"t","qos":0,"retain":false,"payloadlen":3,"payload":"a\\u0000b"}\n',
    ],
    [
      'bytes that are not UTF-8 as U+FFFD',
      { payload: Buffer.from([0x61, 0xff, 0x22]) },
      '{"topic":"t","qos":0,"retain":false,"payloadlen":3,"payload":"a\ufffd\\""}\n',
    ],
    [
      'properties in the order of the packet',
      {
        qos: 1,
        properties: {
          userProperties: [
            ['k', 'v'],
            ['10', 'x'],
            ['k', '"'],
            ['__proto__', ''],
          ],
          messageExpiryInterval: 4294967295,
          correlationData: Buffer.from('c\0\xff', 'latin1'),
          payloadFormatIndicator: 1,
          contentType: 'text/plain',
          responseTopic: 'r',
          topicAlias: 5,
        },
      },
      '{"topic":"t","qos":1,"retain":false,"payloadlen":0,"mid":1,"properties":{' +
        '"user-properties":[{"k":"v"},{"10":"x"},{"k":"\\""},{"__proto__":""}],"message-expiry-interval":4294967295,' +
        '"correlation-data":"c\\u0000\ufffd","payload-format-indicator":1,"content-type":"text/plain",' +
        '"response-topic":"r","topic-alias":5},"payload":null}\n',
    ],
    [
      'each subscription identifier',
      { properties: { subscriptionIdentifiers: [3, 4] } },
      '{"topic":"t","qos":0,"retain":false,"payloadlen":0,' +
        '"properties":{"subscription-identifier":3,"subscription-identifier":4},"payload":null}\n',
    ],
  ])('prints %s', (_name, parts, expected) => {
    expect(rest(parts)).toBe(expected)
  })

  it('escapes what a terminal may act on', () => {
    const parts = { topic: 'a\x7f', payload: '\x9b\u202e', properties: { contentType: '\x9b' } }
    expect(rest(parts, { terminal: true })).toBe(
      '{"topic":"a\\u007f","qos":0,"retain":false,"payloadlen":5,' +
        '"properties":{"content-type":"\\u009b"},"payload":"\\u009b\\u202e"}\n',
    )
  })
})

describe('%J', () => {
  const printParsed = (parts: MessageParts, options = {}) =>
    textOf(compileTemplate('%J'), parts, options).replace(/"tst":"[^"]*",/, '')

  it('differs from %j in the payload alone', () => {
    const parts: MessageParts = { payload: '1', qos: 2, retain: true, properties: { contentType: 'c' } }
    expect(textOf(compileTemplate('%J'), parts).replace(/(?<=\d{3})\d{3}\+/, '+')).toBe(
      '{"tst":"2026-11-22T03:21:12.345+0100","topic":"t","qos":2,"retain":true,"payloadlen":1,"mid":1,' +
        '"properties":{"content-type":"c"},"payload":1}\n',
    )
  })

  it.each<[string, MessageParts, string]>([
    ['an empty payload as null', {}, '{"topic":"t","qos":0,"retain":false,"payloadlen":0,"payload":null}\n'],
    [
      'the payload as cJSON prints it',
      { payload: ' {"b": 1.0, "a": ["\\u00e4"]} ' },
      '{"topic":"t","qos":0,"retain":false,"payloadlen":29,"payload":{"b":1,"a":["ä"]}}\n',
    ],
    ['an empty line for what is not JSON', { payload: '{"a":[1,2' }, '\n'],
    ['an empty line for JSON with a NUL behind it', { payload: '1\0' }, '\n'],
  ])('prints %s', (_name, parts, expected) => {
    expect(printParsed(parts)).toBe(expected)
  })

  it('goes on with the format after a payload that is not JSON', () => {
    expect(textOf(compileTemplate('%q [%J] %p'), { payload: '{"a"' })).toBe('0 [] {"a"\n')
  })
})

describe('--pretty', () => {
  it.each([
    ['%j', '"{\\"a\\":[]}"'],
    ['%J', '{\n\t\t"a":\t[]\n\t}'],
  ])('has %s over several lines', (format, payload) => {
    const parts: MessageParts = {
      payload: '{"a":[]}',
      properties: { userProperties: [['k', 'v']], contentType: 'c' },
    }
    const text = textOf(compileTemplate(`%q${format}|`, { pretty: true }), parts)
    expect(text.replace(/"tst":\t"[^"]*"/, '"tst":\t""')).toBe(
      '0{\n\t"tst":\t"",\n\t"topic":\t"t",\n\t"qos":\t0,\n\t"retain":\tfalse,\n\t"payloadlen":\t8,\n\t"properties":\t{\n' +
        `\t\t"user-properties":\t[{\n\t\t\t\t"k":\t"v"\n\t\t\t}],\n\t\t"content-type":\t"c"\n\t},\n\t"payload":\t${payload}\n}|\n`,
    )
  })

  it('has an empty line for what is not JSON', () => {
    expect(textOf(compileTemplate('%J', { pretty: true }), { payload: '{' })).toBe('\n')
  })
})
