import { describe, expect, it } from 'vitest'
import { MalformedPacketError } from '../../src/mqtt/malformed.ts'
import type { Message } from '../../src/mqtt/message.ts'
import {
  ACK_SIZE,
  decodePublish,
  encodeAck,
  encodePublish,
  FirstByte,
  publishSize,
  TopicAliases,
} from '../../src/mqtt/packets.ts'
import { publishHeader } from '../../src/mqtt/publish-header.ts'
import {
  ack,
  firstPacket,
  lengthPrefixed,
  type Publish,
  publishPacket,
  readPublish,
  uint16,
  withLength,
} from '../support/packets.ts'

/** Decodes one whole packet that lies in the middle of other bytes. */
function decode(packet: Buffer, aliases?: TopicAliases): Message {
  const noise = Buffer.alloc(7, 0xff)
  const bytes = Buffer.concat([noise, packet, noise])
  const { body } = firstPacket(packet)!
  const end = noise.length + packet.length
  return decodePublish(packet[0]!, bytes, end - body.length, end, aliases)
}

/** Decodes a variable header and payload at this QoS. */
function decodeBody(qos: number, aliases: TopicAliases | undefined, ...parts: readonly (Uint8Array | number[])[]) {
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)))
  return decodePublish(0x30 | (qos << 1), Buffer.concat([bytes, Buffer.alloc(9)]), 0, bytes.length, aliases)
}

function fieldsOf(message: Message) {
  const { topic, payload, qos, dup, retain, packetId, payloadLength } = message
  return { topic, payload: payload.toString('latin1'), qos, dup, retain, packetId, payloadLength }
}

const alias = (value: number) => [0x23, value >> 8, value & 0xff]
const topic = lengthPrefixed('a/b')
const id = uint16(1)

