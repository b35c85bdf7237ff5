import { beforeEach, describe, expect, it } from 'vitest'
import type { ClientOptions } from '../../src/mqtt/client-options.ts'
import { ack, readPublish } from '../support/packets.ts'
import { type Peer, type ScriptedBroker, startScriptedBroker } from '../support/scripted-peer.ts'
import {
  connect,
  lasting as lastingProperties,
  nextTexts,
  publishTexts,
  readShort,
  short,
  startPublisher,
  subscribe,
  textsUntil,
} from './client.ts'

let broker: ScriptedBroker
beforeEach(async () => {
  broker = await startScriptedBroker()
})

/** A session that outlives its connection, where the broker wants it to. */
const lasting: Readonly<Record<4 | 5, Partial<ClientOptions>>> = {
  4: { cleanStart: false },
  5: { protocolVersion: 5, properties: lastingProperties },
}

const everyWay = ([4, 5] as const).flatMap((version) =>
  [true, false].map((sessionPresent) => ({
    version,
    sessionPresent,
    way: `MQTT level ${version}, session ${sessionPresent ? 'present' : 'gone'}`,
  })),
)

/** Properties of CONNACK [MQTT 5, 3.2.2.3]. */
const receiveMaximumOf = (count: number) => [0x21, 0, count]
const maximumPacketSizeOf = (size: number) => [0x27, 0, 0, 0, size]

/** Never in use by a message of these tests. */
const UNUSED_ID = 60_000

/** Fails when the client has sent anything that was not read: its answer to a PUBREC has to come next. */
async function expectNothingMore(peer: Peer): Promise<void> {
  peer.send(ack('PUBREC', UNUSED_ID))
  expect(await readShort(peer, 1)).toEqual([`PUBREL ${UNUSED_ID}`])
}

/** Sees a message to its end that was shown in short. */
async function complete(peer: Peer, qos: number, packet: string): Promise<void> {
  const id = Number(/\d+(?= DUP$|$)/.exec(packet)![0])
  if (qos === 1) {
    peer.send(ack('PUBACK', id))
    return
  }
  if (packet.startsWith('PUBLISH')) {
    peer.send(ack('PUBREC', id))
    expect(await readShort(peer, 1)).toEqual([`PUBREL ${id}`])
  }
  peer.send(ack('PUBCOMP', id))
}

/** How far a message has come when the broker cuts the connection, and what of it comes again on the next. */
interface Stage {
  readonly qos: 1 | 2
  /** The broker has sent PUBREC and read PUBREL. */
  readonly released?: true
  /** The last that the broker sends, whole or without its last byte. */
  readonly last?: { readonly type: 'PUBACK' | 'PUBREC' | 'PUBCOMP'; readonly cut?: true }
  readonly again: 'PUBLISH' | 'PUBREL' | 'nothing'
}

const stages = {
  'PUBLISH, QoS 1': { qos: 1, again: 'PUBLISH' },
  'half a PUBACK': { qos: 1, last: { type: 'PUBACK', cut: true }, again: 'PUBLISH' },
  PUBACK: { qos: 1, last: { type: 'PUBACK' }, again: 'nothing' },
  'PUBLISH, QoS 2': { qos: 2, again: 'PUBLISH' },
  'half a PUBREC': { qos: 2, last: { type: 'PUBREC', cut: true }, again: 'PUBLISH' },
  PUBREC: { qos: 2, last: { type: 'PUBREC' }, again: 'PUBREL' },
  PUBREL: { qos: 2, released: true, again: 'PUBREL' },
  'half a PUBCOMP': { qos: 2, released: true, last: { type: 'PUBCOMP', cut: true }, again: 'PUBREL' },
  PUBCOMP: { qos: 2, released: true, last: { type: 'PUBCOMP' }, again: 'nothing' },
} as const satisfies Record<string, Stage>

type StageName = keyof typeof stages

/** Several messages at once, each at its stage. Only the last answer of a connection can be cut. */
const mixed: readonly StageName[] = [
  'PUBREL',
  'PUBLISH, QoS 1',
  'PUBACK',
  'PUBREC',
  'PUBLISH, QoS 2',
  'PUBCOMP',
  'half a PUBCOMP',
  'PUBLISH, QoS 1',
]

