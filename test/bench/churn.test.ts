import { describe, expect, it } from 'vitest'
import type { Result } from '../../src/bench/result.ts'
import { startFaultyBroker } from '../support/faulty-broker.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { type Peer, startScriptedBroker } from '../support/scripted-peer.ts'
import { type PlanParts, planFor, rate, startBench } from './plan-for.ts'

const will = { willTopic: 'will/%i', willPayload: 'gone' }

/** Twenty idle clients, of which 40 a second leave for three quarters of a second. */
function churning(kill: 'soft' | 'hard'): PlanParts {
  return { idle: 20, churn: { rate: 40, kill }, connection: will, phases: { measureMs: 750 } }
}

const atQos1 = { qos: 1, retainHandling: 2, retainAsPublished: false } as const

/** Whether every sum that a report shows adds up. */
function expectBalance({ messages, connections, measured }: Result, clients: number): void {
  const { sent, acknowledged, unanswered, expected, received, lost } = messages
  const failed = Object.values(connections.failed).reduce((sum, count) => sum + count, 0)
  expect(connections.intended).toBe(clients + connections.left)
  expect(connections.connected + failed).toBe(connections.intended)
  expect(acknowledged + unanswered).toBe(sent)
  expect(received + lost!).toBe(expected)
  expect(measured.connack.count).toBe(connections.connected)
}

describe('clients that churn', () => {
  it.each(['soft', 'hard'] as const)('leave in turn and come back, each when it is due: %s', async (kill) => {
    await using broker = await startFaultyBroker()
    const run = startBench(planFor(broker.port, churning(kill)))
    const { connections, measured, intervals } = await run.result
    expect(connections).toEqual({
      intended: 50,
      connected: 50,
      left: 30,
      missed: 0,
      sessionsLost: 0,
      failed: {},
      lost: {},
      subscriptionsRefused: {},
    })
    expect([measured.connack, measured.tcp].map(({ count }) => count)).toEqual([50, 50])
    expect([measured.returned, measured.schedule].map(({ count }) => count)).toEqual([30, 30])
    expect(measured.returned.max).toBeGreaterThan(measured.connack.min)
    // The last connection to come back may do so in the drain phase.
    const later = intervals.filter(({ phase }) => phase === 'measure' || phase === 'drain')
    expect(later.reduce((sum, each) => sum + each.measured.connack.count, 0)).toBe(30)
    expect(later.at(-1)!.connected).toBe(20)
    // A will is for who is cut off.
    const wills = broker.published.map(({ topic }) => topic)
    const turns = Array.from({ length: 30 }, (_, turn) => `will/${turn % 20}`)
    expect(wills.sort()).toEqual(kill === 'hard' ? turns.sort() : [])
  })

  it('are passed over and counted while they are not back', async () => {
    await using broker = await startScriptedBroker()
    const run = startBench(
      planFor(broker.port, {
        idle: 1,
        churn: { rate: 100, kill: 'hard' },
        phases: { measureMs: 200, drainMs: 60_000 },
      }),
    )
    await (await broker.connection()).accept()
    const again = await broker.connection()
    await again.packet('CONNECT')
    await run.reached('drain')
    again.connack()
    const { connections, measured } = await run.result
    expect(connections).toMatchObject({ intended: 2, connected: 2, left: 1, missed: 19, failed: {}, lost: {} })
    expect(measured.schedule.count).toBe(20)
    // From when it was due, not from when it was let in.
    expect(measured.returned).toMatchObject({ count: 1 })
    expect(measured.returned.min).toBeGreaterThan(150_000)
  })

  it('come back in their next turn when they were refused', async () => {
    await using broker = await startScriptedBroker()
    const plan = planFor(broker.port, {
      idle: 1,
      churn: { rate: 5, kill: 'soft' },
      phases: { measureMs: 400, drainMs: 60_000 },
    })
    const run = startBench(plan)
    const answer = async (reasonCode: number): Promise<Peer> => {
      const peer = await broker.connection()
      await peer.accept({ reasonCode })
      return peer
    }
    const first = await answer(0)
    await first.packet('DISCONNECT')
    await answer(3)
    await answer(0)
    const { connections, measured } = await run.result
    expect(connections).toMatchObject({
      intended: 3,
      connected: 2,
      left: 1,
      missed: 0,
      failed: { 'server unavailable (3)': 1 },
    })
    expect(measured.returned.count).toBe(1)
  })

  it('are not waited for when the user stops the run', async () => {
    await using broker = await startScriptedBroker()
    const run = startBench(
      planFor(broker.port, { idle: 1, churn: { rate: 1, kill: 'hard' }, phases: { measureMs: 60_000 } }),
    )
    await (await broker.connection()).accept()
    await (await broker.connection()).packet('CONNECT')
    run.stop()
    const { connections, incomplete } = await run.result
    expect(incomplete).toBe('interrupted')
    expect(connections).toMatchObject({
      intended: 2,
      connected: 1,
      left: 1,
      failed: { 'it was not connected when the run ended': 1 },
      lost: {},
    })
  })

  it.each(['soft', 'hard'] as const)(
    'are publishers: what is due while they are away is not sent, %s',
    async (kill) => {
      await using broker = await startFaultyBroker()
      const result = await startBench(
        planFor(broker.port, {
          publish: { clients: 4, qos: 1, segments: rate(2000) },
          subscribe: { options: atQos1 },
          churn: { rate: 100, kill },
          phases: { measureMs: 500, drainMs: 500 },
        }),
      ).result
      expectBalance(result, 5)
      const { left, missed } = result.connections
      expect(left + missed).toBe(50)
      expect(result.connections).toMatchObject({ lost: {}, failed: {} })
      expect(result.messages).toMatchObject({ intended: 1000, duplicates: 0, foreign: 0 })
      expect(result.messages.lost).toBeLessThanOrEqual(result.messages.unanswered)
      expect(result.messages.sent).toBeLessThan(1000)
      expect(result.messages.sent).toBeGreaterThan(0)
    },
  )

  it.each([1, 2])('in closed loop send again once they are back, with %d workers', async (workers) => {
    await using broker = await startFaultyBroker()
    const result = await startBench(
      planFor(broker.port, {
        workers,
        publish: { clients: 2, qos: 1, segments: undefined, inflight: 5 },
        churn: { rate: 50, kill: 'hard' },
        phases: { measureMs: 300 },
      }),
    ).result
    expectBalance(result, 2)
    const { left, missed, connected } = result.connections
    expect(left + missed).toBe(15)
    // Five each from every connection at the least, but for those that come back when the load is over; all that was
    // on the way when it was cut is unanswered.
    expect(result.messages.sent).toBeGreaterThanOrEqual((connected - 2) * 5)
    expect(result.messages.unanswered).toBeLessThanOrEqual(left * 5)
  })
})

