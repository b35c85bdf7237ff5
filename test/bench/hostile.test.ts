import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { uniform } from '../../src/bench/random.ts'
import { packet, uint16 } from '../support/packets.ts'
import { type Peer, startScriptedBroker } from '../support/scripted-peer.ts'
import { type PlanParts, planFor, startBench } from './plan-for.ts'

/** Runs a plan of one client against what the test does as the broker. */
async function runAgainst(broker: (peer: Peer) => Promise<void>, parts: PlanParts) {
  await using scripted = await startScriptedBroker()
  const run = startBench(planFor(scripted.port, parts))
  const peer = await scripted.connection()
  await broker(peer)
  return await run.result
}

const subscriber: PlanParts = { subscribe: {}, phases: { measureMs: 60_000 } }

describe('a client of a run', () => {
  it.each<[what: string, bytes: readonly number[], reason: string]>([
    ['a Remaining Length without end', [0x20, 0xff, 0xff, 0xff, 0xff, 1], 'a Remaining Length of more than 4 bytes'],
    ['PUBLISH before CONNACK', [0x30, 4, 0, 1, 0x61, 0x62], 'a packet before CONNACK'],
    ['PUBACK before CONNACK', [0x40, 2, 0, 1], 'a packet before CONNACK'],
    ['SUBACK before CONNACK', [0x90, 3, 0, 1, 0], 'SUBACK where it has no place'],
    ['an empty CONNACK', [0x20, 0], 'CONNACK without a code'],
    ['text', [...Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(10))], 'a packet before CONNACK'],
  ])('gives up at once when the broker sends %s for CONNACK', async (_what, bytes, reason) => {
    const { connections } = await runAgainst(async (peer) => {
      await peer.packet('CONNECT')
      peer.send(bytes)
    }, subscriber)
    expect(connections).toMatchObject({ connected: 0, failed: { [`the broker sent ${reason}`]: 1 } })
  })

  it.each<[what: string, bytes: readonly number[], reason: string]>([
    ['a second CONNACK', [0x20, 2, 0, 0], 'CONNACK where it has no place'],
    ['CONNECT', [0x10, 12, 0, 4, 77, 81, 84, 84, 4, 2, 0, 60, 0, 0], 'CONNECT where it has no place'],
    ['QoS 3', [0x36, 5, 0, 1, 0x61, 0, 1], 'PUBLISH with QoS 3'],
    ['a topic longer than its packet', [0x30, 3, 0, 9, 0x61], 'PUBLISH with a topic longer than the packet'],
    ['PUBACK of one byte', [0x40, 1, 0], 'an acknowledgement without packet identifier'],
    ['PUBREL 0', [0x62, 2, 0, 0], 'an acknowledgement with packet identifier 0'],
    ['DISCONNECT before MQTT 5', [0xe0, 0], 'DISCONNECT where it has no place'],
  ])('gives up at once when the broker sends %s later', async (_what, bytes, reason) => {
    const { connections, incomplete } = await runAgainst(async (peer) => {
      await peer.accept()
      await peer.acceptSubscribe(0)
      peer.send(bytes)
      await peer.closed
    }, subscriber)
    expect(connections).toMatchObject({ connected: 1, lost: { [`the broker sent ${reason}`]: 1 } })
    expect(incomplete).toBe('every connection was lost')
  })

  it.each([[[]], [[0, 0]]])('gives up at once when SUBACK has the codes %j for one filter', async (codes) => {
    const { connections } = await runAgainst(async (peer) => {
      await peer.accept()
      await peer.acceptSubscribe(...codes)
    }, subscriber)
    expect(connections.lost).toEqual({ [`the broker sent SUBACK with ${codes.length} codes for one filter`]: 1 })
  })

  it('counts what is none of the messages of the run as foreign, and answers it', async () => {
    await using scripted = await startScriptedBroker()
    const options = { qos: 2, retainHandling: 0, retainAsPublished: false } as const
    const run = startBench(
      planFor(scripted.port, {
        publish: { topic: 't' },
        subscribe: { filter: 't', options },
        phases: { messages: 1, drainMs: 60_000 },
      }),
    )
    const [publisher, peer] = [await scripted.connection(), await scripted.connection()]
    await publisher.accept()
    await peer.accept()
    await peer.acceptSubscribe(2)
    await publisher.packet('PUBLISH')
    for (const payload of ['', 'short', 'sixteen bytes..!'.repeat(3)]) peer.publish({ topic: 't', payload, qos: 0 })
    peer.publish({ topic: 't', payload: 'x', qos: 2, packetId: 9 })
    expect((await peer.packet('PUBREC')).body).toEqual(uint16(9))
    peer.send(packet('PUBREL', 2, uint16(9)))
    expect((await peer.packet('PUBCOMP')).body).toEqual(uint16(9))
    peer.end()
    publisher.end()
    expect((await run.result).messages).toMatchObject({ foreign: 4, received: 0, expected: 1, lost: 1 })
  })

  it('ignores acknowledgements that nothing is sent for, and counts each other one by its reason', async () => {
    const { messages } = await runAgainst(
      async (peer) => {
        await peer.accept()
        for (const id of [1, 77, 0xffff])
          for (const type of ['PUBACK', 'PUBREC', 'PUBCOMP'] as const) peer.send(packet(type, 0, uint16(id)))
        for (let sent = 0; sent < 10; sent++) {
          const { body } = await peer.packet('PUBLISH')
          const topic = body.readUInt16BE(0)
          const id = body.subarray(2 + topic, 4 + topic)
          const code = sent < 4 ? [0x97] : sent < 5 ? [0x10] : []
          // The same twice: the second is for nothing.
          peer.together(() => {
            for (let time = 0; time < 2; time++) peer.send(packet('PUBACK', 0, id, code))
          })
        }
        await peer.packet('DISCONNECT')
      },
      { connection: { protocolVersion: '5' }, publish: { qos: 1 }, phases: { messages: 10 } },
    )
    expect(messages).toMatchObject({
      sent: 10,
      acknowledged: 6,
      rejected: { 'Quota exceeded (151)': 4 },
      unanswered: 0,
    })
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('survives whatever bytes come, seed %d', async (seed) => {
    const random = uniform(seed)
    const { connections } = await runAgainst(
      async (peer) => {
        await peer.accept()
        await peer.acceptSubscribe(0)
        const firstBytes = [0x20, 0x30, 0x32, 0x34, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0, 0xe0, 0xf0]
        const over = peer.closed.then(() => true)
        while (!(await Promise.race([over, setImmediate(false)]))) {
          const body = Array.from({ length: Math.floor(random() * 12) }, () => Math.floor(random() * 256))
          peer.send([firstBytes[Math.floor(random() * firstBytes.length)]!, body.length, ...body])
        }
      },
      { ...subscriber, connection: { protocolVersion: seed % 2 === 0 ? '5' : '311' } },
    )
    expect(Object.values(connections.lost)).toEqual([1])
  })
})
