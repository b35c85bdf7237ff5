import fc from 'fast-check'
import { lengthPrefixed, packet, publishPacket, uint16, varint, withLength } from '../support/packets.ts'

/** Bytes of properties as a broker may send them in PUBLISH, without their length. */
const single = fc.oneof(
  fc.nat(1).map((value) => Buffer.of(0x01, value)),
  fc.nat(0xffff_ffff).map((value) => Buffer.from([0x02, ...uint16(value >>> 16), ...uint16(value & 0xffff)])),
  fc.constantFrom(0x03, 0x08, 0x09).chain((identifier) => field(identifier)),
)
const repeated = fc.oneof(
  fc.integer({ min: 1, max: 268_435_455 }).map((value) => Buffer.from([0x0b, ...varint(value)])),
  fc.tuple(texts(), texts()).map((pair) => Buffer.concat([Buffer.of(0x26), ...pair.map(lengthPrefixed)])),
)

function field(identifier: number): fc.Arbitrary<Buffer> {
  return texts().map((value) => Buffer.concat([Buffer.of(identifier), lengthPrefixed(value)]))
}

export function texts(): fc.Arbitrary<string> {
  return fc
    .oneof(fc.constantFrom('', 'text/plain', 'ä/😀'), fc.string({ unit: 'binary', maxLength: 12 }))
    .map(withoutNul)
}

function withoutNul(value: string): string {
  return value.replaceAll('\0', '_')
}

export const topics = fc
  .oneof(fc.constantFrom('a', 'tock/1', 'ä/😀'), fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }))
  .map((topic) => withoutNul(topic).replace(/[+#]/g, '-'))

/** Mostly ones that meet again. */
const packetIds = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 0xffff }) },
)

const properties = fc
  .tuple(
    fc.uniqueArray(single, { maxLength: 3, selector: (bytes) => bytes[0] }),
    fc.array(repeated, { maxLength: 2 }),
    fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  )
  .map(([once, often, alias]) => Buffer.concat([...once, ...often, ...(alias ? [Buffer.of(0x23, 0, alias)] : [])]))

/** PUBLISH of this version, 3 and 4 without properties. With an alias among its properties it may lack its topic. */
export function publishes(version: number): fc.Arbitrary<Buffer> {
  return fc
    .record({
      topic: fc.oneof({ weight: 9, arbitrary: topics }, { weight: version === 5 ? 1 : 0, arbitrary: fc.constant('') }),
      payload: fc.uint8Array({ maxLength: 40 }),
      qos: fc.nat(2),
      dup: fc.boolean(),
      retain: fc.boolean(),
      packetId: packetIds,
      properties: version === 5 ? properties : fc.constant(undefined),
    })
    .map(publishPacket)
}

const reasonCodes = fc.constantFrom(0, 0x10, 0x80, 0x87, 0x91, 0x92, 0x97)

/** PUBACK, PUBREC, PUBREL or PUBCOMP. */
export function acknowledgements(version: number): fc.Arbitrary<Buffer> {
  const rest =
    version === 5
      ? fc.oneof(
          fc.constant([]),
          reasonCodes.map((code) => [code]),
          fc.tuple(reasonCodes, field(0x1f)).map(([code, reason]) => [code, ...withLength(reason)]),
        )
      : fc.constant([])
  return fc
    .tuple(fc.constantFrom('PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP'), packetIds, rest)
    .map(([type, packetId, more]) => packet(type, type === 'PUBREL' ? 2 : 0, uint16(packetId), more))
}

export function connacks(version: number): fc.Arbitrary<Buffer> {
  const limits = fc.oneof(
    fc.constant(Buffer.alloc(0)),
    fc.integer({ min: 1, max: 20 }).map((maximum) => Buffer.of(0x21, 0, maximum)),
    fc.integer({ min: 1, max: 0xffff }).map((seconds) => Buffer.from([0x13, ...uint16(seconds)])),
    fc.nat(1).map((qos) => Buffer.of(0x24, qos)),
    fc.integer({ min: 1, max: 0xffff }).map((size) => Buffer.from([0x27, 0, 0, ...uint16(size)])),
    field(0x12),
    field(0x1f),
  )
  const refusals = fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(255) })
  return fc
    .tuple(fc.nat(1), refusals, limits)
    .map(([present, code, limit]) => packet('CONNACK', 0, [present, code], version === 5 ? withLength(limit) : []))
}

/** What a broker sends besides messages and their acknowledgements. */
function controls(version: number): fc.Arbitrary<Buffer> {
  const granted = fc
    .array(fc.constantFrom(0, 1, 2, 0x80), { minLength: 1, maxLength: 2 })
    .map((codes) => packet('SUBACK', 0, uint16(1), version === 5 ? [0] : [], codes))
  const always = [fc.constant(Buffer.of(0xd0, 0)), granted, connacks(version)]
  if (version < 5) return fc.oneof(...always)
  const farewell = fc
    .tuple(reasonCodes, field(0x1f))
    .map(([code, reason]) => packet('DISCONNECT', 0, [code], withLength(reason)))
  return fc.oneof(...always, farewell, fc.constant(packet('AUTH', 0, [0x18], withLength([0x15, 0, 1, 0x6d]))))
}

/** What a broker may send once the client is connected. */
export function conversations(version: number): fc.Arbitrary<Buffer[]> {
  const any = fc.oneof(
    { weight: 6, arbitrary: publishes(version) },
    { weight: 3, arbitrary: acknowledgements(version) },
    { weight: 1, arbitrary: controls(version) },
  )
  return fc.array(any, { minLength: 1, maxLength: 12, size: 'max' })
}