describe.skipIf(!hasMosquitto)('churn against mosquitto', () => {
  it.each([
    [1, 'soft'],
    [2, 'hard'],
  ] as const)('loses nothing that was acknowledged, with %d workers, %s', async (workers, kill) => {
    await using broker = await startMosquitto({ quiet: true })
    const result = await startBench(
      planFor(broker.ports.tcp, {
        workers,
        // A will that the subscribers see: it is none of the messages that are counted.
        connection: { protocolVersion: '5', willTopic: 'a/will' },
        publish: { clients: 10, qos: 1, topic: 'a/%i', segments: rate(2000) },
        subscribe: { clients: 2, filter: 'a/#', options: atQos1 },
        churn: { rate: 200, kill },
        phases: { measureMs: 1000, drainMs: 500 },
      }),
    ).result
    expectBalance(result, 12)
    const { connections, messages } = result
    expect(connections).toMatchObject({ failed: {}, lost: {} })
    expect(connections.left + connections.missed).toBe(200)
    expect(messages).toMatchObject({ intended: 2000, duplicates: 0, outOfOrder: 0 })
    expect(messages.lost).toBeLessThanOrEqual(messages.unanswered * 2)
    expect(messages.foreign > 0).toBe(kill === 'hard')
  })

  it('has subscribers subscribe anew', async () => {
    await using broker = await startMosquitto({ quiet: true })
    const { connections, measured } = await startBench(
      planFor(broker.ports.tcp, {
        subscribe: { clients: 5, options: atQos1 },
        churn: { rate: 50, kill: 'soft' },
        phases: { measureMs: 400 },
      }),
    ).result
    expect(connections).toMatchObject({ intended: 25, connected: 25, left: 20, failed: {}, lost: {} })
    expect(measured.suback.count).toBe(25)
    expect(measured.returned.count).toBe(20)
  })
})
