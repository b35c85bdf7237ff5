import { describe, expect, it } from 'vitest'
import type { Phases } from '../../src/bench/plan.ts'
import type { MessageCounts, Result } from '../../src/bench/result.ts'
import { countsOf as counts } from '../../src/bench/selftest/scenario.ts'
import { type Fault, type FaultyBrokerOptions, startFaultyBroker } from '../support/faulty-broker.ts'
import { freePort } from '../support/free-port.ts'
import { type PlanParts, planFor, rate, startBench } from './plan-for.ts'

/** Runs a plan against the faulty broker in this process. */
async function runAgainst(options: FaultyBrokerOptions, parts: PlanParts): Promise<Result> {
  await using broker = await startFaultyBroker(options)
  return await startBench(planFor(broker.port, parts)).result
}

function subscribeAt(qos: 0 | 1 | 2) {
  return { qos, retainHandling: 0, retainAsPublished: false } as const
}

/** One publisher and one subscriber. */
function flow(qos: 0 | 1 | 2, phases: Partial<Phases>, more: PlanParts = {}): PlanParts {
  return { publish: { qos }, subscribe: { options: subscribeAt(qos) }, phases, ...more }
}

describe('a run against a sound broker', () => {
  it.each(['31', '311', '5'])('counts every message once with -V %s', async (version) => {
    for (const qos of [0, 1, 2] as const) {
      const { messages, connections, incomplete } = await runAgainst(
        {},
        {
          connection: { protocolVersion: version },
          publish: { clients: 3, qos },
          subscribe: { clients: 2, options: subscribeAt(qos) },
          phases: { messages: 500 },
        },
      )
      expect(incomplete).toBeUndefined()
      expect(connections).toMatchObject({ intended: 5, connected: 5, failed: {}, lost: {} })
      expect(messages).toEqual(counts(500, 1000))
    }
  })

  it.each([0, 1, 2] as const)('sends as many as asked for in closed loop at QoS %d', async (qos) => {
    const { messages, measured } = await runAgainst(
      {},
      {
        publish: { clients: 7, qos, segments: undefined, inflight: 10 },
        subscribe: { clients: 1, options: subscribeAt(qos) },
        phases: { messages: 2003 },
      },
    )
    expect(messages).toEqual(counts(2003, 2003))
    expect(measured.schedule.count).toBe(0)
    expect(measured.endToEnd).toMatchObject({ count: 2003, negative: 0 })
    if (qos > 0) expect(measured.acknowledged).toEqual(measured.acknowledgedFromSent)
  })

  it('sends at the rate asked for, and counts only what is due after the warm-up', async () => {
    const { messages, measured, measuredMs, intervals } = await runAgainst(
      {},
      flow(0, { warmupMs: 300, measureMs: 500 }, { intervalMs: 100 }),
    )
    expect(messages).toEqual(counts(500, 500))
    expect(measuredMs).toBe(500)
    expect(measured.schedule.count).toBe(500)
    expect(intervals.reduce((sum, { sent }) => sum + sent, 0)).toBe(800)
    expect(intervals.reduce((sum, each) => sum + each.measured.endToEnd.count, 0)).toBe(500)
  })

  it('counts a number of messages after the warm-up', async () => {
    const { messages, intervals } = await runAgainst({}, flow(0, { warmupMs: 100, messages: 250 }))
    expect(messages).toEqual(counts(250, 250))
    expect(intervals.reduce((sum, { sent }) => sum + sent, 0)).toBe(350)
  })

  it('goes through its phases, and cuts its intervals where they end', async () => {
    await using broker = await startFaultyBroker()
    const phases = { settleMs: 20, warmupMs: 120, measureMs: 250 }
    const run = startBench(planFor(broker.port, flow(0, phases, { intervalMs: 50 })))
    const { intervals } = await run.result
    expect(run.phases).toEqual(['connect', 'settle', 'warmup', 'measure', 'drain', 'disconnect'])
    expect([...new Set(intervals.map(({ phase }) => phase))]).toEqual(run.phases.slice(0, -1))
    expect(run.intervals).toEqual(intervals)
    expect(intervals.slice(1).map(({ startMs }) => startMs)).toEqual(intervals.slice(0, -1).map(({ endMs }) => endMs))
    // However late this process is: a phase ends no sooner.
    const [settleMs = 0, drainMs = 0] = ['settle', 'drain'].map(
      (each) => intervals.find(({ phase }) => phase === each)?.startMs,
    )
    expect(drainMs - settleMs).toBeGreaterThanOrEqual(390)
    expect(intervals.at(-2)).toMatchObject({ connected: 2 })
  })

  it('spreads messages over publishers by their numbers', async () => {
    await using broker = await startFaultyBroker()
    const plan = planFor(broker.port, { publish: { clients: 3, topic: 't/%i/%c' }, phases: { messages: 7 } })
    await startBench(plan).result
    const topics = [0, 1, 2, 0, 1, 2, 0].map((number) => `t/${number}/bench-${number}`)
    // Two that are due in one tick come by connections of their own, in whatever order.
    expect(broker.published.map(({ topic }) => topic).sort()).toEqual(topics.sort())
  })

  it('gives clients credentials, identifiers and local addresses in turn', async () => {
    await using broker = await startFaultyBroker({ authenticate: { username: 'alice', password: 'secret' } })
    const { connections } = await startBench(
      planFor(broker.port, {
        idle: 5,
        clientId: '%u-%i',
        credentials: [
          { username: 'alice', password: 'secret' },
          { clientId: 'wrong', username: 'bob', password: 'secret' },
        ],
        bindAddresses: ['127.0.0.1', '127.0.0.2'],
        phases: { minConnected: 0.6, measureMs: 0 },
      }),
    ).result
    expect(connections).toMatchObject({ intended: 5, connected: 3, lost: {} })
    expect(connections.failed).toEqual({ 'bad user name or password (4)': 2 })
    expect(await broker.waitForLog(/alice-4/)).toBeDefined()
  })

  it('connects no faster than asked for', async () => {
    await using broker = await startFaultyBroker()
    const run = startBench(planFor(broker.port, { idle: 21, phases: { connectRate: 100, measureMs: 0 } }))
    const { intervals, measured } = await run.result
    expect(measured.connack.count).toBe(21)
    const connecting = intervals.filter(({ phase }) => phase === 'connect')
    expect(connecting.at(-1)!.endMs).toBeGreaterThan(200)
  })

  it('sends no payload larger or smaller than asked for, and can not check those without room for a stamp', async () => {
    await using broker = await startFaultyBroker()
    const small = await startBench(
      planFor(broker.port, { publish: { payloadSize: 15 }, subscribe: {}, phases: { messages: 10 } }),
    ).result
    expect(small.messages).toMatchObject({ sent: 10, expected: 0, lost: undefined })
    expect(broker.published.every(({ payload }) => payload.length === 15)).toBe(true)
    const large = await startBench(
      planFor(broker.port, { publish: { payloadSize: 100_000 }, subscribe: {}, phases: { messages: 10 } }),
    ).result
    expect(large.messages).toEqual(counts(10, 10))
  })

  it('sends payloads of several sizes, the same whoever sends them, and checks each', async () => {
    const sizes = [
      { from: 16, to: 40, share: 0.8 },
      { from: 20_000, to: 90_000, share: 0.2 },
    ]
    const lengthsBy = async (workers: number) => {
      await using broker = await startFaultyBroker()
      const { messages, intervals } = await startBench(
        planFor(broker.port, {
          workers,
          publish: { clients: 2, payload: { kind: 'sizes', sizes } },
          subscribe: {},
          phases: { messages: 100 },
        }),
      ).result
      expect(messages).toEqual(counts(100, 100))
      const lengths = broker.published.map(({ topic, payload }) => [topic, payload.length] as const)
      const bytes = lengths.reduce((sum, [topic, length]) => sum + topic.length + length, 0)
      expect(intervals.reduce((sum, { bytesSent }) => sum + bytesSent, 0)).toBeGreaterThan(bytes)
      expect(intervals.reduce((sum, { bytesSent }) => sum + bytesSent, 0)).toBeLessThan(bytes + 100 * 6 + 500)
      return ['bench/0', 'bench/1'].map((wanted) => lengths.filter(([topic]) => topic === wanted))
    }
    expect(await lengthsBy(2)).toEqual(await lengthsBy(1))
  })

  it.each([false, true])('sends what it was given, whatever bytes, without a stamp: %s', async (unstamped) => {
    await using broker = await startFaultyBroker()
    const content = Buffer.from([0, 255, 13, 10, 128, 0])
    const { messages, measured } = await startBench(
      planFor(broker.port, {
        publish: { payload: { kind: 'content', content, sha256: '' }, unstamped },
        subscribe: {},
        phases: { messages: 30, drainMs: 200 },
      }),
    ).result
    const sent = broker.published.map(({ payload }) => payload.subarray(unstamped ? 0 : 16))
    expect(sent).toEqual(Array.from({ length: 30 }, () => content))
    expect(measured.endToEnd.count).toBe(unstamped ? 0 : 30)
    if (unstamped) expect(messages).toMatchObject({ sent: 30, expected: 0, lost: undefined, foreign: 0 })
    else expect(messages).toEqual(counts(30, 30))
  })

  it('takes for foreign what was retained before', async () => {
    await using broker = await startFaultyBroker()
    await startBench(planFor(broker.port, { publish: { retain: true }, phases: { messages: 5 } })).result
    const { messages } = await startBench(planFor(broker.port, flow(0, { messages: 10 }))).result
    expect(messages).toEqual(counts(10, 10, { foreign: 1 }))
  })

  it('counts whatever comes when nobody of the run publishes, at the rate at which it came', async () => {
    await using broker = await startFaultyBroker()
    const run = startBench(planFor(broker.port, { subscribe: { clients: 2 }, phases: { messages: 100 } }))
    await run.reached('measure')
    await startBench(
      planFor(broker.port, { clientId: 'other-%i', publish: { payloadSize: 3 }, phases: { messages: 50 } }),
    ).result
    const { messages, measuredMs, receivingMs } = await run.result
    expect(messages).toEqual(counts(0, 0, { received: 100 }))
    expect(receivingMs).toBe(measuredMs)
  })

  it('keeps to the Receive Maximum of the broker, and says what it waited for', async () => {
    const { messages, measured, brokerLimits } = await runAgainst(
      { limits: { receiveMaximum: 2 } },
      flow(1, { messages: 200 }, { connection: { protocolVersion: '5' }, publish: { qos: 1, segments: rate(20_000) } }),
    )
    expect(messages).toMatchObject({ sent: 200, acknowledged: 200 })
    expect(measured.waited.count).toBeGreaterThan(0)
    expect(measured.waited.max).toBeLessThanOrEqual(measured.acknowledged.max)
    expect(brokerLimits).toMatchObject({ receiveMaximum: 2 })
  })
})

