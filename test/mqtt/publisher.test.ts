import { setImmediate } from 'node:timers/promises'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { ConnectionLostError } from '../../src/errors.ts'
import { publishHeader } from '../../src/mqtt/publish-header.ts'
import { Publisher } from '../../src/mqtt/publisher.ts'
import { ack, lengthPrefixed, packet, readPublish, uint16, withLength } from '../support/packets.ts'
import { Random } from '../support/random.ts'
import { type Peer, type ScriptedBroker, startScriptedBroker } from '../support/scripted-peer.ts'
import { connect, publishMixed, publishTexts, startPublisher } from './client.ts'

let broker: ScriptedBroker
beforeEach(async () => {
  broker = await startScriptedBroker()
})

/** Reads a PUBLISH: payload, DUP and packet identifier. */
async function publishFrom(peer: Peer) {
  const { payload, dup, packetId = 0 } = readPublish(await peer.packet('PUBLISH'), peer.version)
  return { text: payload.toString(), dup, id: packetId }
}

const idOf = (bytes: Buffer) => bytes.readUInt16BE(0)

/** Property of CONNACK [MQTT 5, 3.2.2.3.8]. */
function topicAliasMaximum(count: number): number[] {
  return [0x22, 0, count]
}

describe('Publisher', () => {
  it('tells what becomes of each message, by its number, over reconnecting', async () => {
    // Maximum Packet Size 30.
    const options = { protocolVersion: 5 } as const
    const { session, peer } = await connect(broker, options, { properties: [0x27, 0, 0, 0, 30] })
    const settled: unknown[] = []
    const note = (...each: readonly unknown[]) => void settled.push(each)
    const limits = { maxInflight: 10, ackTimeoutMs: 10_000, notice: () => {} }
    const publisher = new Publisher(session, { ...limits, settled: note })
    session.start()
    await publishTexts(publisher, session, 0, ['zero', 'too large'.repeat(9)])
    await publishTexts(publisher, session, 1, ['two', 'three', 'four'])
    for (let count = 0; count < 2; count++) await publishFrom(peer)
    peer.send(ack('PUBACK', (await publishFrom(peer)).id, 151))
    await publishFrom(peer)
    // It answers when it has read what came before.
    peer.send(ack('PUBREC', 99))
    await peer.packet('PUBREL')
    peer.destroy()
    const next = await broker.connection()
    await next.accept()
    const again = [await publishFrom(next), await publishFrom(next)]
    expect(again.map(({ text }) => text)).toEqual(['two', 'four'])
    for (const { id } of again.toReversed()) next.send(ack('PUBACK', id))
    await publisher.drain()
    expect(settled).toEqual([
      [1, 149, undefined],
      [3, 151, undefined],
      [4, 0, undefined],
      [2, 0, undefined],
    ])
  })

  it('sends QoS 0 without packet identifier and needs no acknowledgement', async () => {
    const { session, peer } = await connect(broker)
    const publisher = startPublisher(session)
    await publishTexts(publisher, session, 0, ['x', ''])
    await publisher.drain()
    expect([await publishFrom(peer), await publishFrom(peer)]).toEqual([
      { text: 'x', dup: false, id: 0 },
      { text: '', dup: false, id: 0 },
    ])
    expect(publisher.tally).toMatchObject({ sent: 2, acknowledged: 2, uncertain: 0 })
    await session.end()
    await peer.packet('DISCONNECT')
  })

  it('drains when every PUBACK is in, late and out of order', async () => {
    const { session, peer } = await connect(broker)
    const publisher = startPublisher(session)
    await publishTexts(publisher, session, 1, ['x', 'y', 'z'])
    const sent = [await publishFrom(peer), await publishFrom(peer), await publishFrom(peer)]
    expect(sent.map(({ text }) => text)).toEqual(['x', 'y', 'z'])
    expect(publisher.unacknowledged).toBe(3)
    for (const { id } of sent.reverse()) peer.send(ack('PUBACK', id))
    await publisher.drain()
    expect(publisher.tally.acknowledged).toBe(3)
  })

  it('ignores acknowledgements that come twice or for unknown identifiers', async () => {
    const { session, peer } = await connect(broker)
    const publisher = startPublisher(session)
    await publishTexts(publisher, session, 1, ['x', 'y'])
    const [x, y] = [await publishFrom(peer), await publishFrom(peer)]
    peer.send(
      Buffer.concat([
        ack('PUBACK', x.id),
        ack('PUBACK', x.id),
        ack('PUBACK', 999),
        ack('PUBCOMP', y.id),
        ack('PUBACK', y.id),
      ]),
    )
    await publisher.drain()
    expect(publisher.tally).toMatchObject({ sent: 2, acknowledged: 2 })
  })

  it('goes through PUBREC, PUBREL and PUBCOMP at QoS 2', async () => {
    const { session, peer } = await connect(broker)
    const publisher = startPublisher(session)
    await publishTexts(publisher, session, 2, ['x'])
    const { id } = await publishFrom(peer)
    peer.send(ack('PUBREC', id))
    expect((await peer.packet('PUBREL')).bytes).toEqual(ack('PUBREL', id))
    peer.send(ack('PUBREC', id))
    await peer.packet('PUBREL')
    expect(publisher.unacknowledged).toBe(1)
    peer.send(ack('PUBCOMP', id))
    await publisher.drain()
  })

  it('answers PUBREC for an unknown identifier, so that the broker can forget it', async () => {
    const { session, peer } = await connect(broker)
    startPublisher(session)
    peer.send(ack('PUBREC', 77))
    expect(idOf((await peer.packet('PUBREL')).body)).toBe(77)
  })

  it('fails when PUBACK answers a message at QoS 2: nothing more would come', async () => {
    const { session, peer } = await connect(broker)
    const publisher = startPublisher(session)
    await publishTexts(publisher, session, 2, ['x'])
    const { id } = await publishFrom(peer)
    peer.send(ack('PUBACK', id))
    await expect(publisher.drain()).rejects.toMatchObject({ exitCode: 7, message: expect.stringContaining('-q 1') })
    await peer.packet('DISCONNECT')
  })

  it('takes the answers at QoS 2 late, out of order and twice, and ignores those that are out of place', async () => {
    const { session, peer } = await connect(broker)
    const publisher = startPublisher(session)
    await publishTexts(publisher, session, 2, ['x', 'y', 'z'])
    const [x, y, z] = [await publishFrom(peer), await publishFrom(peer), await publishFrom(peer)].map(({ id }) => id)
    const early = [ack('PUBCOMP', x!), ack('PUBCOMP', 999)]
    peer.send(Buffer.concat([...early, ack('PUBREC', z!), ack('PUBREC', x!), ack('PUBACK', x!), ack('PUBREC', z!)]))
    const released = [await peer.packet('PUBREL'), await peer.packet('PUBREL'), await peer.packet('PUBREL')]
    expect(released.map(({ body }) => idOf(body))).toEqual([z, x, z])
    expect(publisher.unacknowledged).toBe(3)
    peer.send(Buffer.concat([ack('PUBCOMP', z!), ack('PUBCOMP', z!), ack('PUBCOMP', x!), ack('PUBREC', y!)]))
    expect(idOf((await peer.packet('PUBREL')).body)).toBe(y)
    expect(publisher.unacknowledged).toBe(1)
    peer.send(ack('PUBCOMP', y!))
    await publisher.drain()
    expect(publisher.tally).toMatchObject({ sent: 3, acknowledged: 3 })
  })

  it.each([
    { name: '--max-inflight 1', maxInflight: 1, receiveMaximum: 10 },
    { name: "the broker's Receive Maximum 1", maxInflight: 1000, receiveMaximum: 1 },
    { name: "the broker's Receive Maximum 10", maxInflight: 1000, receiveMaximum: 10 },
  ])('keeps to $name', async ({ maxInflight, receiveMaximum }) => {
    const properties = [0x21, 0, receiveMaximum]
    const { session, peer } = await connect(broker, { protocolVersion: 5 }, { properties })
    const publisher = startPublisher(session, maxInflight)
    const window = Math.min(maxInflight, receiveMaximum)
    const texts = Array.from({ length: 35 }, (_, index) => String(index))
    const publishing = publishTexts(publisher, session, 1, texts).then(() => publisher.drain())
    const received: string[] = []
    const open: number[] = []
    while (received.length < texts.length) {
      while (open.length < window && received.length < texts.length) {
        const { text, id } = await publishFrom(peer)
        received.push(text)
        open.push(id)
        expect(publisher.unacknowledged).toBeLessThanOrEqual(window)
      }
      peer.send(ack('PUBACK', open.shift()!))
    }
    for (const id of open) peer.send(ack('PUBACK', id))
    await publishing
    expect(received).toEqual(texts)
  })

  it('reuses no packet identifier that is in flight, also after 65,535', async () => {
    const { session, peer } = await connect(broker)
    const publisher = startPublisher(session)
    await publishTexts(publisher, session, 1, ['stuck'])
    const stuck = await publishFrom(peer)
    const seen = new Set<number>()
    const count = 65_600
    const publishing = publishTexts(
      publisher,
      session,
      1,
      Array.from({ length: count }, () => ''),
    )
    for (let at = 0; at < count; at++) {
      const { id } = await publishFrom(peer)
      seen.add(id)
      expect(id).not.toBe(stuck.id)
      peer.send(ack('PUBACK', id))
    }
    await publishing
    expect(seen.size).toBe(65_534)
    peer.send(ack('PUBACK', stuck.id))
    await publisher.drain()
  })

  describe('on a new connection', () => {
    it('survives a second cut while it sends again', async () => {
      const { session, peer } = await connect(broker)
      const publisher = startPublisher(session)
      await publishTexts(publisher, session, 1, ['x', 'y'])
      peer.destroy()
      const second = await broker.connection()
      await second.accept()
      await second.packet('PUBLISH')
      second.destroy()
      const third = await broker.connection()
      await third.accept()
      for (const text of ['x', 'y']) {
        const message = await publishFrom(third)
        expect(message.text).toBe(text)
        third.send(ack('PUBACK', message.id))
      }
      await publisher.drain()
      expect(publisher.tally).toMatchObject({ sent: 2, acknowledged: 2 })
    })

    it('survives a second cut with messages left that it has not sent again', async () => {
      const { session, peer } = await connect(broker, { protocolVersion: 5 })
      const publisher = startPublisher(session)
      await publishTexts(publisher, session, 1, ['x', 'y', 'z'])
      for (let count = 0; count < 3; count++) await publishFrom(peer)
      peer.destroy()
      const second = await broker.connection()
      // Receive Maximum 1.
      await second.accept({ properties: [0x21, 0, 1] })
      expect((await publishFrom(second)).text).toBe('x')
      second.destroy()
      const third = await broker.connection()
      await third.accept()
      const sent = [await publishFrom(third), await publishFrom(third), await publishFrom(third)]
      expect(sent.map(({ text }) => text)).toEqual(['x', 'y', 'z'])
      for (const { id } of sent) third.send(ack('PUBACK', id))
      await publisher.drain()
      expect(publisher.tally).toMatchObject({ sent: 3, acknowledged: 3 })
    })

    it('goes on at QoS 0 behind what waited for a socket that broke', async () => {
      const { session, peer } = await connect(broker)
      const publisher = startPublisher(session)
      peer.socket.pause()
      const texts = Array.from({ length: 100 }, () => 'x'.repeat(1_000_000))
      const publishing = publishTexts(publisher, session, 0, [...texts, 'last'])
      while (!session.connection!.lane.needsDrain) await setImmediate()
      peer.destroy()
      const again = await broker.connection()
      await again.accept()
      await publishing
      while ((await publishFrom(again)).text !== 'last');
      expect(publisher.tally.sent).toBe(101)
      expect(publisher.verdict()).toMatchObject({ exitCode: 7 })
    })

    it('says how many messages at QoS 0 may be lost', async () => {
      const { session, peer } = await connect(broker)
      const publisher = startPublisher(session)
      await publishTexts(publisher, session, 0, ['x', 'y', 'z'])
      for (let count = 0; count < 3; count++) await peer.packet('PUBLISH')
      peer.destroy()
      const again = await broker.connection()
      await again.accept()
      await publishTexts(publisher, session, 0, ['later'])
      await publisher.drain()
      expect(publisher.tally.uncertain).toBe(3)
      expect(publisher.verdict()).toMatchObject({ exitCode: 7 })
    })
  })

  describe('with MQTT 5', () => {
    it('tells who asks which topics were rejected', async () => {
      const { session, peer } = await connect(broker, { protocolVersion: 5 })
      const rejected: unknown[] = []
      const publisher = new Publisher(session, {
        maxInflight: 10,
        ackTimeoutMs: 10_000,
        notice: () => {},
        rejected: (topic, reasonCode) => rejected.push([topic, reasonCode]),
      })
      session.start()
      const long = 'long/'.repeat(40)
      await publishMixed(publisher, session, [
        { topic: 'one', qos: 1, text: 'x' },
        { topic: 'fine', qos: 1, text: 'x' },
        { topic: `${long}é`, qos: 2, text: 'x' },
      ])
      const [one, fine, two] = [await publishFrom(peer), await publishFrom(peer), await publishFrom(peer)]
      peer.send(ack('PUBACK', one.id, 0x87))
      peer.send(ack('PUBACK', fine.id, 0x10))
      peer.send(ack('PUBREC', two.id, 0x97))
      await publisher.drain()
      expect(rejected).toEqual([
        ['one', 0x87],
        [`${long}é`, 0x97],
      ])
    })

    it.each([
      { type: 'PUBACK', qos: 1 },
      { type: 'PUBREC', qos: 2 },
    ] as const)('counts a $type with a failure as rejected and exits with its code', async ({ type, qos }) => {
      const { session, peer } = await connect(broker, { protocolVersion: 5 })
      const publisher = startPublisher(session)
      await publishTexts(publisher, session, qos, ['x', 'y'])
      const [x, y] = [await publishFrom(peer), await publishFrom(peer)]
      const reason = Buffer.from([0x87, 6, 0x1f, 0, 3, 0x66, 0x6f, 0x6f])
      peer.send(packet(type, 0, [x.id >> 8, x.id & 255], reason))
      peer.send(ack(type, y.id, 0x10))
      if (qos === 2) {
        await peer.packet('PUBREL')
        peer.send(ack('PUBCOMP', y.id))
      }
      await publisher.drain()
      expect(publisher.tally).toMatchObject({ sent: 2, acknowledged: 1, rejected: new Map([[0x87, 1]]) })
      expect(publisher.verdict()).toMatchObject({
        exitCode: 0x87,
        message: expect.stringContaining('Not authorized (135): foo'),
      })
    })

    it.each([
      { type: 'PUBACK', qos: 1 },
      { type: 'PUBREC', qos: 2 },
    ] as const)('tells the reasons of $type apart, and takes all below 0x80 for success', async ({ type, qos }) => {
      const { session, peer } = await connect(broker, { protocolVersion: 5 })
      const publisher = startPublisher(session)
      const codes = [0x97, 0x00, 0x80, 0x83, 0x10, 0x87, 0x90, 0x97, 0x91, 0x99, 0x7f]
      await publishTexts(
        publisher,
        session,
        qos,
        codes.map((code) => String(code)),
      )
      for (const code of codes) {
        const { id } = await publishFrom(peer)
        peer.send(ack(type, id, code))
      }
      for (const code of qos === 2 ? codes.filter((code) => code < 0x80) : []) {
        const id = idOf((await peer.packet('PUBREL')).body)
        // A failure after success is out of place.
        peer.send(Buffer.concat([ack('PUBREC', id, 0x97), ack('PUBCOMP', id, code === 0 ? 0 : 0x92)]))
      }
      await publisher.drain()
      const rejected = codes.filter((code) => code >= 0x80)
      expect(publisher.tally).toMatchObject({ sent: codes.length, acknowledged: codes.length - rejected.length })
      expect([...publisher.tally.rejected]).toEqual([
        [0x97, 2],
        [0x80, 1],
        [0x83, 1],
        [0x87, 1],
        [0x90, 1],
        [0x91, 1],
        [0x99, 1],
      ])
      expect(publisher.verdict()).toMatchObject({
        exitCode: 0x97,
        message: expect.stringMatching(/^8 of 11 messages rejected: Quota exceeded \(151\)/),
      })
    })

    it('names the reason that the broker gives, wherever it stands', async () => {
      const { session, peer } = await connect(broker, { protocolVersion: 5 })
      const publisher = startPublisher(session)
      await publishTexts(publisher, session, 1, ['x'])
      const { id } = await publishFrom(peer)
      const userProperty = [0x26, 0, 1, 0x6e, 0, 1, 0x76]
      const reason = withLength([...userProperty, 0x1f, ...lengthPrefixed('quota of '.repeat(20))])
      peer.send(packet('PUBACK', 0, uint16(id), [0x97], reason))
      await publisher.drain()
      expect(publisher.verdict()?.message).toContain('quota of '.repeat(20))
    })

    it.each([
      { name: 'a QoS above Maximum QoS', properties: [0x24, 0], qos: 1, code: 155 },
      { name: 'a retained message where there is no Retain Available', properties: [0x25, 0], qos: 0, code: 154 },
    ] as const)('fails at once for $name', async ({ properties, qos, code }) => {
      const { session, peer } = await connect(broker, { protocolVersion: 5 }, { properties })
      const publisher = startPublisher(session)
      const header = publishHeader(5, { topic: 'a', qos, retain: true })
      const publishing = publisher.publish(header, { bytes: Buffer.from('x'), bounds: [0, 1] })
      await expect(publishing).rejects.toMatchObject({ exitCode: code })
      await session.end()
      await peer.packet('DISCONNECT')
    })
  })

  describe('with a header for each message', () => {
    /** Reads a PUBLISH as `topic text qos`, and acknowledges it. */
    async function answer(peer: Peer) {
      const { topic, payload, qos, packetId = 0 } = readPublish(await peer.packet('PUBLISH'), peer.version)
      if (qos === 1) peer.send(ack('PUBACK', packetId))
      if (qos === 2) peer.send(ack('PUBREC', packetId))
      return `${topic} ${payload} ${qos}`
    }

    it('sends all in the order given', async () => {
      const { session, peer } = await connect(broker, { protocolVersion: 5 })
      const publisher = startPublisher(session)
      const random = new Random(1)
      const messages = Array.from({ length: 300 }, (_, at) => ({
        topic: random.pick<string>('abc'),
        qos: random.pick([0, 1] as const),
        text: String(at),
      }))
      const published = publishMixed(publisher, session, messages).then(() => publisher.drain())
      for (const { topic, text, qos } of messages) expect(await answer(peer)).toBe(`${topic} ${text} ${qos}`)
      await published
      expect(publisher.tally).toMatchObject({ sent: 300, acknowledged: 300 })
    })

    it('sends none at QoS 0 before one that waits for room', async () => {
      const { session, peer } = await connect(broker)
      const publisher = startPublisher(session, 1)
      const messages = ([1, 0, 1, 0] as const).map((qos, at) => ({ topic: 'a', qos, text: String(at) }))
      const published = publishMixed(publisher, session, messages)
      const first = await publishFrom(peer)
      expect(await answer(peer)).toBe('a 1 0')
      expect(publisher.tally.sent).toBe(2)
      peer.send(ack('PUBACK', first.id))
      expect([await answer(peer), await answer(peer)]).toEqual(['a 2 1', 'a 3 0'])
      await published
      await publisher.drain()
    })

    it('has fewer at QoS 2 unacknowledged if told to', async () => {
      const { session, peer } = await connect(broker)
      const options = { maxInflight: 5, maxInflightQos2: 2, ackTimeoutMs: 10_000, notice: () => {} }
      const publisher = new Publisher(session, options)
      session.start()
      const messages = ([2, 2, 2, 1, 1, 1, 1] as const).map((qos, at) => ({ topic: 'a', qos, text: String(at) }))
      const published = publishMixed(publisher, session, messages)
      const [first, second] = [await publishFrom(peer), await publishFrom(peer)]
      expect(publisher.tally.sent).toBe(2)
      peer.send(Buffer.concat([ack('PUBREC', first!.id), ack('PUBREC', second!.id)]))
      const released = [await peer.packet('PUBREL'), await peer.packet('PUBREL')]
      expect(publisher.tally.sent).toBe(2)
      peer.send(ack('PUBCOMP', idOf(released[0]!.body)))
      const next = []
      for (let count = 0; count < 4; count++) next.push((await publishFrom(peer)).text)
      expect(next).toEqual(['2', '3', '4', '5'])
      expect(publisher.unacknowledged).toBe(5)
      session.fail(new ConnectionLostError('enough'))
      await expect(published).rejects.toThrow('enough')
    })

    it('sends again by the window of each QoS on a new connection', async () => {
      const { session, peer } = await connect(broker)
      const options = { maxInflight: 5, maxInflightQos2: 1, ackTimeoutMs: 10_000, notice: () => {} }
      const publisher = new Publisher(session, options)
      session.start()
      const messages = ([2, 1, 1] as const).map((qos, at) => ({ topic: 'a', qos, text: String(at) }))
      await publishMixed(publisher, session, messages)
      for (let count = 0; count < 3; count++) await peer.packet('PUBLISH')
      peer.destroy()
      const again = await broker.connection()
      await again.accept()
      const drained = publisher.drain()
      expect([await answer(again), await answer(again), await answer(again)]).toEqual(['a 0 2', 'a 1 1', 'a 2 1'])
      again.send(ack('PUBCOMP', idOf((await again.packet('PUBREL')).body)))
      await drained
      expect(publisher.tally).toMatchObject({ sent: 3, acknowledged: 3 })
    })

    it('sends what comes before one that the broker does not take', async () => {
      const { session, peer } = await connect(broker, { protocolVersion: 5 }, { properties: [0x24, 1] })
      const publisher = startPublisher(session)
      const messages = ([0, 1, 2, 0] as const).map((qos, at) => ({ topic: 'a', qos, text: String(at) }))
      const published = publishMixed(publisher, session, messages)
      await expect(published).rejects.toMatchObject({ exitCode: 155, message: expect.stringContaining('QoS 1') })
      expect([await answer(peer), await answer(peer)]).toEqual(['a 0 0', 'a 1 1'])
      await publisher.drain()
      expect(publisher.tally).toMatchObject({ sent: 2, acknowledged: 2 })
      const header = publishHeader(5, { topic: 'a', qos: 2, retain: false })
      expect(() => publisher.check(header)).toThrow('QoS not supported (155)')
      expect(publisher.check({ ...header, qos: 1 })).toBeUndefined()
    })
  })

  it('says at the first rejection why, while more are to come', async () => {
    const { session, peer } = await connect(broker, { protocolVersion: 5 })
    const told: string[] = []
    let tell: () => void = () => {}
    const noticed = new Promise<void>((resolve) => {
      tell = resolve
    })
    const notice = (text: string) => {
      told.push(text)
      tell()
    }
    const publisher = new Publisher(session, { maxInflight: 10, ackTimeoutMs: 10_000, notice })
    session.start()
    for (let count = 0; count < 2; count++) {
      await publishTexts(publisher, session, 1, ['x'])
      peer.send(ack('PUBACK', (await publishFrom(peer)).id, 0x87))
      await publisher.drain()
    }
    await noticed
    expect(told).toEqual([expect.stringContaining('Not authorized (135)')])
  })

  it('keeps few bytes unacknowledged, however many messages it may', async () => {
    const { session, peer } = await connect(broker)
    const publisher = startPublisher(session)
    const texts = Array.from({ length: 30 }, () => 'x'.repeat(1_000_000))
    const publishing = publishTexts(publisher, session, 1, texts)
    const kept: number[] = []
    while (kept.length < 17) kept.push((await publishFrom(peer)).id)
    // Were there more, the next would come before this answer.
    peer.send(ack('PUBREC', 99))
    expect(idOf((await peer.packet('PUBREL')).body)).toBe(99)
    expect(publisher.unacknowledged).toBe(17)
    for (const id of kept) peer.send(ack('PUBACK', id))
    for (let count = 17; count < 30; count++) peer.send(ack('PUBACK', (await publishFrom(peer)).id))
    await publishing
    await publisher.drain()
  })

  it('gives up when the socket takes nothing for too long', async () => {
    const { session, peer } = await connect(broker)
    const publisher = startPublisher(session, 1000, 100)
    peer.socket.pause()
    const publishing = publishTexts(
      publisher,
      session,
      1,
      Array.from({ length: 100 }, () => 'x'.repeat(1_000_000)),
    )
    await expect(publishing).rejects.toMatchObject({ exitCode: 7 })
  })

  it('gives up when acknowledgements stay out', async () => {
    const { session, peer } = await connect(broker)
    const publisher = startPublisher(session, 1000, 50)
    await publishTexts(publisher, session, 1, ['x'])
    await peer.packet('PUBLISH')
    await expect(publisher.drain()).rejects.toMatchObject({
      exitCode: 7,
      message: expect.stringContaining('--ack-timeout'),
    })
  })

  it('gives up as late, and no later, when the time of day is set back', async () => {
    const { session, peer } = await connect(broker)
    const publisher = startPublisher(session, 1000, 50)
    await publishTexts(publisher, session, 1, ['x'])
    await peer.packet('PUBLISH')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 })
    onTestFinished(() => void vi.useRealTimers())
    await expect(publisher.drain()).rejects.toMatchObject({ exitCode: 7 })
  })

  it('names the topic of an alias once on each connection, also when it sends again', async () => {
    const { session, peer } = await connect(broker, { protocolVersion: 5 }, { properties: topicAliasMaximum(5) })
    const publisher = startPublisher(session)
    const header = publishHeader(5, { topic: 'a/b', qos: 1, retain: false, properties: [['topic-alias', 5]] })
    const payloads = { bytes: Buffer.from('xyz'), bounds: [0, 1, 1, 2, 2, 3] }
    const topicsFrom = async (from: Peer, count: number) => {
      const found: string[] = []
      for (let read = 0; read < count; read++) {
        const { topic, properties, packetId = 0 } = readPublish(await from.packet('PUBLISH'), 5)
        expect([...properties!]).toEqual([0x23, 0, 5])
        if (from !== peer) from.send(ack('PUBACK', packetId))
        found.push(topic)
      }
      return found
    }
    await publisher.publish(header, payloads)
    expect(await topicsFrom(peer, 3)).toEqual(['a/b', '', ''])
    peer.destroy()
    const again = await broker.connection()
    await again.accept({ properties: topicAliasMaximum(5) })
    expect(await topicsFrom(again, 3)).toEqual(['a/b', 'a/b', 'a/b'])
    await publisher.drain()
    await publisher.publish(header, payloads)
    expect(await topicsFrom(again, 3)).toEqual(['a/b', '', ''])
  })

  it.each([
    [[], 'the broker takes no topic aliases'],
    [topicAliasMaximum(4), 'the broker takes topic aliases up to 4'],
  ])('sends no alias that the broker does not take: %j', async (properties, message) => {
    const { session } = await connect(broker, { protocolVersion: 5 }, { properties })
    const publisher = startPublisher(session)
    const header = publishHeader(5, { topic: 'a', qos: 0, retain: false, properties: [['topic-alias', 5]] })
    await expect(publisher.publish(header, { bytes: Buffer.from('x'), bounds: [0, 1] })).rejects.toMatchObject({
      exitCode: 148,
      message: expect.stringContaining(message),
    })
  })

  it('stops taking messages while the broker reads nothing', async () => {
    const { session, peer } = await connect(broker)
    const publisher = startPublisher(session)
    peer.socket.pause()
    const megabyte = 'x'.repeat(1_000_000)
    let taken = 0
    const publishing = (async () => {
      for (; taken < 100; taken++) await publishTexts(publisher, session, 0, [megabyte])
    })()
    while (!session.connection!.lane.needsDrain) await setImmediate()
    // By then it would have taken all.
    for (let turns = 0; turns < 1000; turns++) await setImmediate()
    expect(taken).toBeLessThan(50)
    peer.socket.resume()
    await publishing
    for (let count = 0; count < 100; count++) await peer.packet('PUBLISH')
  })
})
