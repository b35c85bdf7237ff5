import assert from 'node:assert/strict'
import fc from 'fast-check'
import mqttPacket from 'mqtt-packet'
import { describe } from 'vitest'
import { decodePublish, encodePublish, publishSize, TopicAliases } from '../../src/mqtt/packets.ts'
import { type PublishProperties, reasonStringOf } from '../../src/mqtt/properties.ts'
import type { Property } from '../../src/mqtt/property-table.ts'
import { publishHeader } from '../../src/mqtt/publish-header.ts'
import { lengthPrefixed } from '../support/packets.ts'
import { compare, propertiesFrom, unlessMalformed } from './agreement.ts'
import { fuzz } from './campaign.ts'
import { mutateOne, mutations } from './mutations.ts'
import { framesOf, publishOf } from './reference.ts'
import { acknowledgements, publishes, texts, topics } from './valid.ts'

/** Bytes around a packet that no reader of it may look at: they would make it another. */
const AROUND = Buffer.from([0x80, 0x23, 0x00, 0x00, 0x2b])

const versions = fc.constantFrom<(3 | 4 | 5)[]>(3, 4, 5)

describe('decodePublish', () => {
  fuzz(
    'reads a mutated PUBLISH as the specification does, or finds it malformed',
    {
      name: 'PUBLISH',
      unit: 'packets',
      runs: 400,
      share: 0.72,
      values: versions.chain((version) =>
        fc.record({
          version: fc.constant(version),
          packet: publishes(version),
          other: publishes(version),
          changes: fc.array(fc.array(mutations, { minLength: 1, maxLength: 3 }), {
            minLength: 1,
            maxLength: 60,
            size: 'max',
          }),
          aliasMaximum: fc.constantFrom(0, 2),
          cut: fc.nat(0xff),
        }),
      ),
    },
    ({ version, packet, other, changes, aliasMaximum, cut }) => {
      const aliases = version === 5 ? new TopicAliases(aliasMaximum) : undefined
      const wantedAliases = version === 5 ? new Map<number, string>() : undefined
      let decoded = 0
      for (const each of changes) {
        const mutated = each.reduce((bytes, change) => mutateOne(bytes, { ...change, reframed: true }, other), packet)
        const [frame] = framesOf(mutated).frames
        if (frame === undefined) continue
        decoded++
        const { body } = frame
        const wanted = publishOf(frame, wantedAliases, aliasMaximum)
        const bytes = Buffer.concat([AROUND, body, AROUND])
        const [start, end] = [AROUND.length, AROUND.length + body.length]
        const piece = bytes.subarray(0, start + (cut % (body.length + 1)))
        // In pieces it is read with aliases of before: they must come to the same.
        const pieces = [piece, Buffer.from(bytes.subarray(piece.length, end))] as const
        const decode = (flags: number) => unlessMalformed(() => decodePublish(flags, bytes, start, end, aliases))
        compare(decode(0x30 | frame.flags), wanted)
        compare(
          unlessMalformed(() => decodePublish(0x30 | frame.flags, pieces[0], start, end, aliases, [pieces[1]])),
          wanted,
        )
      }
      return decoded
    },
  )
})

function propertiesWritten(properties: readonly Property[]): PublishProperties {
  const written: PublishProperties = {}
  for (const [name, value] of properties) {
    if (name === 'payload-format-indicator') written.payloadFormatIndicator = value
    if (name === 'message-expiry-interval') written.messageExpiryInterval = value
    if (name === 'content-type') written.contentType = value
    if (name === 'response-topic') written.responseTopic = value
    if (name === 'correlation-data') written.correlationData = value
    if (name === 'user-property') written.userProperties = [...(written.userProperties ?? []), value]
  }
  return written
}

describe('encodePublish', () => {
  const values: fc.Arbitrary<Property> = fc.oneof(
    fc.tuple(fc.constant('payload-format-indicator' as const), fc.nat(1)),
    fc.tuple(fc.constant('message-expiry-interval' as const), fc.nat(0xffff_ffff)),
    fc.tuple(fc.constantFrom('content-type' as const, 'response-topic' as const), texts()),
    fc.tuple(
      fc.constant('correlation-data' as const),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    ),
    fc.tuple(fc.constant('user-property' as const), fc.tuple(texts(), texts())),
  )
  const lists = fc.uniqueArray(values, {
    maxLength: 6,
    comparator: ([one], [other]) => one === other && one !== 'user-property',
  })

  fuzz(
    'writes what its own reader, the reference and mqtt-packet read',
    {
      name: 'PUBLISH to and fro',
      unit: 'packets',
      runs: 300,
      share: 0.01,
      values: fc.record({
        version: versions,
        topic: topics,
        qos: fc.constantFrom<(0 | 1 | 2)[]>(0, 1, 2),
        retain: fc.boolean(),
        packetId: fc.integer({ min: 1, max: 0xffff }),
        payload: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        properties: lists,
      }),
    },
    ({ version, topic, qos, retain, packetId, payload, properties }) => {
      const header = publishHeader(version, { topic, qos, retain, properties })
      const bytes = Buffer.alloc(publishSize(header, payload.length) + 1, AROUND)
      const end = encodePublish(header, packetId, payload, 0, payload.length, bytes, 0)
      assert.equal(end, bytes.length - 1)
      const { frames, end: left } = framesOf(bytes.subarray(0, end))
      assert.deepEqual([frames.length, left], [1, 'nothing'])
      const [{ flags, body }] = frames as [(typeof frames)[0]]
      const wanted = publishOf({ flags, body }, version === 5 ? new Map() : undefined)!
      assert.deepEqual(
        { ...wanted, properties: propertiesFrom(wanted) },
        {
          topic,
          qos,
          retain,
          dup: false,
          packetId: qos > 0 ? packetId : 0,
          payload,
          properties: version === 5 ? propertiesWritten(properties) : {},
        },
      )
      const aliases = version === 5 ? new TopicAliases(0) : undefined
      compare(decodePublish(bytes[0]!, bytes, end - body.length, end, aliases), wanted)
      const parser = mqttPacket.parser({ protocolVersion: version })
      parser.on('packet', (packet) => {
        assert.equal(packet.cmd, 'publish')
        const { topic, qos, retain, payload: read } = packet as mqttPacket.IPublishPacket
        assert.deepEqual({ topic, qos, retain }, { topic: wanted.topic, qos: wanted.qos, retain: wanted.retain })
        assert.ok(Buffer.from(read).equals(payload))
      })
      parser.on('error', (error) => {
        throw error
      })
      assert.equal(parser.parse(bytes.subarray(0, end)), 0)
      return 1
    },
  )
})

describe('reasonStringOf', () => {
  fuzz(
    'reads or refuses the end of a mutated acknowledgement',
    {
      name: 'acknowledgements',
      unit: 'packets',
      runs: 300,
      share: 0.03,
      values: fc.record({
        packet: acknowledgements(5),
        other: acknowledgements(5),
        changes: fc.array(mutations, { minLength: 1, maxLength: 30, size: 'max' }),
      }),
    },
    ({ packet, other, changes }) => {
      for (const change of changes) {
        const mutated = Buffer.concat([mutateOne(packet, change, other), AROUND])
        const end = mutated.length - AROUND.length
        const reason = unlessMalformed(() => reasonStringOf(mutated, Math.min(5, end), end) ?? '')
        // What is read stands there.
        if (reason !== undefined)
          assert.ok(mutated.subarray(0, end).includes(lengthPrefixed(reason).subarray(reason === '' ? 2 : 0)))
      }
      return changes.length
    },
  )
})
