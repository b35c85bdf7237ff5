import { beforeEach, describe, expect, it } from 'vitest'
import { connect, publish, publishMany, RefusedError, subscribe, UsageError } from '../../src/library/index.ts'
import { knownMosquitto } from '../brokers/known-broker.ts'
import { hasMosquitto } from '../support/mosquitto.ts'
import { ack, readPublish } from '../support/packets.ts'
import { type Peer, type ScriptedBroker, startScriptedBroker } from '../support/scripted-peer.ts'
import { connected, settled } from './client.ts'

let broker: ScriptedBroker
beforeEach(async () => {
  broker = await startScriptedBroker()
})

describe('publish', () => {
  it('is fulfilled by the acknowledgement, not before', async () => {
    const { client, peer } = await connected(broker)
    const publishing = publish(client, 'a', 'x', { qos: 1 })
    const { packetId } = readPublish(await peer.packet('PUBLISH'), 5)
    expect(await settled(publishing)).toBe(false)
    peer.send(ack('PUBACK', packetId!))
    expect(await publishing).toBeUndefined()
  })

  it('is fulfilled at QoS 2 by PUBCOMP, and at QoS 0 without any', async () => {
    const { client, peer } = await connected(broker)
    await publish(client, 'a', 'x')
    expect(readPublish(await peer.packet('PUBLISH'), 5)).toMatchObject({ topic: 'a', qos: 0 })
    const publishing = publish(client, 'a', 'y', { qos: 2 })
    const { packetId } = readPublish(await peer.packet('PUBLISH'), 5)
    peer.send(ack('PUBREC', packetId!))
    await peer.packet('PUBREL')
    expect(await settled(publishing)).toBe(false)
    peer.send(ack('PUBCOMP', packetId!))
    await publishing
  })

  it('sends text as UTF-8, bytes as they are, RETAIN and properties', async () => {
    const { client, peer } = await connected(broker)
    const properties = { contentType: 'text/plain', userProperties: [['a', 'b']] } as const
    await publish(client, 'a', 'São', { retain: true, properties })
    const text = readPublish(await peer.packet('PUBLISH'), 5)
    expect(text).toMatchObject({ retain: true, payload: Buffer.from('53c3a36f', 'hex') })
    expect(Buffer.from(text.properties!).toString('latin1')).toBe('\x03\0\x0atext/plain&\0\x01a\0\x01b')
    await publish(client, 'a', new Uint8Array([0, 255, 128]).subarray(1))
    expect(readPublish(await peer.packet('PUBLISH'), 5)).toMatchObject({ payload: Buffer.from([255, 128]) })
  })

  it('rejects with the reason code of the broker, for just the message that it rejects', async () => {
    const { client, peer } = await connected(broker)
    const all = ['x', 'y', 'z'].map((payload) => publish(client, `to/${payload}`, payload, { qos: 1 }))
    const ids = []
    while (ids.length < 3) ids.push(readPublish(await peer.packet('PUBLISH'), 5).packetId!)
    for (const [at, id] of ids.entries()) peer.send(ack('PUBACK', id, at === 1 ? 135 : 0))
    const [first, second, third] = await Promise.allSettled(all)
    expect([first!.status, third!.status]).toEqual(['fulfilled', 'fulfilled'])
    const { reason } = second as PromiseRejectedResult
    expect(reason).toBeInstanceOf(RefusedError)
    expect(reason).toMatchObject({
      reasonCode: 135,
      message: "the broker rejected the message to 'to/y': Not authorized (135)",
    })
  })

  it('rejects what the broker has said it does not take, and sends the others', async () => {
    // Maximum QoS 1.
    const { client, peer } = await connected(broker, {}, { properties: [0x24, 1] })
    const all = ([0, 2, 0] as const).map((qos) => publish(client, 'a', `${qos}`, { qos }))
    const results = await Promise.allSettled(all)
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((results[1] as PromiseRejectedResult).reason).toMatchObject({ name: 'RefusedError', reasonCode: 155 })
    for (let count = 0; count < 2; count++) expect(readPublish(await peer.packet('PUBLISH'), 5).qos).toBe(0)
  })

  it('rejects a message that is larger than the broker takes', async () => {
    const { client } = await connected(broker, {}, { properties: [0x27, 0, 0, 0, 50] })
    const all = [publish(client, 'a', 'x'.repeat(100)), publish(client, 'a', 'x'.repeat(100), { qos: 1 })]
    for (const each of all) await expect(each).rejects.toMatchObject({ reasonCode: 149 })
  })

  it('sends again on the next connection what was not acknowledged, and is fulfilled then', async () => {
    const notices: string[] = []
    const { client, peer } = await connected(broker, { notice: (text) => notices.push(text) })
    const publishing = publish(client, 'a', 'x', { qos: 1 })
    await peer.packet('PUBLISH')
    peer.destroy()
    const next = await broker.connection()
    await next.accept()
    const { packetId, payload } = readPublish(await next.packet('PUBLISH'), 5)
    expect(payload.toString()).toBe('x')
    next.send(ack('PUBACK', packetId!))
    await publishing
    expect(notices).toEqual([
      expect.stringMatching(/^the connection to .* was lost.*; trying again/),
      'connected again',
    ])
  })

  it('rejects when no acknowledgement comes for too long, and the client goes on', async () => {
    const { client, peer } = await connected(broker, { ackTimeoutMs: 50 })
    await expect(publish(client, 'a', 'x', { qos: 1 })).rejects.toMatchObject({ name: 'ConnectionLostError' })
    await peer.packet('PUBLISH')
    const publishing = publish(client, 'a', 'y', { qos: 1 })
    peer.send(ack('PUBACK', readPublish(await peer.packet('PUBLISH'), 5).packetId!))
    await publishing
  })

  it('rejects with the reason when the client is ended', async () => {
    const controller = new AbortController()
    const { client, peer } = await connected(broker, { signal: controller.signal })
    const publishing = publish(client, 'a', 'x', { qos: 1 })
    await peer.packet('PUBLISH')
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(publishing).rejects.toBe(reason)
    await expect(client.closed).rejects.toBe(reason)
    await expect(publish(client, 'a', 'x')).rejects.toBe(reason)
    await peer.packet('DISCONNECT')
  })

  it.each<[what: string, topic: unknown, payload: unknown, options: object]>([
    ['a wildcard', 'a/#', 'x', {}],
    ['no text as topic', 1, 'x', {}],
    ['no payload', 'a', undefined, {}],
    ['a number as payload', 'a', 1, {}],
    ['QoS 3', 'a', 'x', { qos: 3 }],
    ['an unknown property', 'a', 'x', { properties: { responseTpic: 'a' } }],
    ['a property out of range', 'a', 'x', { properties: { messageExpiryInterval: -1 } }],
    ['a property of another type', 'a', 'x', { properties: { contentType: 1 } }],
    ['half a pair', 'a', 'x', { properties: { userProperties: [['a']] } }],
    ['text as correlation data', 'a', 'x', { properties: { correlationData: 'x' } }],
  ])('refuses %s', async (_, topic, payload, options) => {
    const { client } = await connected(broker)
    await expect(publish(client, topic as string, payload as string, options)).rejects.toBeInstanceOf(UsageError)
  })

  it('refuses properties where MQTT 5 is not spoken', async () => {
    const { client } = await connected(broker, { protocolVersion: '3.1.1' })
    const publishing = publish(client, 'a', 'x', { properties: { contentType: 'text/plain' } })
    await expect(publishing).rejects.toThrow('properties of a message need MQTT 5, which is not spoken here')
  })

  it('refuses what is no client', async () => {
    await expect(publish({} as never, 'a', 'x')).rejects.toBeInstanceOf(UsageError)
  })
})

