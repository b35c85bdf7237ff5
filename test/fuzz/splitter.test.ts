import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { PacketSplitter } from '../../src/mqtt/splitter.ts'
import { packet, varint } from '../support/packets.ts'
import { unlessMalformed } from './agreement.ts'
import { fuzz } from './campaign.ts'
import { chunksOf, cuts, mutate, mutations } from './mutations.ts'
import { framesOf } from './reference.ts'
import { conversations } from './valid.ts'

describe('PacketSplitter', () => {
  /** Large enough to be left in pieces, which small ones never are. */
  const large = fc.integer({ min: 60_000, max: 150_000 }).map((size) => packet('PUBLISH', 0, Buffer.alloc(size, size)))
  const rarelyLarge = fc.oneof(
    { weight: 30, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: large.map((one) => [one]) },
  )

  fuzz(
    'finds the packets of a mutated stream, however it is cut',
    {
      name: 'splitter',
      unit: 'packets',
      runs: 500,
      share: 0.1,
      values: fc.record({
        packets: fc.tuple(conversations(5), rarelyLarge).map((both) => both.flat()),
        changes: fc.array(mutations, { minLength: 1, maxLength: 12 }),
        cuts,
        maxPacketSize: fc.constantFrom(70, 100_000, undefined),
        /** After how many packets it is told to stop, time and again. */
        stopsAfter: fc.constantFrom(1, 3, 100),
      }),
    },
    ({ packets, changes, cuts, maxPacketSize, stopsAfter }) => {
      const { packets: changed, mutated } = mutate(packets, changes)
      const bytes = Buffer.concat(changed)
      const found: Buffer[] = []
      const splitter = new PacketSplitter((first, packetStart, start, end, rest) => {
        const whole = Buffer.concat([first, ...rest])
        assert.ok(packetStart < start && start <= end && end <= whole.length)
        found.push(Buffer.from(whole.subarray(packetStart, end)))
        return found.length % stopsAfter !== 0
      }, maxPacketSize)
      const isRead = unlessMalformed(() => {
        for (const chunk of chunksOf(bytes, cuts)) {
          splitter.push(chunk)
          for (let before = -1; before < found.length; splitter.resume()) before = found.length
        }
        return true
      })
      const { frames, end } = framesOf(bytes, maxPacketSize)
      assert.equal(isRead === undefined, end === 'malformed')
      assert.equal(found.length, frames.length)
      for (const [at, each] of found.entries()) assert.ok(each.equals(frames[at]!.bytes))
      return mutated
    },
  )

  it('holds no more than has come of packets that are announced and never sent', () => {
    const before = process.memoryUsage().arrayBuffers
    const splitters = Array.from({ length: 1000 }, () => {
      const splitter = new PacketSplitter(() => true)
      splitter.push(Buffer.from([0x30, ...varint(268_435_455)]))
      for (let byte = 0; byte < 20; byte++) splitter.push(Buffer.of(byte))
      return splitter
    })
    assert.ok(process.memoryUsage().arrayBuffers - before <= splitters.length * 65_536 + 1_000_000)
  })

  it('refuses a packet above the limit by its first bytes', () => {
    const splitter = new PacketSplitter(() => true, 1000)
    assert.throws(() => splitter.push(Buffer.from([0x30, ...varint(998)])), /a packet of 1001 bytes/)
  })
})
