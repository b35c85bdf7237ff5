import { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ClientOptions } from '../../src/mqtt/client-options.ts'
import { Lane } from '../../src/mqtt/lane.ts'
import { MalformedPacketError } from '../../src/mqtt/malformed.ts'
import { Session } from '../../src/mqtt/session.ts'
import { Subscription } from '../../src/mqtt/subscription.ts'
import { ack, packet, publishPacket, varint } from '../support/packets.ts'
import { type ScriptedBroker, startScriptedBroker } from '../support/scripted-peer.ts'
import {
  connect,
  nextTexts,
  optionsFor,
  publishTexts,
  readShort,
  startPublisher,
  subscribe,
  textsUntil,
} from './client.ts'

let broker: ScriptedBroker
beforeEach(async () => {
  broker = await startScriptedBroker()
})

const properties = Buffer.from([0x26, 0, 1, 0x6e, 0, 1, 0x76])

describe('Lane', () => {
  it.each([
    { protocolVersion: 4, segmentSize: 1 },
    { protocolVersion: 5, segmentSize: 1 },
    { protocolVersion: 5, segmentSize: 7 },
  ] as const)('takes segments of $segmentSize bytes, MQTT level $protocolVersion', async (row) => {
    const slow = await startScriptedBroker({ segmentSize: row.segmentSize })
    const connack = { properties: [0x21, 0, 9] }
    const connected = await connect(slow, { protocolVersion: row.protocolVersion }, connack)
    const { peer, session } = connected
    const publisher = startPublisher(session)
    const texts = textsUntil('long'.repeat(100), await subscribe(connected, 2))
    peer.publish({ topic: 'a', payload: 'x', qos: 0 })
    peer.publish({ topic: 'a', payload: '', qos: 1, packetId: 1, properties })
    peer.publish({ topic: 'a', payload: 'long'.repeat(100), qos: 2, packetId: 0x3030, properties })
    expect(await texts).toEqual(['x', '', 'long'.repeat(100)])
    connected.session.subscription!.acknowledge()
    expect(await readShort(peer, 2)).toEqual(['PUBACK 1', `PUBREC ${0x3030}`])
    peer.send(ack('PUBREL', 0x3030))
    expect(await readShort(peer, 1)).toEqual([`PUBCOMP ${0x3030}`])

    await publishTexts(publisher, session, 1, ['m'])
    await publishTexts(publisher, session, 2, ['n'])
    const [m, n] = (await readShort(peer, 2)).map((publish) => Number(publish.split(' ')[2]))
    const reasonCode = row.protocolVersion === 5 ? 0x10 : undefined
    peer.send(ack('PUBACK', m!, reasonCode))
    peer.send(ack('PUBREC', n!, reasonCode))
    expect(await readShort(peer, 1)).toEqual([`PUBREL ${n}`])
    peer.send(ack('PUBCOMP', n!))
    await publisher.drain()
    expect(publisher.tally).toMatchObject({ sent: 2, acknowledged: 2, rejected: new Map() })
    await session.end()
    expect(await readShort(peer, 1)).toEqual(['DISCONNECT'])
  })

  it('takes what comes in one segment with CONNACK', async () => {
    const connecting = Session.connect(optionsFor(broker, { cleanStart: false }), {
      signal: new AbortController().signal,
      notice: () => {},
    })
    const peer = await broker.connection()
    await peer.packet('CONNECT')
    peer.together(() => {
      peer.connack({ sessionPresent: true })
      peer.publish({ topic: 'a', payload: 'x', qos: 1, packetId: 1 })
      peer.publish({ topic: 'a', payload: 'y' })
      peer.send(Buffer.concat([ack('PUBREC', 8), ack('PUBREL', 9)]))
    })
    const session = await connecting
    const subscription = new Subscription(session, [], () => {})
    startPublisher(session)
    expect(await readShort(peer, 2)).toEqual(['PUBREL 8', 'PUBCOMP 9'])
    expect(await nextTexts(subscription)).toEqual(['x', 'y'])
  })

  it('takes packets of all kinds in one segment, and the end behind them', async () => {
    const connected = await connect(broker, { reconnect: { attempts: 0, delayMs: 1, maxDelayMs: 1 } })
    const { peer, session } = connected
    const publisher = startPublisher(session)
    const subscription = await subscribe(connected, 1)
    await publishTexts(publisher, session, 1, ['m'])
    const [m] = (await readShort(peer, 1)).map((publish) => Number(publish.split(' ')[2]))
    peer.together(() => {
      peer.publish({ topic: 'a', payload: 'x' })
      peer.send(Buffer.concat([ack('PUBREC', 8), packet('PINGRESP', 0), ack('PUBACK', m!), ack('PUBREL', 9)]))
      peer.publish({ topic: 'a', payload: 'y', qos: 1 })
      peer.end()
    })
    await publisher.drain()
    expect(await readShort(peer, 2)).toEqual(['PUBREL 8', 'PUBCOMP 9'])
    expect(await nextTexts(subscription)).toEqual(['x', 'y'])
    await expect(subscription.next()).rejects.toMatchObject({ exitCode: 7, message: expect.stringContaining('lost') })
  })

  const limited = { maxPacketSize: 100 }
  const v5 = { protocolVersion: 5 } as const
  /** Behind the length of a PUBLISH in MQTT 5 without payload. */
  const publish5 = (...body: readonly number[]) => packet('PUBLISH', 0, [0, 1, 0x61], body)

  it.each<[says: string, bytes: readonly number[] | Buffer, options?: Partial<ClientOptions>]>([
    ['PUBLISH with QoS 3', packet('PUBLISH', 6, [0, 1, 0x61, 0, 1])],
    ['PUBLISH with a topic longer than the packet', packet('PUBLISH', 0, [0, 9, 0x61])],
    ['PUBLISH with packet identifier 0', packet('PUBLISH', 2, [0, 1, 0x61, 0, 0])],
    ['PUBLISH with a wildcard in its topic', packet('PUBLISH', 0, [0, 1, 0x23])],
    ['PUBLISH with properties longer than the packet', publish5(2, 0x01), v5],
    ['PUBLISH with a malformed property length', publish5(0x80, 0x80, 0x80, 0x80), v5],
    ['a Remaining Length of more than 4 bytes', [0x30, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['a packet of 101 bytes, more than the 100 allowed', [0x30, ...varint(99)], limited],
    ['a packet of 101 bytes, more than the 100 allowed', [0x90, ...varint(99)], { ...limited, ...v5 }],
    ['an acknowledgement without packet identifier', packet('PUBACK', 0, [0])],
    ['an acknowledgement without packet identifier', packet('PUBREC', 0)],
    ['an acknowledgement with packet identifier 0', packet('PUBREL', 2, [0, 0])],
    ['an acknowledgement with properties longer than the packet', packet('PUBACK', 0, [0, 9, 0x87, 9]), v5],
    ['an acknowledgement with flags of 2', packet('PUBACK', 2, [0, 1])],
    ['an acknowledgement with flags of 0', packet('PUBREL', 0, [0, 1])],
    ['PINGRESP that says something', packet('PINGRESP', 0, [0])],
    ['PINGRESP that says something', packet('PINGRESP', 1), v5],
    ['a packet of type 0, which has no place there', [0x00, 0]],
    ['a packet of type 8, which has no place there', packet('SUBSCRIBE', 2, [0, 1, 0, 1, 0x61, 0])],
    ['a packet of type 14, which has no place there', packet('DISCONNECT', 0)],
    ['a packet of type 9 that is cut off', packet('SUBACK', 0, [])],
    ['SUBACK without reason code', packet('SUBACK', 0, [0, 1, 0]), v5],
    ['properties longer than their packet', packet('SUBACK', 0, [0, 1, 9, 0]), v5],
    ['a property runs past the end of its packet', packet('DISCONNECT', 0, [0, 4, 0x1f, 0, 9, 0x61]), v5],
    ['property 0x13 in a packet of type 14', packet('DISCONNECT', 0, [0, 3, 0x13, 0, 1]), v5],
    ['property 0x13 twice', packet('CONNACK', 0, [0, 0, 6, 0x13, 0, 1, 0x13, 0, 1]), v5],
    ['property 0x21 of 0', packet('CONNACK', 0, [0, 0, 3, 0x21, 0, 0]), v5],
    ['property 0x24 of 2', packet('CONNACK', 0, [0, 0, 2, 0x24, 2]), v5],
  ])('closes the connection for good over %s', async (says, bytes, options) => {
    const connected = await connect(broker, options)
    const { peer, session } = connected
    const publisher = startPublisher(session)
    const subscription = await subscribe(connected, 0)
    await publishTexts(publisher, session, 1, ['acknowledged', 'not acknowledged'])
    const [id] = (await readShort(peer, 2)).map((publish) => Number(publish.split(' ')[2]))
    peer.together(() => {
      peer.publish({ topic: 'a', payload: 'sound' })
      peer.send(ack('PUBACK', id!))
      peer.send(bytes)
    })
    const failure = { exitCode: 7, message: expect.stringMatching(new RegExp(`not speak MQTT .* it sent ${says}$`)) }
    await expect(publisher.drain()).rejects.toMatchObject(failure)
    expect(publisher.tally).toMatchObject({ sent: 2, acknowledged: 1 })
    expect(await nextTexts(subscription)).toEqual(['sound'])
    await expect(subscription.next()).rejects.toMatchObject(failure)
    await peer.closed
  })

  it('takes PUBREL with DUP, which MQTT 3.1 sets on what is sent again', async () => {
    const { peer, session } = await connect(broker)
    startPublisher(session)
    session.subscription = new Subscription(session, [], () => {})
    peer.send(packet('PUBREL', 0x0a, [0, 7]))
    expect(await readShort(peer, 1)).toEqual(['PUBCOMP 7'])
  })

  it('reads nothing of what it has got while paused, behind what is malformed', async () => {
    const socket = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() })
    const lane = new Lane(socket, undefined)
    const controls: Buffer[] = []
    lane.control.on('data', (packet: Buffer) => controls.push(packet))
    lane.pause()
    socket.push(packet('PUBACK', 0, [0, 0]))
    socket.push(packet('SUBACK', 0, [0, 1, 0]))
    lane.resume()
    expect(await lane.closed).toEqual(new MalformedPacketError('a packet before CONNACK'))
    expect(controls).toEqual([])
  })

  it.each(['before', 'behind'])('answers PINGREQ itself that comes %s its pause', async (when) => {
    const socket = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() })
    const lane = new Lane(socket, undefined)
    const controls: Buffer[] = []
    lane.control.on('data', (each: Buffer) => controls.push(each))
    const ping = () => lane.control.write(packet('PINGREQ', 0))
    if (when === 'before') ping()
    lane.pause()
    if (when === 'behind') ping()
    await setImmediate()
    expect(controls).toEqual([packet('PINGRESP', 0)])
  })

  it('hands on to MQTT.js neither messages nor their acknowledgements', async () => {
    const socket = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() })
    const lane = new Lane(socket, undefined)
    const controls: Buffer[] = []
    lane.control.on('data', (each: Buffer) => controls.push(each))
    const [connack, suback] = [packet('CONNACK', 0, [0, 0]), packet('SUBACK', 0, [0, 1, 0])]
    const acks = (['PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP'] as const).map((type) => ack(type, 1))
    const got: string[] = []
    socket.push(Buffer.concat([connack, publishPacket({ topic: 'a', qos: 2 }), ...acks, suback]))
    await setImmediate()
    lane.open({
      publish: ({ topic }) => got.push(topic),
      acknowledgement: (type) => got.push(String(type)),
      chunkDone: () => {},
      pingSent: () => {},
      pingAnswered: () => {},
    })
    await setImmediate()
    expect(got).toEqual(['a', '4', '5', '6', '7'])
    expect(controls).toEqual([connack, suback])
  })

  it.each([
    ['a second CONNACK', packet('CONNACK', 0, [0, 0])],
    ['SUBACK with flags', packet('SUBACK', 1, [0, 1, 0])],
  ])('loses the connection over %s', async (_name, bytes) => {
    const connected = await connect(broker, { reconnect: { attempts: 0, delayMs: 1, maxDelayMs: 1 } })
    const subscription = await subscribe(connected, 0)
    connected.peer.send(bytes)
    await expect(subscription.next()).rejects.toMatchObject({
      exitCode: 7,
      message: expect.stringMatching(/^the connection to \S+ was lost: ./),
    })
    await connected.peer.closed
  })

  it.each([
    ['PUBLISH', publishPacket({ topic: 'a' })],
    ['PUBACK', ack('PUBACK', 1)],
  ])('closes a connection for good on which %s comes before CONNACK', async (_name, bytes) => {
    const failure = { exitCode: 7, message: expect.stringMatching(/does not speak MQTT .* a packet before CONNACK$/) }
    const events = { signal: new AbortController().signal, notice: () => {} }
    const first = Session.connect(optionsFor(broker), events)
    void broker.connection().then((peer) => peer.send(bytes))
    await expect(first).rejects.toMatchObject(failure)

    const { session, peer } = await connect(broker)
    const publisher = startPublisher(session)
    await publishTexts(publisher, session, 1, ['x'])
    peer.end()
    const again = await broker.connection()
    again.send(Buffer.concat([bytes, packet('CONNACK', 0, [0, 0])]))
    await expect(publisher.drain()).rejects.toMatchObject(failure)
    await again.closed
  })
})
