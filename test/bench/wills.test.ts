import { describe, expect, it } from 'vitest'
import { Schedule } from '../../src/bench/schedule.ts'
import { WillTimes } from '../../src/bench/testator.ts'
import { startFaultyBroker } from '../support/faulty-broker.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { type PlanParts, planFor, rate, startBench } from './plan-for.ts'

/** Clients that are cut off at 200 a second, and two subscribers of their wills. */
function wills(clients: number, more: PlanParts = {}): PlanParts {
  return {
    publish: { clients, qos: 1, wills: true, segments: rate(200) },
    subscribe: { clients: 2, options: { qos: 1, retainHandling: 2, retainAsPublished: false } },
    phases: { messages: clients },
    ...more,
  }
}

describe('WillTimes', () => {
  it.each([false, true])('says when each client is cut off, as the schedule of all has it; random: %s', (poisson) => {
    const publish = { ...planFor(1, wills(5)).publish!, poisson }
    const times = new WillTimes(publish, 7)
    times.start(1000)
    const schedule = new Schedule({ segments: rate(200), seed: poisson ? 7 : undefined })
    for (let client = 0; client < 5; client++)
      expect(times.dueUs(client)).toBe(Math.round(1000 + schedule.next() * 1000))
    expect(times.dueUs(4)).toBeGreaterThan(times.dueUs(0))
  })
})

describe('a run of wills', () => {
  it.each([false, true])('counts each client that is cut off as one message, at random times: %s', async (poisson) => {
    await using broker = await startFaultyBroker()
    const { publish, ...rest } = wills(60)
    const plan = planFor(broker.port, { publish: { ...publish, poisson }, ...rest })
    const { messages, connections, measured, incomplete } = await startBench(plan).result
    expect(incomplete).toBeUndefined()
    expect(messages).toEqual({
      intended: 60,
      sent: 60,
      acknowledged: 60,
      rejected: {},
      unanswered: 0,
      expected: 120,
      received: 120,
      lost: 0,
      duplicates: 0,
      outOfOrder: 0,
      foreign: 0,
    })
    expect(connections).toMatchObject({ intended: 62, connected: 62, left: 60, failed: {}, lost: {} })
    expect(measured.endToEnd).toMatchObject({ count: 120, negative: 0 })
    expect(measured.schedule.count).toBe(60)
    expect(broker.published.map(({ topic }) => topic).sort()).toEqual(
      Array.from({ length: 60 }, (_, number) => `bench/${number}`).sort(),
    )
  })

  it('loses what the broker does not publish, and gives up on it after the drain phase', async () => {
    await using broker = await startFaultyBroker({ fault: 'loses QoS 1' })
    const { messages } = await startBench(planFor(broker.port, wills(10, { phases: { messages: 10, drainMs: 100 } })))
      .result
    expect(messages).toMatchObject({ intended: 10, sent: 10, expected: 20, received: 0, lost: 20 })
  })

  it('publishes none when the user stops it before they are due', async () => {
    await using broker = await startFaultyBroker()
    const run = startBench(planFor(broker.port, wills(10, { phases: { messages: 10, settleMs: 60_000 } })))
    await run.reached('settle')
    run.stop()
    expect((await run.result).messages).toMatchObject({ intended: 0, sent: 0, received: 0 })
    expect(broker.published).toEqual([])
  })

  it.skipIf(!hasMosquitto).each([1, 2])('comes to the same with mosquitto and %d workers', async (workers) => {
    await using broker = await startMosquitto({ quiet: true })
    const parts = wills(100, { workers, connection: { protocolVersion: '5' } })
    const { messages, measured } = await startBench(planFor(broker.ports.tcp, parts)).result
    expect(messages).toMatchObject({ intended: 100, sent: 100, received: 200, lost: 0, duplicates: 0, foreign: 0 })
    expect(measured.endToEnd).toMatchObject({ count: 200, negative: 0 })
  })
})