/** Brings messages to their stages and cuts the connection. @returns their identifiers. */
async function cutAt(peer: Peer, messages: readonly Stage[]): Promise<number[]> {
  const ids: number[] = []
  for (const _ of messages) ids.push(readPublish(await peer.packet('PUBLISH'), peer.version).packetId!)
  const each = messages.map((stage, index) => ({ ...stage, id: ids[index]! }))
  const reasonCode = peer.version === 5 ? 0 : undefined
  for (const { released, id } of each) {
    if (!released) continue
    peer.send(ack('PUBREC', id, reasonCode))
    expect(await readShort(peer, 1)).toEqual([`PUBREL ${id}`])
  }
  for (const cut of [undefined, true]) {
    for (const { last, id } of each) {
      if (last !== undefined && last.cut === cut) peer.send(ack(last.type, id, reasonCode).subarray(0, cut && -1))
    }
  }
  peer.end()
  return ids
}

describe('Publisher, when the connection is cut', () => {
  const cuts = [...Object.keys(stages).map((name) => [name as StageName]), mixed].flatMap((names) =>
    everyWay.map((way) => ({ ...way, names, cut: names.length === 1 ? names[0] : 'each of these at once' })),
  )

  it.each(cuts)('goes on after $cut, $way', async ({ names, version, sessionPresent }) => {
    const { session, peer } = await connect(broker, lasting[version])
    const publisher = startPublisher(session)
    const messages = names.map((name, index) => ({ ...(stages[name] as Stage), text: `message-${index}` }))
    for (const { qos, text } of messages) await publishTexts(publisher, session, qos, [text])
    const ids = await cutAt(peer, messages)

    const again = await broker.connection()
    await again.accept({ sessionPresent })
    const expected = messages.flatMap(({ again: type, text, qos }, index) => {
      if (type === 'nothing') return []
      const publish = `PUBLISH ${text} ${ids[index]}${sessionPresent ? ' DUP' : ''}`
      return [{ qos, packet: sessionPresent && type === 'PUBREL' ? `PUBREL ${ids[index]}` : publish }]
    })
    expect(await readShort(again, expected.length)).toEqual(expected.map(({ packet }) => packet))
    expect(publisher.unacknowledged).toBe(expected.length)
    // Each of them is a new message to a broker that has forgotten the session.
    const repeated = sessionPresent ? 0 : expected.filter(({ qos }) => qos === 2).length
    for (const { qos, packet } of expected) await complete(again, qos, packet)

    await publisher.drain()
    expect(publisher.tally).toEqual({
      sent: messages.length,
      acknowledged: messages.length,
      rejected: new Map(),
      sentQos0: 0,
      uncertain: 0,
      repeated,
    })
    const verdict = publisher.verdict()
    if (repeated === 0) expect(verdict).toBeUndefined()
    else expect(verdict?.message).toContain(`up to ${repeated} messages at QoS 2 may have been delivered twice`)
    await session.end()
    await again.packet('DISCONNECT')
  })

  it('sets DUP where the session is present, and clears it where it is gone', async () => {
    const { session, peer } = await connect(broker, lasting[5])
    const publisher = startPublisher(session)
    await publishTexts(publisher, session, 1, ['x', 'y'])
    const ids = await cutAt(peer, [stages['PUBLISH, QoS 1'], stages['PUBLISH, QoS 1']])
    for (const sessionPresent of [true, false, true]) {
      const next = await broker.connection()
      await next.accept({ sessionPresent })
      const packets = await readShort(next, 2)
      expect(packets).toEqual(['x', 'y'].map((text, at) => `PUBLISH ${text} ${ids[at]}${sessionPresent ? ' DUP' : ''}`))
      next.end()
    }
  })

  it('keeps the order where the identifiers start over', async () => {
    const { session, peer } = await connect(broker, lasting[4])
    for (let count = 0; count < 0xfffe; count++) session.ids.deallocate(session.ids.allocateForPublish())
    const publisher = startPublisher(session)
    await publishTexts(publisher, session, 1, ['x', 'y', 'z'])
    expect(await cutAt(peer, Array(3).fill(stages['PUBLISH, QoS 1']))).toEqual([65_535, 1, 2])
    const again = await broker.connection()
    await again.accept({ sessionPresent: true })
    expect(await readShort(again, 3)).toEqual(['PUBLISH x 65535 DUP', 'PUBLISH y 1 DUP', 'PUBLISH z 2 DUP'])
  })

  const windows = ([1, 2] as const).flatMap((qos) =>
    [1, 10].flatMap((receiveMaximum) =>
      [true, false].map((sessionPresent) => ({ qos, receiveMaximum, sessionPresent })),
    ),
  )

  it.each(windows)(
    'keeps to Receive Maximum $receiveMaximum of the next connection, QoS $qos, session present: $sessionPresent',
    async ({ qos, receiveMaximum, sessionPresent }) => {
      const { session, peer } = await connect(broker, lasting[5])
      const publisher = startPublisher(session)
      const texts = Array.from({ length: 25 }, (_, index) => `message-${index}`)
      await publishTexts(publisher, session, qos, texts.slice(0, 23))
      await readShort(peer, 23)
      peer.end()
      const again = await broker.connection()
      const later = publishTexts(publisher, session, qos, texts.slice(23))
      await again.accept({ sessionPresent, properties: receiveMaximumOf(receiveMaximum) })
      const inFlight = await readShort(again, receiveMaximum)
      const seen: string[] = []
      while (inFlight.length > 0) {
        await expectNothingMore(again)
        const packet = inFlight.shift()!
        seen.push(packet)
        await complete(again, qos, packet)
        if (seen.length + inFlight.length < texts.length) inFlight.push(...(await readShort(again, 1)))
      }
      await later
      await publisher.drain()
      const dup = (index: number) => sessionPresent && index < 23
      expect(seen.map((packet) => packet.replace(/ \d+/, ''))).toEqual(
        texts.map((text, index) => `PUBLISH ${text}${dup(index) ? ' DUP' : ''}`),
      )
      expect(publisher.tally).toMatchObject({ sent: 25, acknowledged: 25 })
    },
  )

  it.each([1, 2] as const)('ignores answers to a message of QoS %d that it has not sent again yet', async (qos) => {
    const { session, peer } = await connect(broker, lasting[5])
    const publisher = startPublisher(session)
    await publishTexts(publisher, session, qos, ['x', 'y'])
    const [x, y] = await cutAt(peer, [
      { qos, again: 'PUBLISH' },
      { qos, again: 'PUBLISH' },
    ])
    const again = await broker.connection()
    await again.accept({ sessionPresent: true, properties: receiveMaximumOf(1) })
    expect(await readShort(again, 1)).toEqual([`PUBLISH x ${x} DUP`])
    again.send(Buffer.concat([ack('PUBACK', y!), ack('PUBREC', y!), ack('PUBREC', y!, 0x87), ack('PUBCOMP', y!)]))
    await expectNothingMore(again)
    await complete(again, qos, `PUBLISH x ${x}`)
    expect(await readShort(again, 1)).toEqual([`PUBLISH y ${y} DUP`])
    await complete(again, qos, `PUBLISH y ${y}`)
    await publisher.drain()
    expect(publisher.tally).toMatchObject({ sent: 2, acknowledged: 2 })
  })

  it('takes "packet identifier in use" for PUBREC of a message that comes again', async () => {
    const { session, peer } = await connect(broker, lasting[5])
    const publisher = startPublisher(session)
    await publishTexts(publisher, session, 2, ['x'])
    const [x] = await cutAt(peer, [stages['PUBLISH, QoS 2']])
    const again = await broker.connection()
    await again.accept({ sessionPresent: true })
    expect(await readShort(again, 1)).toEqual([`PUBLISH x ${x} DUP`])
    await publishTexts(publisher, session, 2, ['y'])
    const y = readPublish(await again.packet('PUBLISH'), 5).packetId!
    again.send(Buffer.concat([ack('PUBREC', x!, 0x91), ack('PUBREC', y, 0x91)]))
    expect(await readShort(again, 1)).toEqual([`PUBREL ${x}`])
    again.send(ack('PUBCOMP', x!))
    await publisher.drain()
    expect(publisher.tally).toMatchObject({ sent: 2, acknowledged: 1, rejected: new Map([[0x91, 1]]) })
  })

  it('sends again also more than it would have unacknowledged', async () => {
    const { session, peer } = await connect(broker)
    const publisher = startPublisher(session)
    const texts = Array.from({ length: 17 }, () => 'x'.repeat(1_000_000))
    await publishTexts(publisher, session, 1, texts)
    for (const _ of texts) await peer.packet('PUBLISH')
    peer.end()
    const again = await broker.connection()
    await again.accept()
    for (const _ of texts) again.send(ack('PUBACK', readPublish(await again.packet('PUBLISH'), 4).packetId!))
    await publisher.drain()
  })
})