describe('publishMany', () => {
  it.skipIf(!hasMosquitto)('publishes a list in order and counts what was acknowledged', async () => {
    const { url } = await knownMosquitto({ quiet: true })
    const client = await connect(url)
    const numbers: number[] = []
    const count = 10_000
    let resolveComplete: () => void = () => {}
    const complete = new Promise<void>((resolve) => {
      resolveComplete = resolve
    })
    await subscribe(client, { 'n/#': 1 }, ({ text }) => {
      if (numbers.push(Number(text)) === count) resolveComplete()
    })
    const messages = Array.from(
      { length: count },
      (_, at) => ({ topic: `n/${at % 7}`, payload: `${at}`, qos: 1 }) as const,
    )
    expect(await publishMany(client, messages)).toBe(count)
    await complete
    await client.disconnect()
    expect(numbers).toEqual(messages.map((_, at) => at))
  })

  it('asks a generator for no more than goes out', async () => {
    const { client, peer } = await connected(broker, { maxInflight: 10 })
    let asked = 0
    function* endless() {
      for (;;) {
        asked++
        yield { topic: 'a', payload: 'x', qos: 1 } as const
      }
    }
    const publishing = publishMany(client, endless())
    for (let count = 0; count < 10; count++) await peer.packet('PUBLISH')
    const before = asked
    expect(before).toBeLessThan(10_000)
    peer.send(ack('PUBACK', 1, 135))
    // The first rejection is the end of it, once the others are settled.
    for (let id = 2; id <= 10; id++) peer.send(ack('PUBACK', id))
    acknowledgeAll(peer)
    await expect(publishing).rejects.toMatchObject({ reasonCode: 135 })
    expect(asked).toBe(before)
  })

  it('takes batches from a stream, tells of what is rejected, and goes on', async () => {
    const { client, peer } = await connected(broker)
    async function* batches() {
      yield [{ topic: 'a', payload: '1', qos: 1 } as const, { topic: 'b', payload: '2', qos: 1 } as const]
      yield { topic: 'c', payload: '3', qos: 1 } as const
    }
    const rejected: unknown[] = []
    const publishing = publishMany(client, batches(), {
      rejected: (topic, { reasonCode }) => rejected.push([topic, reasonCode]),
    })
    for (let count = 0; count < 3; count++) {
      const { topic, packetId } = readPublish(await peer.packet('PUBLISH'), 5)
      peer.send(ack('PUBACK', packetId!, topic === 'b' ? 151 : 0))
    }
    expect(await publishing).toBe(2)
    expect(rejected).toEqual([['b', 151]])
  })

  it('ends with the error of its source, when what was sent is acknowledged', async () => {
    const { client, peer } = await connected(broker)
    function* failing() {
      yield { topic: 'a', payload: '1', qos: 1 } as const
      throw new Error('no more')
    }
    const publishing = publishMany(client, failing())
    const { packetId } = readPublish(await peer.packet('PUBLISH'), 5)
    expect(await settled(publishing)).toBe(false)
    peer.send(ack('PUBACK', packetId!))
    await expect(publishing).rejects.toThrow('no more')
  })
})

/** Acknowledges what is published from now on. */
function acknowledgeAll(peer: Peer): void {
  const answer = async () => {
    for (;;) peer.send(ack('PUBACK', readPublish(await peer.packet('PUBLISH'), 5).packetId!))
  }
  // Until the connection ends.
  answer().catch(() => {})
}