describe('decodePublish', () => {
  it.each<[name: string, publish: Partial<Publish>]>([
    ['at QoS 0', { payload: 'hello' }],
    ['without payload', {}],
    ['at QoS 1', { qos: 1, packetId: 1, payload: 'x' }],
    ['at QoS 2 with the largest packet identifier', { qos: 2, packetId: 65_535 }],
    ['with DUP and RETAIN', { qos: 1, packetId: 258, dup: true, retain: true }],
    ['with binary payload', { payload: Buffer.from([0, 255, 10, 0x30]) }],
    ['with a topic of other scripts', { topic: 'ä/日本/😀' }],
    ['with the longest topic', { topic: 'x'.repeat(65_535) }],
    ['of two bytes of length', { payload: Buffer.alloc(200, 1) }],
  ])('reads a message %s, before and in MQTT 5', (_name, publish) => {
    const fields = { topic: 'a/b', payload: '', qos: 0, dup: false, retain: false, packetId: 0, ...publish }
    const payload = Buffer.from(fields.payload as Uint8Array)
    const expected = { ...fields, payload: payload.toString('latin1'), payloadLength: payload.length }
    const properties = Buffer.from([0x26, 0, 1, 0x6e, 0, 1, 0x76])
    expect(fieldsOf(decode(publishPacket(fields)))).toEqual(expected)
    for (const each of [Buffer.alloc(0), properties]) {
      for (const maximum of [0, 10]) {
        const packet = publishPacket({ ...fields, properties: each })
        expect(fieldsOf(decode(packet, new TopicAliases(maximum)))).toEqual(expected)
      }
    }
  })

  it('gives access to the properties', () => {
    const properties = Buffer.from([0x01, 1, 0x26, 0, 1, 0x6e, 0, 1, 0x76])
    const message = decode(publishPacket({ topic: 't', payload: 'x', properties }), new TopicAliases(0))
    expect(message.properties).toEqual({ payloadFormatIndicator: 1, userProperties: [['n', 'v']] })
  })

  it('has no properties before MQTT 5', () => {
    expect(decode(publishPacket({ topic: 't', payload: Buffer.from([1, 2]) })).properties).toEqual({})
  })

  it('copies neither topic nor payload', () => {
    const packet = publishPacket({ topic: 't', payload: 'abc' })
    const message = decodePublish(packet[0]!, packet, 2, packet.length, undefined)
    packet[4] = 'T'.charCodeAt(0)
    packet[5] = 'A'.charCodeAt(0)
    expect([message.topic, message.payload.toString()]).toEqual(['t'.toUpperCase(), 'Abc'])
  })

  it.each([4, 5, 6, 9, 12, 20, 33, 60, 70])('reads one that came in pieces, the first of %d bytes', (length) => {
    for (const aliases of [undefined, new TopicAliases(9)]) {
      const properties = aliases && Buffer.from([0x03, 0, 20, ...Buffer.from('x'.repeat(20)), ...alias(3)])
      const packet = publishPacket({ topic: 'a/topic', payload: 'y'.repeat(200), qos: 1, packetId: 7, properties })
      const start = 3
      const [first, ...rest] = [packet.subarray(0, length), packet.subarray(length, 100), packet.subarray(100)]
      const message = decodePublish(first![0]!, first!, start, packet.length, aliases, rest)
      expect(message).toMatchObject({ topic: 'a/topic', packetId: 7, qos: 1, payloadLength: 200 })
      expect(message.properties.contentType).toBe(aliases && 'x'.repeat(20))
      expect(Buffer.concat(message.payloadPieces).toString()).toBe('y'.repeat(200))
      expect(message.payload.toString()).toBe('y'.repeat(200))
      expect(message.payloadPieces).toHaveLength(1)
    }
  })

  const none = new TopicAliases(0)
  it.each<[message: string, aliases: TopicAliases | undefined, qos: number, parts: (Uint8Array | number[])[]]>([
    ['PUBLISH with QoS 3', undefined, 3, [topic, id]],
    ['PUBLISH without topic', undefined, 0, []],
    ['PUBLISH without topic', undefined, 0, [[0]]],
    ['PUBLISH with a topic longer than the packet', undefined, 0, [[0, 4], Buffer.from('abc')]],
    ['PUBLISH with a topic longer than the packet', undefined, 0, [[255, 255]]],
    ['PUBLISH with a wildcard in its topic', undefined, 0, [lengthPrefixed('a/+')]],
    ['PUBLISH with a wildcard in its topic', undefined, 0, [lengthPrefixed('#')]],
    ['PUBLISH with NUL in its topic', undefined, 0, [lengthPrefixed('a\0')]],
    ['PUBLISH with a topic that is not UTF-8', undefined, 0, [lengthPrefixed(Buffer.from([0x61, 0xff]))]],
    ['PUBLISH with a topic that is not UTF-8', undefined, 0, [lengthPrefixed(Buffer.from([0xed, 0xa0, 0x80]))]],
    ['PUBLISH with an empty topic', undefined, 0, [[0, 0]]],
    ['PUBLISH without packet identifier', undefined, 1, [topic]],
    ['PUBLISH without packet identifier', undefined, 2, [topic, [1]]],
    ['PUBLISH with packet identifier 0', undefined, 1, [topic, [0, 0]]],
    ['PUBLISH with a malformed property length', none, 0, [topic]],
    ['PUBLISH with a malformed property length', none, 1, [topic, id]],
    ['PUBLISH with a malformed property length', none, 0, [topic, [0x80]]],
    ['PUBLISH with a malformed property length', none, 0, [topic, [0x80, 0x80, 0x80, 0x80, 0]]],
    ['PUBLISH with properties longer than the packet', none, 0, [topic, [1]]],
    ['PUBLISH with properties longer than the packet', none, 0, [topic, [0xff, 0xff, 0xff, 0x7f]]],
    ['PUBLISH with neither topic nor topic alias', none, 0, [[0, 0], [0]]],
    ['PUBLISH with neither topic nor topic alias', new TopicAliases(9), 0, [[0, 0], withLength([0x01, 1])]],
    ['PUBLISH with topic alias 1, which is out of range', none, 0, [[0, 0], withLength(alias(1))]],
    ['PUBLISH with topic alias 0, which is out of range', new TopicAliases(9), 0, [topic, withLength(alias(0))]],
    ['PUBLISH with topic alias 10, which is out of range', new TopicAliases(9), 0, [topic, withLength(alias(10))]],
    ['PUBLISH with topic alias 3, which has no topic yet', new TopicAliases(9), 0, [[0, 0], withLength(alias(3))]],
  ])('refuses a %s', (message, aliases, qos, parts) => {
    expect(() => decodeBody(qos, aliases, ...parts)).toThrow(new MalformedPacketError(message))
  })

  it('refuses every packet cut short, and never looks behind its end', () => {
    const properties = Buffer.from([...alias(1), 0x26, 0, 1, 0x6e, 0, 1, 0x76])
    const packet = publishPacket({ topic: 'topic', qos: 1, packetId: 7, properties })
    for (let end = 2; end < packet.length; end++) {
      expect(() => decodePublish(packet[0]!, packet, 2, end, new TopicAliases(9))).toThrow(MalformedPacketError)
    }
  })
})