describe('Publisher, with Maximum Packet Size', () => {
  it.each([0, 1, 2] as const)('rejects only the messages above it, QoS %d', async (qos) => {
    const fitting = qos === 0 ? 7 : 9
    const connack = { properties: maximumPacketSizeOf(fitting) }
    const { session, peer } = await connect(broker, lasting[5], connack)
    const publisher = startPublisher(session)
    await publishTexts(publisher, session, qos, ['x', 'too long', 'y', 'yz', 'z'])
    const packets = [await peer.packet(), await peer.packet(), await peer.packet()]
    expect(packets.map(({ bytes }) => bytes.length)).toEqual([fitting, fitting, fitting])
    expect(packets.map((packet) => readPublish(packet, 5).payload.toString())).toEqual(['x', 'y', 'z'])
    for (const packet of packets) if (qos > 0) await complete(peer, qos, short(packet, 5))
    await publisher.drain()
    expect(publisher.tally).toMatchObject({ sent: 5, acknowledged: 3, rejected: new Map([[149, 2]]) })
    expect(publisher.verdict()).toMatchObject({ exitCode: 149 })
    await session.end()
    await peer.packet('DISCONNECT')
  })

  it.each([[['too long']], [['too long', 'x']]])(
    'rejects of %j what is above that of the next connection',
    async (texts) => {
      const { session, peer } = await connect(broker, lasting[5])
      const publisher = startPublisher(session)
      await publishTexts(publisher, session, 1, texts)
      const drained = publisher.drain()
      const ids = await cutAt(peer, Array(texts.length).fill(stages['PUBLISH, QoS 1']))
      const again = await broker.connection()
      const properties = [...receiveMaximumOf(1), ...maximumPacketSizeOf(9)]
      await again.accept({ sessionPresent: true, properties })
      if (texts.length > 1) {
        expect(await readShort(again, 1)).toEqual([`PUBLISH x ${ids[1]} DUP`])
        again.send(ack('PUBACK', ids[1]!))
      }
      await drained
      expect(publisher.tally).toMatchObject({ acknowledged: texts.length - 1, rejected: new Map([[149, 1]]) })
      await session.end()
      await again.packet('DISCONNECT')
    },
  )
})

