import { generate, type Packet, type Parser, parser } from 'mqtt-packet'
import { describe, expect, it } from 'vitest'
import { chunkList } from '../../src/mqtt/chunk-list.ts'

const packets: readonly Packet[] = [
  {
    cmd: 'connack',
    sessionPresent: true,
    reasonCode: 0,
    properties: { assignedClientIdentifier: 'ä', maximumPacketSize: 70_000, receiveMaximum: 300, serverKeepAlive: 5 },
  },
  { cmd: 'suback', messageId: 500, granted: [0, 1, 128], properties: { reasonString: 'so' } },
  { cmd: 'pingresp' },
  { cmd: 'publish', topic: 'a/b', payload: Buffer.alloc(300, 'p'), qos: 1, messageId: 7, dup: false, retain: true },
  { cmd: 'disconnect', reasonCode: 141, properties: { userProperties: { a: ['b', 'c'] } } },
]
const bytes = Buffer.concat(packets.map((packet) => generate(packet, { protocolVersion: 5 })))

/** What mqtt-packet reads from chunks of this size, with its own list of them or another. */
function parsed(size: number, list?: unknown): readonly Packet[] {
  const found: Packet[] = []
  const reader = parser({ protocolVersion: 5 }) as Parser & { _list: unknown }
  if (list !== undefined) reader._list = list
  reader.on('packet', (packet) => found.push(packet))
  reader.on('error', (error) => {
    throw error
  })
  for (let at = 0; at < bytes.length; at += size) reader.parse(bytes.subarray(at, at + size))
  return found
}

describe('a list of chunks', () => {
  it.each([1, 2, 3, 7, 50, 301, bytes.length])(
    'has mqtt-packet read what its own list has it read, by %i bytes',
    (size) => {
      const found = parsed(size, chunkList())
      expect(found).toHaveLength(packets.length)
      expect(found).toEqual(parsed(size))
    },
  )

  it('has what was not consumed', () => {
    const list = chunkList()
    for (const text of ['ab', 'cd', '', 'ef']) list.append(Buffer.from(text))
    list.consume(3)
    expect(list.length).toBe(3)
    expect(list.toString('utf8', 0, 3)).toBe('def')
    list.consume(9)
    expect(list.length).toBe(0)
    expect(list.slice(0, 1)).toEqual(Buffer.alloc(0))
  })

  it('has no numbers beyond its end', () => {
    const list = chunkList()
    list.append(Buffer.of(1))
    list.append(Buffer.of(2))
    expect(list.readUInt16BE(0)).toBe(0x102)
    expect(() => list.readUInt8(2)).toThrow(RangeError)
    expect(() => list.readUInt16BE(1)).toThrow(RangeError)
  })
})
