import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { formatJson } from '../../src/formatters/json.ts'
import { OutputBuffer } from '../../src/formatters/output-buffer.ts'
import { MalformedPacketError } from '../../src/mqtt/malformed.ts'
import { type MessageParts, messageOf, textOf } from './message-of.ts'

const NOW = '2026-11-22T02:21:12.345Z'

beforeEach(() => void vi.useFakeTimers({ now: new Date(NOW), toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const plain = { topic: 't', payload: '', qos: 0, retain: false, dup: false, time: NOW }

describe('formatJson', () => {
  it('writes one object a line, its keys always in the same order', () => {
    const parts: MessageParts = {
      topic: 'tock/1',
      payload: 'x',
      qos: 1,
      packetId: 7,
      properties: { contentType: 'text/plain' },
      filter: 'tock/#',
    }
    expect(textOf(formatJson, parts)).toBe(
      '{"topic":"tock/1","payload":"x","qos":1,"retain":false,"dup":false,"mid":7,' +
        `"properties":{"contentType":"text/plain"},"time":"${NOW}","filter":"tock/#"}\n`,
    )
  })

  it.each<[string, MessageParts, object]>([
    ['an empty payload', {}, plain],
    ['text', { payload: 'ä€😀' }, { ...plain, payload: 'ä€😀' }],
    ['quotes and controls', { payload: '{"a":"\\"}\n\0\x1f\x7f' }, { ...plain, payload: '{"a":"\\"}\n\0\x1f\x7f' }],
    ['bytes', { payload: Buffer.from([0xff, 0, 0x22]) }, { ...plain, payload: '/wAi', encoding: 'base64' }],
    ['a topic with a quote', { topic: 'a"b/ä' }, { ...plain, topic: 'a"b/ä' }],
    ['a topic that is not UTF-8', { topic: Buffer.from([0x61, 0xff]) }, { ...plain, topic: 'a\ufffd' }],
    ['retain', { retain: true }, { ...plain, retain: true }],
    ['qos 1', { qos: 1, packetId: 1 }, { ...plain, qos: 1, mid: 1 }],
    ['qos 2 and dup', { qos: 2, dup: true, packetId: 65535 }, { ...plain, qos: 2, dup: true, mid: 65535 }],
    ['the filter', { filter: 'a/"+"/#' }, { ...plain, filter: 'a/"+"/#' }],
    [
      'all properties',
      {
        properties: {
          payloadFormatIndicator: 1,
          messageExpiryInterval: 4294967295,
          topicAlias: 3,
          responseTopic: 'r',
          correlationData: Buffer.from([0, 0xff]),
          userProperties: [
            ['k', 'v'],
            ['k', 'v2'],
            ['1', '"'],
          ],
          subscriptionIdentifiers: [1, 268435455],
          contentType: '',
        },
      },
      {
        ...plain,
        properties: {
          payloadFormatIndicator: 1,
          messageExpiryInterval: 4294967295,
          topicAlias: 3,
          responseTopic: 'r',
          correlationData: 'AP8=',
          userProperties: [
            ['k', 'v'],
            ['k', 'v2'],
            ['1', '"'],
          ],
          subscriptionIdentifiers: [1, 268435455],
          contentType: '',
        },
      },
    ],
  ])('writes %s', (_name, parts, expected) => {
    const line = textOf(formatJson, parts)
    expect(line.indexOf('\n')).toBe(line.length - 1)
    expect(JSON.parse(line)).toEqual(expected)
  })

  it('gives each message its time', () => {
    vi.setSystemTime('2027-01-01T00:00:00.000Z')
    expect(JSON.parse(textOf(formatJson, {})).time).toBe('2027-01-01T00:00:00.000Z')
    vi.setSystemTime('2027-01-01T00:00:00.001Z')
    expect(JSON.parse(textOf(formatJson, {})).time).toBe('2027-01-01T00:00:00.001Z')
  })

  it('stays lossless and valid JSON on a terminal, without a control character', () => {
    const text = 'ä\x1b\x7f\x9b\u202e"\n'
    const parts: MessageParts = { topic: text, payload: text, filter: text, properties: { contentType: text } }
    const line = textOf(formatJson, parts, { terminal: true })
    expect(line.slice(0, -1)).not.toMatch(/[\0-\x1f\x7f-\x9f\u202e]/)
    expect(JSON.parse(line)).toEqual({
      ...plain,
      topic: text,
      payload: text,
      filter: text,
      properties: { contentType: text },
    })
  })

  it('writes nothing of a message whose properties are malformed', () => {
    const out = new OutputBuffer()
    const message = messageOf({ propertyBytes: Buffer.from([0xee]) })
    expect(() => formatJson(message, out)).toThrow(MalformedPacketError)
    expect(out.length).toBe(0)
  })
})
