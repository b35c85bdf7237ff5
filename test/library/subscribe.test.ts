import { setImmediate } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  connect,
  type Message,
  publish,
  publishMany,
  RefusedError,
  subscribe,
  UsageError,
} from '../../src/library/index.ts'
import { knownAedes, knownMosquitto } from '../brokers/known-broker.ts'
import { hasMosquitto } from '../support/mosquitto.ts'
import { ack, lengthPrefixed, publishPacket, readPublish } from '../support/packets.ts'
import { type Peer, type ScriptedBroker, startScriptedBroker } from '../support/scripted-peer.ts'
import { connected } from './client.ts'

let broker: ScriptedBroker
beforeEach(async () => {
  broker = await startScriptedBroker()
})

/** Reads until this one comes: all that the client has sent before is seen. */
async function packetsUntil(peer: Peer, type: string): Promise<string[]> {
  const seen: string[] = []
  for (;;) {
    const { type: next, body } = await peer.packet()
    if (next === type) return seen
    seen.push(`${next} ${body.readUInt16BE(0)}`)
  }
}

/** What the client has acknowledged by now: the second of two questions comes after all that the first let happen. */
async function acknowledged(peer: Peer): Promise<string[]> {
  const seen: string[] = []
  for (const packetId of [998, 999]) {
    peer.send(ack('PUBREL', packetId))
    seen.push(...(await packetsUntil(peer, 'PUBCOMP')))
  }
  return seen
}