describe('topic aliases', () => {
  const publish = (topicName: string, number: number, payload = 'x') =>
    publishPacket({ topic: topicName, payload, properties: Buffer.from(alias(number)) })

  it('stand for the topic they were set to last', () => {
    const aliases = new TopicAliases(2)
    const topics = [
      publish('one', 1),
      publish('two', 2),
      publish('', 1),
      publish('', 2),
      publish('new', 1),
      publish('', 1),
    ]
    expect(topics.map((packet) => decode(packet, aliases).topic)).toEqual(['one', 'two', 'one', 'two', 'new', 'new'])
  })

  it('outlive the bytes that set them', () => {
    const aliases = new TopicAliases(1)
    const packet = publish('abc', 1)
    decodePublish(packet[0]!, packet, 2, packet.length, aliases)
    packet.fill(0x78)
    const message = decode(publish('', 1, 'payload'), aliases)
    expect([message.topic, message.payload.toString()]).toEqual(['abc', 'payload'])
  })
})

describe('encodePublish', () => {
  const payloadLengths = [0, 1, 31, 32, 33, 100, 127, 128, 16_000, 16_383, 16_384, 2_097_151, 2_097_152]

  it.each<[version: 3 | 4 | 5, qos: 0 | 1 | 2, retain: boolean]>([
    [4, 0, false],
    [3, 1, true],
    [4, 2, false],
    [5, 0, true],
    [5, 1, false],
  ])('writes what its reader reads, version %d, QoS %d, retain %s', (version, qos, retain) => {
    const properties = [
      ['content-type', 'text/plain'],
      ['user-property', ['a', 'b']],
    ] as const
    for (const topicName of ['a', 'x'.repeat(31), 'x'.repeat(40), 'é/😀']) {
      const header = publishHeader(version, { topic: topicName, qos, retain, properties })
      for (const length of payloadLengths) {
        const payload = Buffer.alloc(length + 2, 'payload')
        const size = publishSize(header, length)
        const out = Buffer.alloc(size + 4, 0xee)
        const end = encodePublish(header, 0x1234, payload, 1, length + 1, out, 2)
        expect(end).toBe(size + 2)
        expect([out[0], out[1], out[size + 2], out[size + 3]]).toEqual([0xee, 0xee, 0xee, 0xee])
        const read = readPublish(firstPacket(out.subarray(2, end))!, version)
        expect(read.payload.equals(payload.subarray(1, length + 1))).toBe(true)
        expect({ ...read, payload: undefined }).toEqual({
          topic: topicName,
          payload: undefined,
          qos,
          dup: false,
          retain,
          packetId: qos > 0 ? 0x1234 : undefined,
          properties: version === 5 ? Buffer.from('\x03\x00\x0atext/plain\x26\x00\x01a\x00\x01b', 'latin1') : undefined,
        })
      }
    }
  })

  it('writes an empty property list in MQTT 5', () => {
    const header = publishHeader(5, { topic: 't', qos: 0, retain: false })
    const out = Buffer.alloc(publishSize(header, 1))
    encodePublish(header, 0, Buffer.from('x'), 0, 1, out, 0)
    expect(out.toString('hex')).toBe('300500017400' + '78')
  })

  it.each([
    [127, 1],
    [128, 2],
    [16_383, 2],
    [16_384, 3],
    [2_097_151, 3],
    [2_097_152, 4],
    [268_435_455, 4],
  ])('knows that a Remaining Length of %d takes %d bytes', (remaining, length) => {
    const header = publishHeader(4, { topic: 'abc', qos: 1, retain: false })
    expect(publishSize(header, remaining - lengthPrefixed('abc').length - id.length)).toBe(1 + length + remaining)
  })
})

describe('encodeAck', () => {
  it.each(['PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP'] as const)('writes %s', (type) => {
    for (const packetId of [1, 255, 256, 65_535]) {
      const out = Buffer.alloc(ACK_SIZE + 2, 0xee)
      expect(encodeAck(FirstByte[type], packetId, out, 1)).toBe(ACK_SIZE + 1)
      expect(out).toEqual(Buffer.concat([Buffer.of(0xee), ack(type, packetId), Buffer.of(0xee)]))
    }
  })
})
