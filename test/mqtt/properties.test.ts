import { describe, expect, it } from 'vitest'
import { MalformedPacketError } from '../../src/mqtt/malformed.ts'
import {
  decodeProperties,
  encodeBinary,
  encodeProperties,
  encodeVariableByteInteger,
  type PublishProperties,
  propertyList,
  reasonStringOf,
} from '../../src/mqtt/properties.ts'
import { varint, withLength } from '../support/packets.ts'

/** Decodes bytes that lie between others. */
function decode(hex: string): PublishProperties {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex')
  const noise = Buffer.alloc(5, 0x26)
  return decodeProperties(Buffer.concat([noise, bytes, noise]), noise.length, noise.length + bytes.length)
}

const each: [hex: string, properties: PublishProperties][] = [
  ['', {}],
  ['01 00', { payloadFormatIndicator: 0 }],
  ['01 01', { payloadFormatIndicator: 1 }],
  ['02 00000000', { messageExpiryInterval: 0 }],
  ['02 ffffffff', { messageExpiryInterval: 4_294_967_295 }],
  ['03 0000', { contentType: '' }],
  ['03 0002 c3a9', { contentType: 'é' }],
  ['08 0003 612f62', { responseTopic: 'a/b' }],
  ['09 0000', { correlationData: Buffer.alloc(0) }],
  ['09 0003 00ff0a', { correlationData: Buffer.from([0, 255, 10]) }],
  ['0b 01', { subscriptionIdentifiers: [1] }],
  ['0b ffffff7f 0b 8001', { subscriptionIdentifiers: [268_435_455, 128] }],
  ['23 0102', { topicAlias: 258 }],
  ['26 0001 61 0001 62', { userProperties: [['a', 'b']] }],
  ['26 0000 0000', { userProperties: [['', '']] }],
  [
    '26 0001 62 0001 31 26 0001 61 0001 32 26 0001 62 0001 33 26 0001 31 0001 34',
    {
      userProperties: [
        ['b', '1'],
        ['a', '2'],
        ['b', '3'],
        ['1', '4'],
      ],
    },
  ],
  ['26 0009 5f5f70726f746f5f5f 0001 78', { userProperties: [['__proto__', 'x']] }],
]

describe('decodeProperties', () => {
  it.each(each)('reads %j', (hex, properties) => {
    expect(decode(hex)).toEqual(properties)
  })

  it('keeps the order of the sender', () => {
    expect(Object.keys(decode('03 0001 61 26 0001 61 0001 62 01 01 26 0001 63 0001 64'))).toEqual([
      'contentType',
      'userProperties',
      'payloadFormatIndicator',
    ])
  })

  it('copies correlation data, so that it outlives the chunk', () => {
    const bytes = Buffer.from('09000161', 'hex')
    const { correlationData } = decodeProperties(bytes, 0, bytes.length)
    bytes.fill(0)
    expect(correlationData).toEqual(Buffer.from('a'))
  })

  it.each([
    ['01 01 01 01', 'payload format indicator twice in PUBLISH'],
    ['01 00 01 00', 'payload format indicator twice in PUBLISH'],
    ['02 00000001 02 00000001', 'message expiry interval twice in PUBLISH'],
    ['03 0000 03 0000', 'content type twice in PUBLISH'],
    ['08 0001 61 08 0001 61', 'response topic twice in PUBLISH'],
    ['09 0000 09 0000', 'correlation data twice in PUBLISH'],
    ['23 0001 23 0001', 'topic alias twice in PUBLISH'],
    ['0b 00', 'subscription identifier 0'],
    ['0b 80808080 01', 'variable byte integer of more than 4 bytes'],
    ['11 00000001', 'property 0x11 in PUBLISH'],
    ['00', 'property 0x00 in PUBLISH'],
    ['1f 0000', 'property 0x1f in PUBLISH'],
    ['ff', 'property 0xff in PUBLISH'],
    ['03 0001 ff', 'a text that is not UTF-8'],
    ['08 0003 eda080', 'a text that is not UTF-8'],
    ['26 0001 ff 0000', 'a text that is not UTF-8'],
    ['26 0000 0001 c3', 'a text that is not UTF-8'],
    ['03 0003 610062', 'a text with NUL in it'],
    ['26 0000 0001 00', 'a text with NUL in it'],
  ])('refuses %s: %s', (hex, message) => {
    expect(() => decode(hex)).toThrow(new MalformedPacketError(message))
  })

  it.each(each.filter(([hex]) => hex !== ''))('refuses %s cut short', (hex) => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex')
    const behind = Buffer.concat([bytes, Buffer.alloc(9)])
    const whole: number[] = []
    for (let end = 1; end < bytes.length; end++) {
      try {
        decodeProperties(behind, 0, end)
        whole.push(end)
      } catch (error) {
        expect(error).toEqual(new MalformedPacketError('a property runs past the end of its packet'))
      }
    }
    // Only between two properties is nothing missing.
    const count = (decode(hex).userProperties ?? decode(hex).subscriptionIdentifiers ?? [0]).length
    expect(whole).toHaveLength(count - 1)
  })
})