describe('subscribe', () => {
  it('asks for each filter with its QoS and options, and says what was granted', async () => {
    const { client, peer } = await connected(broker, {}, { properties: [0x29, 0] })
    const subscribing = subscribe(client, {
      'a/#': 2,
      b: { qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 2 },
    })
    const first = await peer.acceptSubscribe(1)
    expect(first.body.subarray(3)).toEqual(Buffer.concat([lengthPrefixed('a/#'), Buffer.of(2)]))
    const second = await peer.acceptSubscribe(0)
    expect(second.body.subarray(3)).toEqual(Buffer.concat([lengthPrefixed('b'), Buffer.of(0b10_11_01)]))
    expect([...(await subscribing).granted]).toEqual([
      ['a/#', 1],
      ['b', 0],
    ])
  })

  it('acknowledges when the promise of the handler is fulfilled, and hands over the next message then', async () => {
    const { client, peer } = await connected(broker)
    const begun: string[] = []
    const ends: (() => void)[] = []
    const handler = async ({ text }: Message) => {
      begun.push(text)
      await new Promise<void>((resolve) => ends.push(resolve))
    }
    const subscribing = subscribe(client, { a: 1 }, handler)
    await peer.acceptSubscribe(1)
    await subscribing
    for (const packetId of [1, 2]) peer.publish({ topic: 'a', payload: `${packetId}`, qos: 1, packetId })
    expect(await acknowledged(peer)).toEqual([])
    expect(begun).toEqual(['1'])
    ends.shift()!()
    expect((await peer.packet('PUBACK')).body.readUInt16BE(0)).toBe(1)
    expect(begun).toEqual(['1', '2'])
  })

  it('ends the client with the error of a handler, and leaves the message unacknowledged', async () => {
    const { client, peer } = await connected(broker)
    const subscribing = subscribe(client, { a: 1 }, () => {
      throw new Error('out of ink')
    })
    await peer.acceptSubscribe(1)
    await subscribing
    peer.publish({ topic: 'a', payload: 'x', qos: 1, packetId: 1 })
    await expect(client.closed).rejects.toThrow('out of ink')
    expect(await packetsUntil(peer, 'DISCONNECT')).toEqual([])
  })

  it('yields batches, and acknowledges one with a single write when the next is asked for', async () => {
    const { client, peer } = await connected(broker)
    const subscribing = subscribe(client, { a: 2 })
    await peer.acceptSubscribe(2)
    const batches = (await subscribing)[Symbol.asyncIterator]()
    const two = ([1, 2] as const).map((packetId) =>
      publishPacket({ topic: 'a', payload: `${packetId}`, qos: packetId, packetId, properties: new Uint8Array() }),
    )
    peer.send(Buffer.concat(two))
    const { value } = await batches.next()
    expect((value as Message[]).map(({ text, qos }) => [text, qos])).toEqual([
      ['1', 1],
      ['2', 2],
    ])
    expect(await acknowledged(peer)).toEqual([])
    const next = batches.next()
    expect((await peer.packet('PUBACK')).body.readUInt16BE(0)).toBe(1)
    expect((await peer.packet('PUBREC')).body.readUInt16BE(0)).toBe(2)
    peer.send(ack('PUBREL', 2))
    await peer.packet('PUBCOMP')
    const ending = client.disconnect()
    expect(await next).toEqual({ value: undefined, done: true })
    await ending
  })

  it('unsubscribes when a loop over it is left, whose last batch stays unacknowledged and holds nothing up', async () => {
    const { client, peer } = await connected(broker)
    const handled: string[] = []
    const others = subscribe(client, { b: 1 }, ({ text }) => handled.push(text))
    await peer.acceptSubscribe(1)
    await others
    const subscribing = subscribe(client, { a: 1 })
    await peer.acceptSubscribe(1)
    const subscription = await subscribing
    const looping = (async () => {
      for await (const _batch of subscription) break
    })()
    peer.publish({ topic: 'a', payload: 'x', qos: 1, packetId: 1 })
    await peer.acceptUnsubscribe(0)
    await looping
    peer.publish({ topic: 'b', payload: 'y', qos: 1, packetId: 2 })
    expect((await peer.packet('PUBACK')).body.readUInt16BE(0)).toBe(2)
    expect(handled).toEqual(['y'])
  })

  it('acknowledges the batch at hand when it is told to', async () => {
    const { client, peer } = await connected(broker)
    const subscribing = subscribe(client, { a: 1 })
    await peer.acceptSubscribe(1)
    const subscription = await subscribing
    peer.publish({ topic: 'a', payload: 'x', qos: 1, packetId: 1 })
    await subscription[Symbol.asyncIterator]().next()
    subscription.acknowledge()
    expect((await peer.packet('PUBACK')).body.readUInt16BE(0)).toBe(1)
    subscription.acknowledge()
    expect(await acknowledged(peer)).toEqual([])
  })

  it('acknowledges a message that two handlers get when both are done', async () => {
    const { client, peer } = await connected(broker)
    let finish: () => void = () => {}
    const calls: string[] = []
    const subscribing = subscribe(
      client,
      { 'a/+': 1, 'a/#': 1 },
      {
        'a/+': (_, filter) => void calls.push(filter),
        'a/#': async (_, filter) => {
          calls.push(filter)
          await new Promise<void>((resolve) => {
            finish = resolve
          })
        },
      },
    )
    const identifiers: number[] = []
    for (let count = 0; count < 2; count++) identifiers.push(...identifierIn((await peer.acceptSubscribe(1)).body))
    await subscribing
    const properties = Buffer.concat(identifiers.map((id) => Buffer.of(0x0b, ...bytesOf(id))))
    peer.publish({ topic: 'a/b', payload: 'x', qos: 1, packetId: 1, properties })
    expect(await acknowledged(peer)).toEqual([])
    expect(calls).toEqual(['a/+', 'a/#'])
    finish()
    await peer.packet('PUBACK')
  })

  it('calls one handler for a copy that is marked for its filter only', async () => {
    const { client, peer } = await connected(broker)
    const calls: string[] = []
    const note = (_: Message, filter: string) => void calls.push(filter)
    const subscribing = subscribe(client, { 'a/+': 1, 'a/#': 1 }, { 'a/+': note, 'a/#': note })
    const identifiers: number[] = []
    for (let count = 0; count < 2; count++) identifiers.push(...identifierIn((await peer.acceptSubscribe(1)).body))
    await subscribing
    for (const [at, id] of identifiers.toReversed().entries()) {
      const properties = Buffer.of(0x0b, ...bytesOf(id))
      peer.publish({ topic: 'a/b', payload: 'x', qos: 1, packetId: at + 1, properties })
    }
    expect(await acknowledged(peer)).toEqual(['PUBACK 1', 'PUBACK 2'])
    expect(calls).toEqual(['a/#', 'a/+'])
  })

  it('hands what no filter matches to the handler for that, wherever it was given; else to who takes all', async () => {
    const { client, peer } = await connected(broker)
    const calls: string[] = []
    const note =
      (name: string) =>
      ({ topic }: Message, filter: string) =>
        void calls.push(`${name} ${topic} ${filter}`)
    const all = subscribe(client, { all: 0 }, note('all'))
    await peer.acceptSubscribe(0)
    await all
    peer.publish({ topic: 'x', payload: '' })
    expect(await acknowledged(peer)).toEqual([])
    const mapped = subscribe(client, { a: 0, b: 0 }, { a: note('a') }, { unmatched: note('rest') })
    for (let count = 0; count < 2; count++) await peer.acceptSubscribe(0)
    const subscription = await mapped
    for (const topic of ['y', 'a', 'b', 'all']) peer.publish({ topic, payload: '' })
    expect(await acknowledged(peer)).toEqual([])
    const ending = subscription.end()
    for (let count = 0; count < 2; count++) await peer.acceptUnsubscribe(0)
    await ending
    peer.publish({ topic: 'z', payload: '' })
    expect(await acknowledged(peer)).toEqual([])
    expect(calls.sort()).toEqual(['a a a', 'all all all', 'all x ', 'all z ', 'rest b b', 'rest y '])
  })

  it('keeps messages of a kept session until there is somebody to take them', async () => {
    const { client, peer } = await connected(broker, { clientId: 'me', cleanStart: false }, { sessionPresent: true })
    for (const packetId of [1, 2]) peer.publish({ topic: 'a', payload: `${packetId}`, qos: 1, packetId })
    const publishing = publish(client, 'b', 'x', { qos: 1 })
    // An earlier client of the session may have left a message unreleased.
    await peer.packet('PUBREL')
    peer.send(ack('PUBACK', readPublish(await peer.packet('PUBLISH'), 5).packetId!))
    await publishing
    const texts: string[] = []
    const subscribing = subscribe(client, { a: 1 }, ({ text }) => void texts.push(text))
    await peer.acceptSubscribe(1)
    await subscribing
    for (const packetId of [1, 2]) expect((await peer.packet('PUBACK')).body.readUInt16BE(0)).toBe(packetId)
    expect(texts).toEqual(['1', '2'])
  })

  it('stops reading when a handler is slow, so that no memory fills up', async () => {
    const { client, peer } = await connected(broker)
    const subscribing = subscribe(client, { a: 0 }, () => new Promise(() => {}))
    await peer.acceptSubscribe(0)
    await subscribing
    const piece = Buffer.concat(
      Array.from({ length: 64 }, () =>
        publishPacket({ topic: 'a', payload: 'x'.repeat(1000), properties: new Uint8Array() }),
      ),
    )
    // More than all buffers on the way hold: nobody takes it.
    const pieces = 1000
    for (let count = 0; count < pieces; count++) peer.socket.write(piece)
    // Turns enough to read it all, if it did.
    for (let turn = 0; turn < 3000; turn++) await setImmediate()
    expect(peer.socket.writableLength).toBeGreaterThan((pieces * piece.length) / 2)
  })

  it('lets a handler publish and wait for the acknowledgement, while more messages come', async () => {
    const { client, peer } = await connected(broker)
    const subscribing = subscribe(client, { a: 1 }, async ({ text }) => await publish(client, 'b', text, { qos: 1 }))
    await peer.acceptSubscribe(1)
    await subscribing
    for (const packetId of [1, 2, 3]) peer.publish({ topic: 'a', payload: `${packetId}`, qos: 1, packetId })
    for (const expected of [1, 2, 3]) {
      const { payload, packetId } = readPublish(await peer.packet('PUBLISH'), 5)
      expect(payload.toString()).toBe(`${expected}`)
      peer.publish({ topic: 'a', payload: 'more' })
      peer.send(ack('PUBACK', packetId!))
      expect((await peer.packet('PUBACK')).body.readUInt16BE(0)).toBe(expected)
    }
  })

  it('rejects with the reason code when the broker refuses a filter, and unsubscribes from the others', async () => {
    const { client, peer } = await connected(broker)
    const subscribing = subscribe(client, { a: 1, b: 1 }, { a: () => {}, b: () => {} })
    await peer.acceptSubscribe(1)
    await peer.acceptSubscribe(135)
    for (let count = 0; count < 2; count++) await peer.acceptUnsubscribe(0)
    await expect(subscribing).rejects.toBeInstanceOf(RefusedError)
    await expect(subscribing).rejects.toMatchObject({ reasonCode: 135, message: expect.stringContaining("'b'") })
    // Both are free again.
    const again = subscribe(client, { b: 0 })
    await peer.acceptSubscribe(0)
    await again
  })

  it('subscribes again on a connection whose broker has forgotten the session, to what is still wanted', async () => {
    const { client, peer } = await connected(broker)
    const both = Promise.all([subscribe(client, { a: 1 }), subscribe(client, { b: 1 })])
    for (let count = 0; count < 2; count++) await peer.acceptSubscribe(1)
    const [first] = await both
    const ending = first.end()
    await peer.acceptUnsubscribe(0)
    await ending
    peer.destroy()
    const next = await broker.connection()
    await next.accept()
    expect((await next.acceptSubscribe(1)).bytes.includes(lengthPrefixed('b'))).toBe(true)
    const publishing = publish(client, 'x', 'x')
    await next.packet('PUBLISH')
    await publishing
  })

  it.each<[what: string, filters: unknown, handlers: unknown, options: object]>([
    ['no filter', {}, undefined, {}],
    ['a malformed filter', { 'a/#/b': 0 }, undefined, {}],
    ['QoS 3', { a: 3 }, undefined, {}],
    ['options without QoS', { a: {} }, undefined, {}],
    ['a handler of another filter', { a: 0 }, { b: () => {} }, {}],
    ['a handler that is none', { a: 0 }, { a: 'b' }, {}],
    ['batches and a handler for the rest', { a: 0 }, undefined, { unmatched: () => {} }],
  ])('refuses %s', async (_, filters, handlers, options) => {
    const { client } = await connected(broker)
    await expect(subscribe(client, filters as { a: 0 }, handlers as never, options)).rejects.toBeInstanceOf(UsageError)
  })

  it('has batches for one loop only, and none beside handlers', async () => {
    const { client, peer } = await connected(broker)
    const both = Promise.all([subscribe(client, { a: 0 }), subscribe(client, { b: 0 }, () => {})])
    for (let count = 0; count < 2; count++) await peer.acceptSubscribe(0)
    const [iterated, handled] = await both
    iterated[Symbol.asyncIterator]()
    for (const each of [iterated, handled]) expect(() => each[Symbol.asyncIterator]()).toThrow(UsageError)
  })

  it('refuses a filter that the client has already subscribed to', async () => {
    const { client, peer } = await connected(broker)
    const subscribing = subscribe(client, { a: 0 })
    await peer.acceptSubscribe(0)
    await subscribing
    await expect(subscribe(client, { b: 0, a: 1 })).rejects.toThrow(
      "this client has a subscription to 'a': end that first",
    )
  })
})

