import { describe, expect, it } from 'vitest'
import { MalformedPacketError } from '../../src/mqtt/malformed.ts'
import { PacketSplitter } from '../../src/mqtt/splitter.ts'
import { ack, firstPacket, packet, publishPacket, varint } from '../support/packets.ts'

/** A splitter that collects what it visits, as hex of whole packet and body. */
function collecting(more: (count: number) => boolean = () => true, maxPacketSize?: number) {
  const packets: string[] = []
  const splitter = new PacketSplitter((first, packetStart, start, end, rest) => {
    const bytes = Buffer.concat([first, ...rest])
    packets.push(`${bytes.toString('hex', packetStart, end)} ${bytes.toString('hex', start, end)}`)
    return more(packets.length)
  }, maxPacketSize)
  return { packets, splitter }
}

function shown(bytes: Buffer): string {
  return `${bytes.toString('hex')} ${firstPacket(bytes)!.body.toString('hex')}`
}

/** The start of a packet that announces this Remaining Length. */
function header(remainingLength: number): Buffer {
  return Buffer.from([0x30, ...varint(remainingLength)])
}

/** Whole numbers from 0 below `limit`, the same in every run (mulberry32). */
function generator(seed: number): (limit: number) => number {
  return (limit) => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

const sent = [
  packet('PINGRESP', 0),
  publishPacket({ topic: 'a', payload: 'x' }),
  publishPacket({ topic: 'topic', payload: Buffer.alloc(120, 0x80) }),
  ack('PUBACK', 0x8080),
  publishPacket({ topic: 'a/b', payload: Buffer.alloc(127, 0xff), qos: 1 }),
  publishPacket({ topic: 't', payload: Buffer.alloc(20_000, 7) }),
  packet('PINGRESP', 0),
  packet('PINGRESP', 0),
  publishPacket({ topic: 't', payload: Buffer.alloc(5000, 0x30) }),
  publishPacket({ topic: 't', payload: Buffer.alloc(100_000, 0x41) }),
  ack('PUBREL', 1),
]
const stream = Buffer.concat(sent)
const expected = sent.map(shown)

describe('PacketSplitter', () => {
  it('finds several packets in one chunk', () => {
    const { packets, splitter } = collecting()
    splitter.push(stream)
    expect(packets).toEqual(expected)
  })

  it('finds packets that come byte by byte', () => {
    const { packets, splitter } = collecting()
    for (let at = 0; at < stream.length; at++) splitter.push(stream.subarray(at, at + 1))
    expect(packets).toEqual(expected)
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('finds packets however the stream is cut, generator %d', (seed) => {
    const random = generator(seed)
    for (let run = 0; run < 50; run++) {
      const { packets, splitter } = collecting()
      const longest = [3, 10, 200, 3000, 20_000][random(5)]!
      for (let at = 0; at < stream.length; ) {
        const end = Math.min(stream.length, at + random(longest + 1))
        // A socket may use its memory again.
        const chunk = Buffer.from(stream.subarray(at, end))
        splitter.push(chunk)
        at = end
      }
      expect(packets).toEqual(expected)
    }
  })

  it.each([1, 2, 3, 4, 5, 6])('visits a packet whose %d first bytes came before the rest', (length) => {
    const large = publishPacket({ topic: 'topic', payload: Buffer.alloc(2_100_000, 1) })
    expect(large.length).toBeGreaterThan(2_097_152 + 5)
    let found: Buffer | undefined
    const splitter = new PacketSplitter((bytes, packetStart, _start, end, rest) => {
      found = Buffer.concat([bytes, ...rest]).subarray(packetStart, end)
      return true
    })
    splitter.push(large.subarray(0, length))
    expect(found).toBeUndefined()
    splitter.push(large.subarray(length))
    expect(found?.equals(large)).toBe(true)
  })

  it('tells where a packet starts that was spread over many chunks', () => {
    const large = publishPacket({ topic: 't', payload: Buffer.alloc(100_000, 2) })
    const { packets, splitter } = collecting()
    for (let at = 0; at < large.length; at += 1460) splitter.push(large.subarray(at, at + 1460))
    expect(packets).toEqual([shown(large)])
  })

  it('copies no packet that came in one piece', () => {
    const chunk = Buffer.concat([sent[0]!, sent[1]!])
    const visited: Buffer[] = []
    const splitter = new PacketSplitter((bytes) => {
      visited.push(bytes)
      return true
    })
    splitter.push(chunk)
    expect(visited).toHaveLength(2)
    expect(visited.every((bytes) => bytes.buffer === chunk.buffer)).toBe(true)
  })

  it('leaves a large packet in the pieces in which it came, and copies small chunks together', () => {
    const large = publishPacket({ topic: 't', payload: Buffer.alloc(300_000, 2) })
    const visited: (readonly Buffer[])[] = []
    const splitter = new PacketSplitter((bytes, _packetStart, _start, _end, rest) => {
      visited.push([bytes, ...rest])
      return true
    })
    const cuts = [0, 70_000, 135_000, 135_001, 136_000, 200_000, large.length]
    const chunks = cuts.slice(1).map((end, at) => large.subarray(cuts[at], end))
    for (const chunk of chunks) splitter.push(chunk)
    const [pieces] = visited
    expect(pieces!.map((piece) => piece.length)).toEqual([70_000, 65_000, 1000, 64_000, large.length - 200_000])
    expect(pieces!.map((piece) => piece.buffer === large.buffer)).toEqual([true, true, false, true, true])
    expect(Buffer.concat(pieces!).equals(large)).toBe(true)
  })

  it('takes empty chunks for nothing', () => {
    const { packets, splitter } = collecting()
    for (const part of [stream.subarray(0, 1), stream.subarray(1, 10), stream.subarray(10)]) {
      splitter.push(Buffer.alloc(0))
      splitter.push(part)
      splitter.push(Buffer.alloc(0))
    }
    expect(packets).toEqual(expected)
  })

  it.each([
    ['in one chunk', [[0x30, 0x80, 0x80, 0x80, 0x80, 0x01]]],
    ['however large they are', [[0x30, 0xff, 0xff, 0xff, 0xff]]],
    ['even without meaning', [[0x30, 0x80, 0x80, 0x80, 0x80]]],
    [
      'over two chunks',
      [
        [0x30, 0x80, 0x80],
        [0x80, 0x80],
      ],
    ],
    ['byte by byte', [[0x30], [0x80], [0x80], [0x80], [0x80]]],
  ])('refuses a Remaining Length of 5 bytes %s', (_name, chunks) => {
    const { packets, splitter } = collecting()
    expect(() => {
      for (const chunk of chunks) splitter.push(Buffer.from(chunk))
    }).toThrow(new MalformedPacketError('a Remaining Length of more than 4 bytes'))
    expect(packets).toEqual([])
  })

  it('accepts the largest Remaining Length', () => {
    const { splitter } = collecting()
    expect(() => splitter.push(header(268_435_455))).not.toThrow()
  })

  it('refuses a packet above the size limit by its header, not one that just fits', () => {
    const { packets, splitter } = collecting(undefined, 100)
    const fitting = publishPacket({ topic: 't', payload: Buffer.alloc(95) })
    expect(fitting).toHaveLength(100)
    splitter.push(fitting)
    expect(packets).toEqual([shown(fitting)])
    expect(() => splitter.push(header(99))).toThrow(
      new MalformedPacketError('a packet of 101 bytes, more than the 100 allowed'),
    )
  })

  it('refuses it also when its header comes in two', () => {
    const { splitter } = collecting(undefined, 100)
    splitter.push(header(200).subarray(0, 2))
    expect(() => splitter.push(header(200).subarray(2))).toThrow(MalformedPacketError)
  })

  it('takes memory for what has come, not for what was announced', () => {
    const { packets, splitter } = collecting()
    const before = process.memoryUsage().arrayBuffers
    splitter.push(header(268_435_455))
    for (let count = 0; count < 100; count++) splitter.push(Buffer.alloc(1000))
    for (let count = 0; count < 100_000; count++) splitter.push(Buffer.alloc(1))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2_000_000)
    expect(packets).toEqual([])
  })

  describe('when the visitor asks to stop', () => {
    it('visits nothing more until it is resumed, then everything', () => {
      const { packets, splitter } = collecting((count) => count !== 3)
      splitter.push(stream)
      splitter.push(stream)
      expect(packets).toEqual(expected.slice(0, 3))
      splitter.resume()
      expect(packets).toEqual([...expected, ...expected])
      splitter.push(stream)
      expect(packets).toHaveLength(3 * expected.length)
    })

    it.each([1, 7, 1000])('after every packet, loses nothing in chunks of %d bytes', (size) => {
      const { packets, splitter } = collecting(() => false)
      for (let at = 0; at < stream.length; at += size) splitter.push(stream.subarray(at, at + size))
      for (let count = 1; count <= expected.length; count++) {
        expect(packets).toEqual(expected.slice(0, count))
        splitter.resume()
      }
      expect(packets).toEqual(expected)
    })

    it('stops behind a packet that came in pieces', () => {
      const { packets, splitter } = collecting(() => false)
      const [first, second] = [sent[2]!, sent[3]!]
      splitter.push(first.subarray(0, 50))
      splitter.push(Buffer.concat([first.subarray(50), second]))
      expect(packets).toEqual([shown(first)])
      splitter.resume()
      expect(packets).toEqual([shown(first), shown(second)])
    })

    it('takes resume for nothing when it was not stopped', () => {
      const { packets, splitter } = collecting()
      splitter.resume()
      splitter.push(stream.subarray(0, 3))
      splitter.resume()
      splitter.push(stream.subarray(3))
      expect(packets).toEqual(expected)
    })
  })
})