describe('a run against a broker that', () => {
  it.each<[Fault, 0 | 1 | 2, MessageCounts]>([
    ['drops PUBACK', 1, counts(300, 300, { acknowledged: 0, unanswered: 300 })],
    ['drops PUBREC', 2, counts(300, 300, { acknowledged: 0, unanswered: 300 })],
    ['drops PUBCOMP', 2, counts(300, 300, { acknowledged: 0, unanswered: 300 })],
    ['loses QoS 0', 0, counts(300, 300, { received: 0, lost: 300 })],
    ['loses QoS 1', 1, counts(300, 300, { received: 0, lost: 300 })],
    ['duplicates QoS 1', 1, counts(300, 300, { duplicates: 300 })],
    ['duplicates QoS 2', 2, counts(300, 300, { duplicates: 300 })],
    ['reorders', 0, counts(300, 300, { outOfOrder: 149 })],
    ['stops answering', 1, counts(300, 300, { acknowledged: 0, unanswered: 300, received: 0, lost: 300 })],
    ['downgrades QoS', 2, counts(300, 300)],
  ])('%s, at QoS %d', async (fault, qos, expected) => {
    const { messages, incomplete } = await runAgainst(
      { fault, swapMs: 5000 },
      flow(qos, { messages: 300, drainMs: 600 }, { publish: { qos, inflight: 1000 } }),
    )
    expect(messages).toEqual(expected)
    expect(incomplete).toBeUndefined()
  })

  it('drops PUBACK, with a window that is soon full: what found no room was not sent', async () => {
    const { messages, intervals } = await runAgainst(
      { fault: 'drops PUBACK' },
      flow(1, { messages: 50, drainMs: 50 }, { publish: { qos: 1, inflight: 10 } }),
    )
    expect(messages).toEqual(counts(50, 10, { sent: 10, acknowledged: 0, unanswered: 10, received: 10 }))
    expect(Math.max(...intervals.map(({ health }) => health.waiting))).toBe(40)
  })

  it('refuses SUBSCRIBE expects nothing', async () => {
    const { messages, connections } = await runAgainst({ fault: 'refuses SUBSCRIBE' }, flow(0, { messages: 20 }))
    expect(messages).toEqual(counts(20, 0))
    expect(connections).toMatchObject({
      connected: 2,
      subscriptionsRefused: { 'Unspecified error (128)': 1 },
      lost: {},
    })
  })

  it('never answers CONNECT', async () => {
    const { connections, incomplete, messages } = await runAgainst(
      { fault: 'never answers CONNECT' },
      flow(0, { messages: 20 }, { connection: { connectTimeout: '500ms' } }),
    )
    expect(connections).toMatchObject({ connected: 0, failed: { 'no CONNACK within 0.5 s (--connect-timeout)': 2 } })
    expect(incomplete).toBe('only 0 of 2 clients were connected, and 2 were to be (--min-connected)')
    expect(messages).toEqual(counts(0, 0))
  })

  it('drops SUBACK', async () => {
    const { connections, messages } = await runAgainst(
      { fault: 'drops SUBACK' },
      flow(0, { messages: 20, minConnected: 0.5 }, { connection: { connectTimeout: '500ms' } }),
    )
    expect(connections).toMatchObject({
      connected: 2,
      lost: { 'no SUBACK within 0.5 s (--connect-timeout)': 1 },
    })
    expect(messages).toEqual(counts(20, 0))
  })

  it('has no PINGRESP, when the keep alive is over', async () => {
    await using broker = await startFaultyBroker({ fault: 'no PINGRESP' })
    const { client, ...plan } = planFor(broker.port, { idle: 2, phases: { measureMs: 20_000 } })
    const values = { ...client.values, keepAlive: 1 }
    const { connections, incomplete } = await startBench({ ...plan, client: { ...client, values } }).result
    expect(connections).toMatchObject({
      connected: 2,
      lost: { 'no answer for one and a half times the keep alive (-k)': 2 },
    })
    expect(incomplete).toBe('every connection was lost')
  })

  it('shared delivers to all, on whichever members', async () => {
    const { messages } = await runAgainst(
      { fault: 'shared delivers to all' },
      {
        connection: { protocolVersion: '5' },
        publish: {},
        subscribe: { clients: 3, filter: '$share/group/bench/#' },
        phases: { messages: 100, drainMs: 300 },
      },
    )
    expect(messages).toEqual(counts(100, 100, { duplicates: 200 }))
  })

  it('closes on large payload', async () => {
    const { messages, connections } = await runAgainst(
      { fault: 'closes on large payload' },
      { publish: { payloadSize: 70_000, qos: 1 }, idle: 1, phases: { messages: 500, drainMs: 500 } },
    )
    expect(messages.intended).toBe(500)
    expect(messages.acknowledged).toBe(0)
    expect(messages.unanswered).toBe(messages.sent)
    expect(messages.sent).toBeLessThan(500)
    expect(connections.lost).toEqual({ 'the broker closed the connection': 1 })
  })
})