describe.each([
  { name: 'aedes', protocolVersion: '3.1.1', available: true, start: knownAedes },
  { name: 'mosquitto', protocolVersion: '3.1.1', available: hasMosquitto, start: knownMosquitto },
  { name: 'mosquitto', protocolVersion: '5', available: hasMosquitto, start: knownMosquitto },
] as const)('subscribe on $name with MQTT $protocolVersion', ({ protocolVersion, available, start }) => {
  it.skipIf(!available)('calls each handler once for a message that its filter matches', async () => {
    const { url } = await start()
    const client = await connect(url, { protocolVersion })
    const calls: string[] = []
    const note = ({ text }: Message, filter: string) => void calls.push(`${filter} ${text}`)
    await subscribe(client, { 'a/#': 1, 'a/+': 1, 'a/b': 2 }, { 'a/#': note, 'a/+': note, 'a/b': note })
    // Another subscription that overlaps has its own.
    const subscription = await subscribe(client, { '+/b': 1 })
    const publisher = await connect(url, { protocolVersion })
    const texts = ['1', '2', '3']
    await publishMany(
      publisher,
      texts.map((payload) => ({ topic: 'a/b', payload, qos: 2 })),
    )
    const batches: string[] = []
    for await (const batch of subscription) {
      batches.push(...batch.map(({ text }) => text))
      if (batches.length === texts.length) break
    }
    expect(batches).toEqual(texts)
    await publisher.disconnect()
    await client.disconnect()
    for (const filter of ['a/#', 'a/+', 'a/b']) {
      expect(calls.filter((call) => call.startsWith(`${filter} `))).toEqual(texts.map((text) => `${filter} ${text}`))
    }
    expect(calls.length).toBe(9)
  })
})

/** The subscription identifier of a SUBSCRIBE that has no other property. */
function identifierIn(body: Buffer): number[] {
  let value = 0
  for (let at = 4, shift = 0; ; at++, shift += 7) {
    value |= (body[at]! & 0x7f) << shift
    if (body[at]! < 0x80) return [value]
  }
}

/** A variable byte integer. */
function bytesOf(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...bytesOf(value >>> 7)]
}