/** What has passed when the connection is cut, and what the broker repeats where the session is present. */
interface IncomingCut {
  readonly qos: 1 | 2
  readonly cut: string
  /** The consumer has asked for more, so that the message was acknowledged. */
  readonly acknowledged?: true
  readonly pubrel?: 'half' | 'whole'
  readonly repeats: 'PUBLISH' | 'PUBREL' | 'nothing'
}

const incomingCuts: readonly IncomingCut[] = [
  { qos: 1, cut: 'PUBLISH', repeats: 'PUBLISH' },
  { qos: 1, cut: 'PUBACK that is lost', acknowledged: true, repeats: 'PUBLISH' },
  { qos: 1, cut: 'PUBACK', acknowledged: true, repeats: 'nothing' },
  { qos: 2, cut: 'PUBLISH', repeats: 'PUBLISH' },
  { qos: 2, cut: 'PUBREC that is lost', acknowledged: true, repeats: 'PUBLISH' },
  { qos: 2, cut: 'PUBREC', acknowledged: true, repeats: 'PUBREL' },
  { qos: 2, cut: 'half a PUBREL', acknowledged: true, pubrel: 'half', repeats: 'PUBREL' },
  { qos: 2, cut: 'PUBCOMP that is lost', acknowledged: true, pubrel: 'whole', repeats: 'PUBREL' },
  { qos: 2, cut: 'PUBCOMP', acknowledged: true, pubrel: 'whole', repeats: 'nothing' },
]

