import { describe, expect, it } from 'vitest'
import { startFaultyBroker } from '../support/faulty-broker.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'
import { type PlanParts, planFor, rate, startBench } from './plan-for.ts'

const at = (qos: 0 | 1 | 2) => ({ qos, retainHandling: 2, retainAsPublished: false }) as const

/** One publisher to three subscribers, of which the last reads 20 messages a second. */
function slow(qos: 0 | 1 | 2, more: PlanParts = {}): PlanParts {
  return {
    publish: { qos, topic: 'bench/a', segments: rate(500) },
    subscribe: { clients: 3, options: at(qos), slow: { clients: 1, rate: 20 } },
    phases: { messages: 300 },
    ...more,
  }
}

const nobodyLost = { duplicates: 0, outOfOrder: 0, lost: 0 }

describe('a subscriber that reads slowly', () => {
  it.each([0, 1, 2] as const)('is counted apart from the others, at QoS %d', async (qos) => {
    await using broker = await startFaultyBroker()
    const { messages, slow: apart, measured } = await startBench(planFor(broker.port, slow(qos))).result
    expect(messages).toMatchObject({ ...nobodyLost, sent: 300, expected: 600, received: 600, foreign: 0 })
    expect(apart).toEqual({ ...nobodyLost, expected: 300, received: 300, hungUp: {} })
    expect([measured.endToEnd.count, measured.slow.count]).toEqual([600, 300])
    // It has read a dozen when the load is over, after 0.6 s.
    expect(measured.slow.max).toBeGreaterThan(measured.endToEnd.max)
    expect(measured.slow.sum / 300).toBeGreaterThan(100_000)
  })

  it.each([1, 2])('is counted apart with several of them, and %d workers', async (workers) => {
    await using broker = await startFaultyBroker()
    const subscribe = { clients: 5, options: at(1), slow: { clients: 2, rate: 50 } }
    const { messages, slow: apart } = await startBench(planFor(broker.port, slow(1, { workers, subscribe }))).result
    expect(messages).toMatchObject({ expected: 900, received: 900 })
    expect(apart).toMatchObject({ expected: 600, received: 600 })
  })

  it('is not taken for dead since it does not read what the broker answers', async () => {
    await using broker = await startFaultyBroker()
    const { client, ...plan } = planFor(broker.port, {
      publish: { topic: 'bench/a', segments: rate(5) },
      subscribe: { clients: 1, options: at(0), slow: { clients: 1, rate: 0.1 } },
      phases: { measureMs: 4000 },
    })
    const values = { ...client.values, keepAlive: 1 }
    const { connections, slow: apart } = await startBench({ ...plan, client: { ...client, values } }).result
    expect(connections).toMatchObject({ connected: 2, lost: {} })
    expect(apart).toMatchObject({ expected: 20, received: 20 })
  })

  it('is told from the others when the broker hangs up on it', async () => {
    await using broker = await startScriptedBroker()
    const run = startBench(
      planFor(broker.port, {
        ...slow(0),
        subscribe: { clients: 2, options: at(0), slow: { clients: 1, rate: 1 } },
        phases: { messages: 2, settleMs: 100, drainMs: 100 },
      }),
    )
    const [publisher, other, last] = [await broker.connection(), await broker.connection(), await broker.connection()]
    await publisher.accept()
    for (const peer of [other, last]) {
      await peer.accept()
      await peer.acceptSubscribe(0)
    }
    for (let sent = 0; sent < 2; sent++) other.send((await publisher.packet('PUBLISH')).bytes)
    last.end()
    const { slow: apart, messages, connections } = await run.result
    expect(messages).toMatchObject({ expected: 2, received: 2, lost: 0 })
    expect(apart).toMatchObject({ expected: 2, received: 0, lost: 2 })
    expect(apart?.hungUp).toEqual({ 'the broker closed the connection': 1 })
    expect(connections.lost).toEqual(apart?.hungUp)
  })

  it.skipIf(!hasMosquitto)('loses what mosquitto has no room for', async () => {
    await using broker = await startMosquitto({ quiet: true, config: ['max_queued_messages 10'] })
    // Thirty megabytes: more than sockets hold.
    const publish = { qos: 1, topic: 'bench/a', segments: rate(50), payloadSize: 200_000 } as const
    const subscribe = { clients: 2, options: at(1), slow: { clients: 1, rate: 1 } }
    const parts: PlanParts = { publish, subscribe, phases: { messages: 150, drainMs: 2000 } }
    const { messages, slow: apart, connections } = await startBench(planFor(broker.ports.tcp, parts)).result
    expect(connections.lost).toEqual({})
    expect([messages.expected, apart!.expected]).toEqual([messages.sent, messages.sent])
    expect(apart!.lost).toBeGreaterThan(messages.lost!)
    expect(apart!.received + apart!.lost).toBe(messages.sent)
  })
})