describe('reasonStringOf', () => {
  /** Reads it from bytes that lie between others. */
  function read(bytes: Uint8Array): string | undefined {
    const noise = Buffer.alloc(5, 0x1f)
    return reasonStringOf(Buffer.concat([noise, bytes, noise]), noise.length, noise.length + bytes.length)
  }
  const userProperty = [0x26, 0, 1, 0x6e, 0, 1, 0x76]
  const reasonString = (text: string) => [0x1f, ...encodeBinary(Buffer.from(text))]

  it.each<[name: string, bytes: Uint8Array, text: string | undefined]>([
    ['where even the length is left out', Buffer.alloc(0), undefined],
    ['where there are no properties', withLength([]), undefined],
    ['alone', withLength(reasonString('é')), 'é'],
    ['behind user properties', withLength([...userProperty, ...userProperty, ...reasonString('x')]), 'x'],
    ['before one', withLength([...reasonString('x'), ...userProperty]), 'x'],
    ['of 4000 bytes', withLength(reasonString('x'.repeat(4000))), 'x'.repeat(4000)],
    ['where there are only others', withLength(userProperty), undefined],
  ])('finds it %s', (_name, bytes, text) => {
    expect(read(bytes)).toBe(text)
  })

  it.each<[message: string, bytes: Uint8Array]>([
    ['an acknowledgement with properties longer than the packet', Buffer.from([9, ...reasonString('x')])],
    ['a property runs past the end of its packet', Buffer.from([3, ...reasonString('x')])],
    ['a text that is not UTF-8', withLength([0x1f, 0, 1, 0xff])],
    ['property 0x23 in an acknowledgement', withLength([0x23, 0, 1])],
  ])('refuses %s', (message, bytes) => {
    expect(() => read(bytes)).toThrow(new MalformedPacketError(message))
  })
})

describe('encodeProperties', () => {
  it.each(each)('writes %j', (hex, properties) => {
    const body = Buffer.from(hex.replaceAll(' ', ''), 'hex')
    expect(encodeProperties(propertyList(properties))).toEqual(Buffer.from(withLength(body)))
  })

  it('writes them in the order of their keys, and a length of two bytes', () => {
    const properties: PublishProperties = {
      userProperties: [['n', 'x'.repeat(200)]],
      topicAlias: 1,
      correlationData: Buffer.from('id'),
      contentType: 'text',
    }
    const bytes = encodeProperties(propertyList(properties))
    expect(bytes.readUInt8(0)).toBeGreaterThan(127)
    const read = decodeProperties(bytes, 2, bytes.length)
    expect(read).toEqual(properties)
    expect(Object.keys(read)).toEqual(Object.keys(properties))
  })
})

describe('encodeVariableByteInteger', () => {
  it.each([0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455])('writes %d', (value) => {
    expect([...encodeVariableByteInteger(value)]).toEqual(varint(value))
  })
})

describe('encodeBinary', () => {
  it.each([0, 1, 255, 256, 65_535])('writes %d bytes behind their length', (length) => {
    const bytes = Buffer.alloc(length, 'x')
    const encoded = encodeBinary(bytes)
    expect([encoded.readUInt16BE(0), encoded.subarray(2).equals(bytes)]).toEqual([length, true])
  })
})