describe('Subscription, when the connection is cut', () => {
  const cuts = incomingCuts.flatMap((cut) => everyWay.map((way) => ({ ...cut, ...way })))

  it.each(cuts)('goes on after $cut, QoS $qos, $way', async (row) => {
    const { qos, version, sessionPresent, acknowledged, pubrel } = row
    const connected = await connect(broker, lasting[version])
    const { peer, session } = connected
    const subscription = await subscribe(connected, qos)
    const first = nextTexts(subscription)
    const x = { topic: 'a', payload: 'x', qos, packetId: 7 }
    peer.publish(x)
    expect(await first).toEqual(['x'])
    const acknowledgement = qos === 1 ? 'PUBACK 7' : 'PUBREC 7'
    let rest: Promise<string[]> | undefined
    if (acknowledged) {
      rest = textsUntil('y', subscription)
      expect(await readShort(peer, 1)).toEqual([acknowledgement])
    }
    if (pubrel !== undefined) peer.send(ack('PUBREL', 7).subarray(0, pubrel === 'half' ? 3 : 4))
    if (pubrel === 'whole') expect(await readShort(peer, 1)).toEqual(['PUBCOMP 7'])
    peer.end()

    const again = await broker.connection()
    await again.accept({ sessionPresent })
    if (!sessionPresent) await again.acceptSubscribe(qos)
    rest ??= textsUntil('y', subscription)
    const repeats = sessionPresent ? row.repeats : 'PUBLISH'
    if (repeats === 'PUBLISH') {
      again.publish({ ...x, dup: sessionPresent })
      expect(await readShort(again, 1)).toEqual([acknowledgement])
    }
    if (qos === 2 && repeats !== 'nothing') {
      again.send(ack('PUBREL', 7))
      expect(await readShort(again, 1)).toEqual(['PUBCOMP 7'])
    }
    again.publish({ ...x, payload: 'y' })
    const isNew = qos === 1 ? repeats === 'PUBLISH' : !sessionPresent
    expect(await rest).toEqual(isNew ? ['x', 'y'] : ['y'])
    await session.end()
    await again.packet('DISCONNECT')
  })

  it.each(everyWay)('delivers what waits for the consumer, acknowledges what came again, $way', async (way) => {
    const { version, sessionPresent } = way
    const connected = await connect(broker, lasting[version])
    const { peer, session } = connected
    const subscription = await subscribe(connected, 2)
    const first = nextTexts(subscription)
    peer.publish({ topic: 'a', payload: 'w', qos: 1, packetId: 1 })
    expect(await first).toEqual(['w'])
    const x = { topic: 'a', payload: 'x', qos: 1, packetId: 2 }
    const y = { topic: 'a', payload: 'y', qos: 2, packetId: 3 }
    peer.together(() => {
      for (const each of [x, y]) peer.publish(each)
      peer.send(ack('PUBREL', 99))
    })
    expect(await readShort(peer, 1)).toEqual(['PUBCOMP 99'])
    // The broker can't cut a connection from which nobody reads; the keep alive does.
    session.connection!.lane.destroy()

    const again = await broker.connection()
    await again.accept({ sessionPresent })
    if (!sessionPresent) await again.acceptSubscribe(2)
    again.together(() => {
      for (const each of [x, y]) again.publish({ ...each, dup: sessionPresent })
    })
    const taken: unknown[] = []
    for (let count = 0; count < 2; count++) taken.push(await nextTexts(subscription))
    expect(taken).toEqual([['x', 'y'], sessionPresent ? ['x'] : ['x', 'y']])
    void subscription.next()
    expect((await readShort(again, 2)).sort()).toEqual(['PUBACK 2', 'PUBREC 3'])
    again.send(ack('PUBREL', 3))
    expect(await readShort(again, 1)).toEqual(['PUBCOMP 3'])
    await session.end()
    await again.packet('DISCONNECT')
  })

  it('leaves only after PUBCOMP for what came again', async () => {
    const connected = await connect(broker, lasting[4])
    const subscription = await subscribe(connected, 2)
    const x = { topic: 'a', payload: 'x', qos: 2, packetId: 7 }
    const first = nextTexts(subscription)
    connected.peer.publish(x)
    expect(await first).toEqual(['x'])
    connected.peer.end()
    const again = await broker.connection()
    await again.accept({ sessionPresent: true })
    const second = nextTexts(subscription)
    again.publish({ ...x, dup: true })
    expect(await second).toEqual([])
    subscription.acknowledge()
    expect(await readShort(again, 1)).toEqual(['PUBREC 7'])
    const left = subscription.finish(10_000).then(() => connected.session.end())
    again.send(ack('PUBREL', 7))
    expect(await readShort(again, 1)).toEqual(['PUBCOMP 7'])
    await again.packet('DISCONNECT')
    await left
  })

  it('reads SUBACK behind messages while the consumer asks for no more', async () => {
    const connected = await connect(broker)
    const subscription = await subscribe(connected, 0)
    const first = nextTexts(subscription)
    connected.peer.publish({ topic: 'a', payload: 'x' })
    expect(await first).toEqual(['x'])
    connected.peer.end()
    const again = await broker.connection()
    await again.accept()
    const { body } = await again.packet('SUBSCRIBE')
    again.publish({ topic: 'a', payload: 'retained', retain: true })
    again.publish({ topic: 'a', payload: 'retained', retain: true })
    again.send(ack('PUBREL', 99))
    expect(await readShort(again, 1)).toEqual(['PUBCOMP 99'])
    again.suback(body.readUInt16BE(0), [0])
    again.send(ack('PUBREL', 99))
    expect(await readShort(again, 1)).toEqual(['PUBCOMP 99'])
  })
})
