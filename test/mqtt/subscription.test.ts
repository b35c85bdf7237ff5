import { beforeEach, describe, expect, it } from 'vitest'
import type { Delivery, Subscription } from '../../src/mqtt/subscription.ts'
import { ack, packet, publishPacket, withLength } from '../support/packets.ts'
import { type Peer, type ScriptedBroker, startScriptedBroker } from '../support/scripted-peer.ts'
import {
  type Connected,
  connect,
  groupOf,
  nextTexts,
  noProperties,
  publishTexts,
  readShort,
  startPublisher,
  subscribe,
} from './client.ts'

let broker: ScriptedBroker
beforeEach(async () => {
  broker = await startScriptedBroker()
})

describe('Subscription', () => {
  it('yields the messages of a segment as one batch, in order', async () => {
    const connected = await connect(broker)
    const subscription = await subscribe(connected, 0)
    connected.peer.send(Buffer.concat(['x', '', 'z'].map((payload) => publishPacket({ topic: 'a', payload }))))
    expect(await nextTexts(subscription)).toEqual(['x', '', 'z'])
  })

  it('acknowledges QoS 1 when the next batch is asked for, not before', async () => {
    const connected = await connect(broker)
    const subscription = await subscribe(connected, 1)
    connected.peer.publish({ topic: 'a', payload: 'x', qos: 1, packetId: 7 })
    expect(await nextTexts(subscription)).toEqual(['x'])
    // Were it acknowledged already, PUBACK would come before this answer.
    connected.peer.send(ack('PUBREL', 99))
    expect((await connected.peer.packet('PUBCOMP')).body).toEqual(Buffer.from([0, 99]))
    void subscription.next().catch(() => {})
    expect((await connected.peer.packet('PUBACK')).body).toEqual(Buffer.from([0, 7]))
  })

  it('acknowledges only as many as it is told, and leaves the rest', async () => {
    const connected = await connect(broker)
    const subscription = await subscribe(connected, 1)
    const two = [1, 2].map((packetId) => publishPacket({ topic: 'a', qos: 1, packetId }))
    connected.peer.send(Buffer.concat(two))
    await subscription.next()
    subscription.acknowledge(1)
    await connected.session.end()
    expect((await connected.peer.packet('PUBACK')).body).toEqual(Buffer.from([0, 1]))
    await connected.peer.packet('DISCONNECT')
  })

  it('puts topics in place of the aliases that it has allowed, on each connection anew', async () => {
    const options = {
      protocolVersion: 5,
      properties: { ...noProperties, connect: [['topic-alias-maximum', 2]] },
    } as const
    const connected = await connect(broker, options)
    const subscription = await subscribe(connected, 0)
    const publish = (peer: Peer, topic: string, alias: number) =>
      peer.publish({ topic, properties: Buffer.of(0x23, 0, alias) })
    publish(connected.peer, 'a/b', 1)
    publish(connected.peer, 'c', 2)
    publish(connected.peer, '', 1)
    publish(connected.peer, 'd', 2)
    publish(connected.peer, '', 2)
    const topics: string[] = []
    while (topics.length < 5) topics.push(...(await subscription.next())!.map((message) => message.topic))
    expect(topics).toEqual(['a/b', 'c', 'a/b', 'd', 'd'])

    const waiting = subscription.next()
    connected.peer.destroy()
    const peer = await broker.connection()
    await peer.accept()
    await peer.acceptSubscribe(0)
    publish(peer, 'e', 1)
    expect((await waiting)!.map((message) => message.topic)).toEqual(['e'])
    publish(peer, '', 2)
    await expect(subscription.next()).rejects.toThrow('PUBLISH with topic alias 2, which has no topic yet')
  })

  it('delivers a QoS 2 message once, however often it comes before PUBREL', async () => {
    const connected = await connect(broker)
    const { peer } = connected
    const subscription = await subscribe(connected, 2)
    const publish = { topic: 'a', payload: 'x', qos: 2, packetId: 3 }
    peer.publish(publish)
    expect(await nextTexts(subscription)).toEqual(['x'])
    peer.publish({ ...publish, dup: true })
    expect(await nextTexts(subscription)).toEqual([])
    await peer.packet('PUBREC')
    const next = nextTexts(subscription)
    await peer.packet('PUBREC')
    peer.send(ack('PUBREL', 3))
    await peer.packet('PUBCOMP')
    peer.publish({ ...publish, payload: 'the next with this identifier' })
    expect(await next).toEqual(['the next with this identifier'])
  })

  it.each([4, 5] as const)('answers PUBREL for an identifier that it does not know, MQTT level %d', async (version) => {
    const connected = await connect(broker, { protocolVersion: version })
    await subscribe(connected, 2)
    const reason = version === 5 ? [0x92, ...withLength([0x1f, 0, 1, 0x78])] : []
    connected.peer.send(packet('PUBREL', 2, [0, 9], reason))
    expect((await connected.peer.packet('PUBCOMP')).body).toEqual(Buffer.from([0, 9]))
  })

  it('subscribes again when the broker has forgotten the session', async () => {
    const connected = await connect(broker)
    const subscription = await subscribe(connected, 0)
    connected.peer.destroy()
    const again = await broker.connection()
    await again.accept()
    await again.acceptSubscribe(0)
    again.publish({ topic: 'a', payload: 'x' })
    expect(await nextTexts(subscription)).toEqual(['x'])
  })

  it('ends for good, by DISCONNECT, when a subscription is refused the second time', async () => {
    const connected = await connect(broker)
    const subscription = await subscribe(connected, 0)
    connected.peer.destroy()
    const again = await broker.connection()
    await again.accept()
    await again.acceptSubscribe(0x80)
    await expect(subscription.next()).rejects.toMatchObject({ exitCode: 128 })
    await again.packet('DISCONNECT')
  })

  it('stops reading while nobody asks for more, and answers pings meanwhile', async () => {
    const connected = await connect(broker, { keepAlive: 1 })
    const { peer, session } = connected
    const subscription = await subscribe(connected, 0)
    const payload = Buffer.alloc(100_000)
    for (let count = 0; count < 300; count++) peer.publish({ topic: 'a', payload })
    await subscription.next()
    // Three keep alive times without a PINGRESP that could be read.
    for (let count = 0; count < 3; count++) await peer.packet('PINGREQ')
    expect(session.connection).toBeDefined()
    expect(peer.socket.writableLength).toBeGreaterThan(10_000_000)
    let received = 1
    while (received < 300) received += (await subscription.next())!.length
    expect(received).toBe(300)
  })

  it('subscribes to more later, and again after reconnecting, but for what was taken back', async () => {
    const connected = await connect(broker)
    const subscription = await subscribe(connected, 1)
    const [more, less] = [groupOf(1, 'b'), groupOf(2, 'c', 'd')]
    const adding = Promise.all([subscription.add([more]), subscription.add([less])])
    await connected.peer.acceptSubscribe(0)
    await connected.peer.acceptSubscribe(1, 2)
    expect((await adding).map((granted) => [...granted])).toEqual([
      [['b', 0]],
      [
        ['c', 1],
        ['d', 2],
      ],
    ])
    const removing = subscription.remove([less])
    for (let count = 0; count < 2; count++) await connected.peer.acceptUnsubscribe()
    await removing
    connected.peer.destroy()
    const peer = await broker.connection()
    await peer.accept()
    for (const filter of ['#', 'b']) expect((await peer.acceptSubscribe(1)).body.toString('latin1', 4, 5)).toBe(filter)
    peer.send(ack('PUBREL', 99))
    expect(await readShort(peer, 1)).toEqual(['PUBCOMP 99'])
  })

  it('adds on the next connection what it could not on the one that was lost, and nothing that is refused', async () => {
    const connected = await connect(broker)
    const subscription = await subscribe(connected, 1)
    const adding = subscription.add([groupOf(1, 'b')])
    await connected.peer.packet('SUBSCRIBE')
    connected.peer.destroy()
    const peer = await broker.connection()
    await peer.accept()
    const filters: string[] = []
    while (filters.length < 2) {
      const { body } = await peer.packet('SUBSCRIBE')
      filters.push(body.toString('latin1', 4, 5))
      peer.suback(body.readUInt16BE(0), [filters.at(-1) === 'b' ? 128 : 1])
    }
    expect(filters.sort()).toEqual(['#', 'b'])
    await expect(adding).rejects.toMatchObject({ reasonCode: 128 })
  })

  describe('take', () => {
    /** Deliveries of messages with these packet identifiers, sent together. */
    async function deliver({ peer }: Connected, subscription: Subscription, qos: 1 | 2, ids: readonly number[]) {
      const publishes = ids.map((packetId) => publishPacket({ topic: 'a', payload: String(packetId), qos, packetId }))
      peer.send(Buffer.concat(publishes))
      const deliveries: Delivery[] = []
      while (deliveries.length < ids.length) deliveries.push(...(await subscription.take())!)
      return deliveries
    }

    it.each([
      { qos: 1, type: 'PUBACK' },
      { qos: 2, type: 'PUBREC' },
    ] as const)(
      'acknowledges at QoS $qos in the order of arrival, whatever is settled first',
      async ({ qos, type }) => {
        const connected = await connect(broker)
        const { peer, session } = connected
        const subscription = await subscribe(connected, qos)
        const [first, second, third] = await deliver(connected, subscription, qos, [7, 8])
        const [last] = await deliver(connected, subscription, qos, [9])
        expect(third).toBeUndefined()
        second!.settle()
        last!.settle()
        // Were one of them acknowledged already, that would come before this answer.
        peer.send(ack('PUBREL', 99))
        expect(await readShort(peer, 1)).toEqual(['PUBCOMP 99'])
        first!.settle()
        expect(await readShort(peer, 3)).toEqual([`${type} 7`, `${type} 8`, `${type} 9`])
        await deliver(connected, subscription, qos, [10])
        await session.end()
        expect(await readShort(peer, 1)).toEqual(['DISCONNECT'])
      },
    )

    it('settles a message of an earlier connection without acknowledging its namesake', async () => {
      const connected = await connect(broker)
      const subscription = await subscribe(connected, 1)
      const [before] = await deliver(connected, subscription, 1, [7])
      connected.peer.destroy()
      const peer = await broker.connection()
      await peer.accept({ sessionPresent: true })
      const [after] = await deliver({ ...connected, peer }, subscription, 1, [7])
      before!.settle()
      peer.send(ack('PUBREL', 99))
      expect(await readShort(peer, 1)).toEqual(['PUBCOMP 99'])
      after!.settle()
      expect(await readShort(peer, 1)).toEqual(['PUBACK 7'])
    })

    it('delivers a QoS 2 message once, and acknowledges its repetition on the next connection when it is settled', async () => {
      const connected = await connect(broker)
      const subscription = await subscribe(connected, 2)
      const [first, second] = await deliver(connected, subscription, 2, [7, 8])
      second!.settle()
      connected.peer.destroy()
      const peer = await broker.connection()
      await peer.accept({ sessionPresent: true })
      const again = [7, 8].map((packetId) => publishPacket({ topic: 'a', qos: 2, packetId, dup: true }))
      peer.send(Buffer.concat(again))
      const [next] = await deliver({ ...connected, peer }, subscription, 2, [9])
      expect(next!.message.payload.toString()).toBe('9')
      next!.settle()
      peer.send(ack('PUBREL', 99))
      expect(await readShort(peer, 1)).toEqual(['PUBCOMP 99'])
      first!.settle()
      expect(await readShort(peer, 3)).toEqual(['PUBREC 7', 'PUBREC 8', 'PUBREC 9'])
      for (const id of [7, 8, 9]) peer.send(ack('PUBREL', id))
      expect(await readShort(peer, 3)).toEqual(['PUBCOMP 7', 'PUBCOMP 8', 'PUBCOMP 9'])
      expect(await deliver({ ...connected, peer }, subscription, 2, [7])).toHaveLength(1)
    })

    it.each([
      { qos: 1, type: 'PUBACK' },
      { qos: 2, type: 'PUBREC' },
    ] as const)(
      'leaves out at QoS $qos what is abandoned, and delivers it when it comes again',
      async ({ qos, type }) => {
        const connected = await connect(broker)
        const subscription = await subscribe(connected, qos)
        const [first, second] = await deliver(connected, subscription, qos, [7, 8])
        second!.settle()
        first!.abandon()
        expect(await readShort(connected.peer, 1)).toEqual([`${type} 8`])
        connected.peer.destroy()
        const peer = await broker.connection()
        await peer.accept({ sessionPresent: true })
        const [again] = await deliver({ ...connected, peer }, subscription, qos, [7])
        again!.settle()
        expect(await readShort(peer, 1)).toEqual([`${type} 7`])
      },
    )

    it('forgets with the session what was delivered at QoS 2', async () => {
      const connected = await connect(broker)
      const subscription = await subscribe(connected, 2)
      const [before] = await deliver(connected, subscription, 2, [7])
      connected.peer.destroy()
      const peer = await broker.connection()
      await peer.accept()
      await peer.acceptSubscribe(2)
      const [after] = await deliver({ ...connected, peer }, subscription, 2, [7])
      before!.settle()
      after!.settle()
      expect(await readShort(peer, 1)).toEqual(['PUBREC 7'])
    })
  })

  it('reads on, with nobody asking for more, while a publisher waits for its acknowledgement', async () => {
    const connected = await connect(broker)
    const { peer, session } = connected
    const subscription = await subscribe(connected, 0)
    const publisher = startPublisher(session, 1)
    const payload = Buffer.alloc(100_000)
    for (let count = 0; count < 100; count++) peer.publish({ topic: 'a', payload })
    await subscription.take()
    const published = publishTexts(publisher, session, 1, ['x', 'y'])
    expect(await readShort(peer, 1)).toEqual(['PUBLISH x 2'])
    peer.send(ack('PUBACK', 2))
    expect(await readShort(peer, 1)).toEqual(['PUBLISH y 3'])
    await published
  })
})
