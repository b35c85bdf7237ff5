import { describe, expect, it } from 'vitest'
import { metricOf } from '../../src/bench/metrics.ts'
import { startFaultyBroker } from '../support/faulty-broker.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'
import { type PlanParts, planFor, startBench } from './plan-for.ts'

/** Two publishers, and three subscribers that are away meanwhile. */
function absence(qos: 1 | 2, more: PlanParts = {}): PlanParts {
  const options = { qos, retainHandling: 2, retainAsPublished: false } as const
  return {
    publish: { clients: 2, qos },
    subscribe: { clients: 3, absent: true, options },
    phases: { messages: 200, settleMs: 100 },
    ...more,
  }
}

describe('subscribers that are absent', () => {
  it.each([
    [1, '311'],
    [2, '311'],
    [1, '5'],
    [2, '5'],
  ] as const)('come back to all that was sent meanwhile, at QoS %d, -V %s', async (qos, version) => {
    await using broker = await startFaultyBroker()
    const run = startBench(planFor(broker.port, absence(qos, { connection: { protocolVersion: version } })))
    const result = await run.result
    const { messages, connections, measured, intervals } = result
    expect(messages).toMatchObject({ sent: 200, expected: 600, received: 600, lost: 0, duplicates: 0, foreign: 0 })
    expect(connections).toMatchObject({ intended: 8, connected: 8, left: 3, sessionsLost: 0, failed: {}, lost: {} })
    expect(measured.returned.count).toBe(3)
    // They subscribe once; the session does the rest.
    expect(measured.suback.count).toBe(3)
    const received = intervals.map((each) => [each.phase, each.received])
    expect(received.filter(([phase, count]) => phase !== 'drain' && count !== 0)).toEqual([])
    // The first message waited for all of the load.
    expect(measured.endToEnd.max).toBeGreaterThan(199_000)
    expect(metricOf('rate.drained')!.read(result)).toBeGreaterThan(0)
    expect(run.notices).toEqual([])
    expect(broker.sessions.filter((clientId) => clientId.startsWith('bench-'))).toEqual([])
  })

  it.each([1, 2])('leave no session at the broker when the user stops the run, with %d workers', async (workers) => {
    await using broker = await startFaultyBroker()
    const phases = { measureMs: 60_000, settleMs: 100 }
    const run = startBench(planFor(broker.port, absence(1, { workers, phases })))
    await run.reached('measure')
    expect(broker.sessions.length).toBeGreaterThanOrEqual(3)
    run.stop()
    expect((await run.result).incomplete).toBe('interrupted')
    expect(broker.sessions).toEqual([])
  })

  it('are told apart from those whose session the broker has lost', async () => {
    await using broker = await startScriptedBroker()
    const parts: PlanParts = { ...absence(1), publish: { qos: 1 } }
    const run = startBench(
      planFor(broker.port, {
        ...parts,
        subscribe: { ...parts.subscribe, clients: 1 },
        phases: { messages: 1, settleMs: 100, drainMs: 100 },
      }),
    )
    const [publisher, subscriber] = [await broker.connection(), await broker.connection()]
    await publisher.accept()
    await subscriber.accept()
    await subscriber.acceptSubscribe(1)
    await subscriber.packet('DISCONNECT')
    await publisher.packet('PUBLISH')
    const back = await broker.connection()
    await back.accept({ sessionPresent: false })
    await back.acceptSubscribe(1)
    const end = await broker.connection()
    const connect = await end.accept()
    expect(connect.body[7]! & 2).toBe(2)
    await end.packet('DISCONNECT')
    const { connections, messages } = await run.result
    expect(connections).toMatchObject({ left: 1, sessionsLost: 1 })
    expect(messages).toMatchObject({ expected: 1, lost: 1 })
  })

  it('say so when their sessions can not be ended', async () => {
    await using broker = await startScriptedBroker()
    const parts = absence(1, { publish: { qos: 1 }, phases: { measureMs: 60_000, settleMs: 60_000 } })
    const run = startBench(planFor(broker.port, { ...parts, subscribe: { ...parts.subscribe, clients: 1 } }))
    const [publisher, subscriber] = [await broker.connection(), await broker.connection()]
    await publisher.accept()
    await subscriber.accept()
    await subscriber.acceptSubscribe(1)
    await subscriber.packet('DISCONNECT')
    run.stop()
    await publisher.packet('DISCONNECT')
    publisher.end()
    let isRefused = false
    while (!isRefused) {
      const peer = await broker.connection()
      // Before, it may be about to come back.
      isRefused = await peer.accept({ reasonCode: 5 }).then(
        ({ body }) => (body[7]! & 2) === 2,
        () => false,
      )
    }
    await run.result
    expect(run.notices).toEqual(['1 sessions may be left at the broker: it did not let clients in'])
  })
})

describe.skipIf(!hasMosquitto)('absence from mosquitto', () => {
  it.each([1, 2])('drains everything, with %d workers', async (workers) => {
    await using broker = await startMosquitto({ quiet: true, config: ['max_queued_messages 0'] })
    const parts = absence(1, { workers, connection: { protocolVersion: '5' } })
    const run = startBench(planFor(broker.ports.tcp, parts))
    const { messages, connections } = await run.result
    expect(messages).toMatchObject({ sent: 200, expected: 600, received: 600, lost: 0, duplicates: 0, outOfOrder: 0 })
    expect(connections).toMatchObject({ left: 3, sessionsLost: 0, failed: {}, lost: {} })
    expect(run.notices).toEqual([])
  })

  it('loses what the broker has no room for', async () => {
    await using broker = await startMosquitto({ quiet: true, config: ['max_queued_messages 50'] })
    const parts = absence(1, { phases: { messages: 200, settleMs: 100, drainMs: 500 } })
    const { messages } = await startBench(planFor(broker.ports.tcp, parts)).result
    expect(messages).toMatchObject({ sent: 200, acknowledged: 200, expected: 600, duplicates: 0 })
    expect(messages.received).toBeLessThan(300)
    expect(messages.received + messages.lost!).toBe(600)
  })
})
