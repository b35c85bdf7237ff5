import fc from 'fast-check'
import { varint } from '../support/packets.ts'

/** One change of one packet; numbers are taken modulo what there is. */
export interface Mutation {
  readonly kind: (typeof kinds)[number]
  readonly packet: number
  readonly at: number
  readonly value: number
  /** Whether the Remaining Length is made right again, so that the change is looked at where it stands. */
  readonly reframed: boolean
}

const kinds = [
  'flip',
  'set',
  'insert',
  'remove',
  'cut off',
  'splice',
  'length',
  'duplicate',
  'drop',
  'swap',
  'noise',
] as const

/** Bytes at which readers go wrong. */
const EDGES = [0x00, 0x01, 0x7f, 0x80, 0xc0, 0xed, 0xff]

/** A Remaining Length: too small, too large, a bomb, and without end. */
const LENGTHS: readonly (readonly number[])[] = [
  [0],
  [1],
  [127],
  varint(128),
  varint(16_384),
  varint(268_435_455),
  [0x80, 0x00],
  [0xff, 0xff, 0xff, 0xff],
]

export const mutations: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom(...kinds),
  packet: fc.nat(0xffff),
  at: fc.nat(0xffff),
  value: fc.nat(0xffff),
  reframed: fc.boolean(),
})

/** Packets after the mutations, one after another, and how many of them are not what they were. */
export function mutate(
  packets: readonly Buffer[],
  changes: readonly Mutation[],
): { readonly packets: readonly Buffer[]; readonly mutated: number } {
  const all = [...packets]
  const touched = new Set<Buffer>()
  let dropped = 0
  for (const change of changes) {
    if (all.length === 0) break
    const index = change.packet % all.length
    const other = change.value % all.length
    const before = all[index]!
    if (change.kind === 'drop') {
      all.splice(index, 1)
      dropped++
      continue
    }
    touched.delete(before)
    if (change.kind === 'swap') {
      all[index] = all[other]!
      all[other] = before
    } else if (change.kind === 'duplicate') {
      all.splice(other, 0, Buffer.from(before))
    } else {
      all[index] = mutateOne(before, change, all[other]!)
    }
    touched.add(all[index]!)
  }
  return { packets: all, mutated: touched.size + dropped }
}

/** A packet after one mutation of its own. @param other to take an end from. */
export function mutateOne(packet: Buffer, change: Mutation, other: Buffer): Buffer {
  const { kind, value } = change
  const start = bodyStart(packet)
  if (kind === 'length') {
    return Buffer.concat([packet.subarray(0, 1), Buffer.from(LENGTHS[value % LENGTHS.length]!), packet.subarray(start)])
  }
  // What is framed again is changed behind its length, or in its first byte.
  const at = change.at % (packet.length + 1)
  const first = change.reframed && at === 0
  const target = change.reframed && !first ? packet.subarray(start) : packet
  const place = first ? 0 : change.at % (target.length + 1)
  const changed = changeBytes(target, { ...change, at: place }, other)
  return change.reframed && !first
    ? Buffer.concat([packet.subarray(0, 1), Buffer.from(varint(changed.length)), changed])
    : changed
}

function changeBytes(bytes: Buffer, { kind, at, value }: Mutation, other: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  switch (kind) {
    case 'flip':
      if (at < copy.length) copy[at]! ^= 1 << (value & 7)
      return copy
    case 'set':
      if (at < copy.length) copy[at] = EDGES[value % EDGES.length]!
      return copy
    case 'insert':
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.of(EDGES[value % EDGES.length]!, value & 255),
        bytes.subarray(at),
      ])
    case 'remove':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + (value & 7))])
    case 'cut off':
      return copy.subarray(0, at)
    case 'splice':
      return Buffer.concat([bytes.subarray(0, at), other.subarray(value % (other.length + 1))])
    default:
      return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(1 + (value & 15), value >> 4)])
  }
}

function bodyStart(packet: Buffer): number {
  let start = 1
  while (start < packet.length && start < 5 && packet[start]! >= 0x80) start++
  return Math.min(start + 1, packet.length)
}

/** Where a stream is cut into the chunks in which it comes. */
export const cuts = fc.array(fc.nat(0xffff), { maxLength: 6 })

export function chunksOf(bytes: Buffer, at: readonly number[]): Buffer[] {
  const ends = [...at.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((one, other) => one - other)
  // Copies: a reader that looks behind the end of its chunk is to find nothing there.
  return ends.map((end, index) => Buffer.from(bytes.subarray(index === 0 ? 0 : ends[index - 1], end)))
}