describe('a run without a broker', () => {
  it('counts each connection that was refused', async () => {
    const port = await freePort()
    const { connections, incomplete } = await startBench(planFor(port, { idle: 30, phases: { measureMs: 60_000 } }))
      .result
    expect(connections).toEqual({
      intended: 30,
      connected: 0,
      failed: { 'connection refused; is the broker running there, and is the port right?': 30 },
      left: 0,
      missed: 0,
      sessionsLost: 0,
      lost: {},
      subscriptionsRefused: {},
    })
    expect(incomplete).toMatch(/^only 0 of 30 clients/)
  })
})

describe('a run that is interrupted', () => {
  it.each(['connect', 'settle', 'warmup', 'measure', 'drain'] as const)(
    'in its phase %s says what was measured',
    async (phase) => {
      await using broker = await startFaultyBroker({ fault: phase === 'drain' ? 'loses QoS 0' : undefined })
      const long = 60_000
      const phases = {
        connectRate: phase === 'connect' ? 0.1 : 1000,
        settleMs: phase === 'settle' ? long : 0,
        warmupMs: phase === 'warmup' ? long : 50,
        measureMs: phase === 'measure' ? long : 50,
        drainMs: long,
      }
      const run = startBench(planFor(broker.port, flow(0, phases, { intervalMs: 20 })))
      await run.reached(phase)
      if (phase === 'measure') await broker.waitForLog(/bench-1/)
      run.stop()
      const { incomplete, messages, connections, measuredMs } = await run.result
      expect(incomplete).toBe('interrupted')
      expect(run.phases.at(-1)).toBe('disconnect')
      expect(messages.sent).toBe(messages.intended)
      expect(messages.received + messages.lost!).toBe(messages.expected)
      expect(measuredMs).toBeLessThan(long)
      if (phase === 'connect') expect(connections.failed).toEqual({ 'it was not connected when the run ended': 2 })
      else expect(connections.connected).toBe(2)
    },
  )

  it('lets what is on its way come in', async () => {
    await using broker = await startFaultyBroker()
    const publish = { qos: 1, segments: undefined, inflight: 1000 } as const
    const run = startBench(planFor(broker.port, { publish, subscribe: {}, intervalMs: 20 }))
    await run.received(1)
    run.stop()
    const { incomplete, messages } = await run.result
    expect(incomplete).toBe('interrupted')
    expect(messages.sent).toBeGreaterThan(0)
    expect(messages).toMatchObject({ unanswered: 0, lost: 0 })
  })
})
