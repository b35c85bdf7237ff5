import { describe, expect, it } from 'vitest'
import { ack, firstPacket, type Publish, publishPacket, readPublish, varint } from './packets.ts'

describe('varint', () => {
  it.each([
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [16_383, 'ff7f'],
    [16_384, '808001'],
    [268_435_455, 'ffffff7f'],
  ])('encodes %d', (value, hex) => {
    expect(Buffer.from(varint(value)).toString('hex')).toBe(hex)
  })
})

describe('ack', () => {
  it.each([
    [ack('PUBACK', 0x1234), '40021234'],
    [ack('PUBREL', 1), '62020001'],
    [ack('PUBREC', 1, 0x97), '5003000197'],
  ])('encodes %#', (bytes, hex) => {
    expect(bytes.toString('hex')).toBe(hex)
  })
})

describe('publishPacket', () => {
  const publish: Publish = {
    topic: 'a/é',
    payload: Buffer.from([0, 255]),
    qos: 0,
    dup: false,
    retain: false,
    packetId: undefined,
    properties: undefined,
  }
  it.each<[number, Publish]>([
    [4, publish],
    [4, { ...publish, qos: 2, packetId: 700, dup: true, retain: true }],
    [5, { ...publish, properties: Buffer.alloc(0) }],
    [5, { ...publish, qos: 1, packetId: 1, properties: Buffer.from([0x01, 0x01]) }],
    [4, { ...publish, payload: Buffer.alloc(20_000, 1) }],
  ])('is read back, MQTT level %d, %#', (version, fields) => {
    expect(readPublish(firstPacket(publishPacket(fields))!, version)).toEqual(fields)
  })
})

describe('firstPacket', () => {
  const bytes = publishPacket({ topic: 't', payload: Buffer.alloc(130) })

  it('waits for the last byte', () => {
    for (let length = 0; length < bytes.length; length++) expect(firstPacket(bytes.subarray(0, length))).toBeUndefined()
  })

  it('leaves what follows', () => {
    expect(firstPacket(Buffer.concat([bytes, bytes]))?.bytes).toEqual(bytes)
  })
})
