import { describe, expect, it } from 'vitest'
import type { HostClock } from '../../../src/bench/clock.ts'
import { percentileOf } from '../../../src/bench/latencies.ts'
import { mergeReports } from '../../../src/bench/merge.ts'
import type { Result } from '../../../src/bench/result.ts'
import { UsageError } from '../../../src/errors.ts'
import { startFaultyBroker } from '../../support/faulty-broker.ts'
import { monotonicUs } from '../../support/run.ts'
import { type BenchRun, type PlanParts, planFor, rate, startBench } from '../plan-for.ts'
import { reportOf } from '../reports.ts'

const subscribeAt = (qos: 0 | 1 | 2) => ({ qos, retainHandling: 0, retainAsPublished: false }) as const

/** Starts part `part` of `of`, from 1. */
function startPart(port: number, [part, of]: readonly [number, number], parts: PlanParts, host?: HostClock): BenchRun {
  return startBench(planFor(port, { ...parts, shard: { index: part - 1, of } }), host)
}

function startParts(port: number, of: number, parts: PlanParts): BenchRun[] {
  return Array.from({ length: of }, (_, index) => startPart(port, [index + 1, of], parts))
}

async function resultsOf(runs: readonly BenchRun[]): Promise<Result[]> {
  return await Promise.all(runs.map(({ result }) => result))
}

/** What all parts come to. */
function whole(results: readonly Result[]): Result {
  const all = results.map((result, index) => ({
    name: String(index),
    report: reportOf({ shards: { indexes: [index], of: results.length }, result }),
  }))
  return mergeReports(all, () => {}).result
}

const allWell = { rejected: {}, unanswered: 0, lost: 0, duplicates: 0, outOfOrder: 0, foreign: 0 }

const fanIn: PlanParts = { publish: { clients: 6 }, subscribe: { clients: 1 }, phases: { messages: 300 } }

describe('parts of a run', () => {
  it.each<[what: string, parts: PlanParts, sent: number, deliveries: number]>([
    ['from many to one', fanIn, 300, 300],
    ['from one to many', { publish: {}, subscribe: { clients: 5 }, phases: { messages: 200 } }, 200, 1000],
    [
      'in pairs, with a warm-up',
      {
        publish: { clients: 5, qos: 1 },
        subscribe: { clients: 5, filter: 'bench/%i', options: subscribeAt(1) },
        phases: { warmupMs: 100, messages: 203 },
      },
      203,
      203,
    ],
    [
      'to a shared group, whose members are in several parts',
      {
        connection: { protocolVersion: '5' },
        publish: { clients: 3 },
        subscribe: { clients: 6, filter: '$share/group/bench/#' },
        phases: { messages: 300 },
      },
      300,
      300,
    ],
    [
      'in closed loop, where some publishers have more to send than others',
      { publish: { clients: 2, qos: 1, segments: undefined }, subscribe: { clients: 1 }, phases: { messages: 5001 } },
      5001,
      5001,
    ],
    [
      'in wills, whose times each part works out for itself',
      {
        publish: { clients: 40, qos: 1, wills: true, segments: rate(200) },
        subscribe: { clients: 2, options: subscribeAt(1) },
        phases: { warmupMs: 50, messages: 30 },
      },
      30,
      60,
    ],
    [
      'to subscribers that are away meanwhile',
      {
        publish: { clients: 2, qos: 1 },
        subscribe: { clients: 3, absent: true, options: subscribeAt(1) },
        phases: { messages: 100, settleMs: 100 },
      },
      100,
      300,
    ],
  ])('come to the whole that one process would, %s', async (_what, parts, sent, deliveries) => {
    await using broker = await startFaultyBroker()
    const results = await resultsOf(startParts(broker.port, 3, parts))
    expect(results.map(({ incomplete }) => incomplete)).toEqual([undefined, undefined, undefined])
    expect(results.map(({ messages }) => messages.lost)).toEqual([undefined, undefined, undefined])
    const { messages, measured } = whole(results)
    expect(messages).toEqual({
      ...allWell,
      intended: sent,
      sent,
      acknowledged: sent,
      expected: deliveries,
      received: deliveries,
    })
    expect(measured.endToEnd).toMatchObject({ count: deliveries, negative: 0 })
    expect(measured.endToEnd.max).toBeLessThan(10e6)
    expect(new Set(broker.published.map(({ publisher }) => publisher)).size).toBeGreaterThan(0)
  })

  it('wait for the last: no message is sent before each subscriber has subscribed', async () => {
    await using broker = await startFaultyBroker()
    const parts: PlanParts = { publish: {}, subscribe: { clients: 2, filter: 'bench/0' }, phases: { messages: 50 } }
    const first = startPart(broker.port, [1, 2], parts)
    await first.reached('meet')
    const second = startPart(broker.port, [2, 2], parts)
    expect(whole(await resultsOf([first, second])).messages).toMatchObject({ ...allWell, sent: 50, received: 100 })
  })

  it('that only connect, or only publish, begin at the same time', async () => {
    await using broker = await startFaultyBroker()
    for (const parts of [
      { idle: 4, phases: { measureMs: 200 } },
      { publish: { clients: 4 }, phases: { measureMs: 200 } },
    ] satisfies PlanParts[]) {
      const runs = startParts(broker.port, 2, parts)
      const [one, other] = await Promise.all(
        runs.map(async (run) => {
          await run.reached('measure')
          return monotonicUs()
        }),
      )
      expect(Math.abs(one! - other!)).toBeLessThan(100_000)
      for (const { measuredMs } of await resultsOf(runs)) expect(measuredMs).toBeGreaterThan(195)
    }
  })

  it('that only receive end when all together have received as many as asked for', async () => {
    await using broker = await startFaultyBroker()
    const receivers = startParts(broker.port, 2, { subscribe: { clients: 2 }, phases: { messages: 400 } })
    await Promise.all(receivers.map((run) => run.reached('measure')))
    const sending: PlanParts = { clientId: 'sender', publish: {}, phases: { measureMs: 60_000 } }
    const sender = startBench(planFor(broker.port, sending))
    const results = await resultsOf(receivers)
    sender.stop()
    await sender.result
    const received = results.map(({ messages }) => messages.received + messages.foreign)
    expect(received[0]! + received[1]!).toBeGreaterThanOrEqual(400)
    expect(results.map(({ incomplete }) => incomplete)).toEqual([undefined, undefined])
  })

  it('count what is lost between them, and wait for it no longer than asked for', async () => {
    await using broker = await startFaultyBroker({ fault: 'loses QoS 1' })
    const results = await resultsOf(
      startParts(broker.port, 2, {
        publish: { clients: 2, qos: 1 },
        subscribe: { clients: 1, options: subscribeAt(1) },
        phases: { messages: 100, drainMs: 300 },
      }),
    )
    expect(results.map(({ incomplete }) => incomplete)).toEqual([undefined, undefined])
    expect(whole(results).messages).toMatchObject({
      ...allWell,
      acknowledged: 100,
      expected: 100,
      received: 0,
      lost: 100,
    })
  })

  it('count their connections together', async () => {
    await using broker = await startFaultyBroker({ authenticate: { username: 'alice', password: 'right' } })
    const credentials = [
      { username: 'alice', password: 'right' },
      { username: 'alice', password: 'wrong' },
    ]
    // Part 1 has all that are let in, part 2 none.
    const enough = startParts(broker.port, 2, { idle: 10, credentials, phases: { minConnected: 0.5, measureMs: 0 } })
    expect((await resultsOf(enough)).map(({ incomplete }) => incomplete)).toEqual([undefined, undefined])
    const tooFew = startParts(broker.port, 2, { idle: 10, credentials, phases: { minConnected: 0.51, measureMs: 0 } })
    const reason = 'only 5 of 10 clients were connected, and 6 were to be (--min-connected)'
    expect((await resultsOf(tooFew)).map(({ incomplete }) => incomplete)).toEqual([reason, reason])
  })

  it.each([
    ['part 3 of 3 did not come within 1 s (--meet)', [1, 2]],
    ['part 1 of 3 did not come within 1 s (--meet)', [2, 3]],
    ['parts 2 and 3 of 3 did not come within 1 s (--meet)', [1]],
  ] as const)('give up when %s', async (reason, present) => {
    await using broker = await startFaultyBroker()
    const runs = present.map((part) =>
      startPart(broker.port, [part, 3], { publish: { clients: 3 }, meeting: { run: 'test', limitMs: 1000 } }),
    )
    const results = await resultsOf(runs)
    expect(results.map(({ incomplete, messages }) => [incomplete, messages.sent])).toEqual(
      present.map(() => [reason, 0]),
    )
  })

  it('that differ in what they do are not parts of one run', async () => {
    await using broker = await startFaultyBroker()
    const one = startPart(broker.port, [1, 2], { publish: { qos: 0 } })
    const other = startPart(broker.port, [2, 2], { publish: { qos: 1 } })
    await expect(other.result).rejects.toThrow(new UsageError('part 1 is of another run: it differs in publish.qos'))
    one.stop()
    await one.result
    expect(one.notices).toEqual(['part 2 of 2 is of another run: it differs in publish.qos'])
  })

  it('are each there once', async () => {
    await using broker = await startFaultyBroker()
    // All clients are in part 1: those of the two processes that are part 2 don't drive each other out.
    const parts: PlanParts = { publish: { clients: 1 }, phases: { messages: 30 } }
    const first = startPart(broker.port, [1, 3], parts)
    const twins = [1, 2].map(() => startPart(broker.port, [2, 3], parts))
    const ends = twins.map(({ result }) => result.catch((error: unknown) => error))
    expect(await Promise.race(ends)).toEqual(new UsageError('another process is part 2 of 3, too'))
    const third = startPart(broker.port, [3, 3], parts)
    const second = (await Promise.all(ends)).find((end) => !(end instanceof UsageError)) as Result
    const [one, three] = await resultsOf([first, third])
    expect(whole([one!, second, three!]).messages).toMatchObject({ ...allWell, sent: 30 })
  })

  it('have one who leads', async () => {
    await using broker = await startFaultyBroker()
    const leaders = [1, 2].map(() => startPart(broker.port, [1, 2], { idle: 0 }))
    const ends = leaders.map(({ result }) => result.catch((error: unknown) => error))
    expect(await Promise.race(ends)).toEqual(new UsageError('another process is part 1 of 2, too'))
    for (const leader of leaders) leader.stop()
    expect(await Promise.all(ends)).toContainEqual(expect.objectContaining({ incomplete: 'interrupted' }))
  })

  it.each([
    [1, 'part 1 of 3 ended before the others'],
    [2, 'part 2 of 3 ended before the others'],
  ])('say so when part %d is stopped under load, and end', async (stopped, reason) => {
    await using broker = await startFaultyBroker()
    const runs = startParts(broker.port, 3, {
      publish: { clients: 3 },
      subscribe: { clients: 3 },
      phases: { measureMs: 1000, drainMs: 200 },
    })
    await Promise.all(runs.map((run) => run.reached('measure')))
    runs[stopped - 1]!.stop()
    const results = await resultsOf(runs)
    expect(results.map(({ incomplete }) => incomplete)).toEqual(
      results.map((_, index) => (index === stopped - 1 ? 'interrupted' : reason)),
    )
  })
})

describe('parts on several machines', () => {
  /** A machine whose clock shows that much more. */
  const machine = (id: string, moreUs: number): HostClock => ({ id, monotonicUs: () => monotonicUs() + moreUs })

  it.each([3_600_000_000, -7_200_000_000])('go by the clock of part 1, which is %d µs ahead', async (aheadUs) => {
    await using broker = await startFaultyBroker()
    const runs = [
      startPart(broker.port, [1, 3], fanIn, machine('one', aheadUs)),
      startPart(broker.port, [2, 3], fanIn, machine('two', 0)),
      startPart(broker.port, [3, 3], fanIn, machine('one', aheadUs)),
    ]
    const { messages, measured, clocks } = whole(await resultsOf(runs))
    expect(messages).toMatchObject({ ...allWell, sent: 300, received: 300 })
    expect(clocks).toMatchObject([{ part: 1 }])
    for (const offset of [clocks[0]!.before, clocks[0]!.after!]) {
      expect(offset.errorUs).toBeGreaterThan(0)
      expect(Math.abs(offset.aheadUs - aheadUs)).toBeLessThanOrEqual(offset.errorUs)
    }
    expect(measured.endToEnd.count).toBe(300)
    expect(measured.endToEnd.min).toBeGreaterThan(-clocks[0]!.before.errorUs)
    expect(measured.endToEnd.max).toBeLessThan(10e6)
  })

  it('count times below 0, and drop none', async () => {
    await using broker = await startFaultyBroker()
    // The same machine, as they say, and yet another clock.
    const runs = [
      startPart(broker.port, [1, 2], fanIn, machine('one', 0)),
      startPart(broker.port, [2, 2], fanIn, machine('one', 5e6)),
    ]
    const { messages, measured } = whole(await resultsOf(runs))
    expect(messages).toMatchObject({ ...allWell, sent: 300, received: 300 })
    expect(measured.endToEnd).toMatchObject({ count: 300, negative: 150 })
    // Part 2 takes itself to be late, and sends before the start.
    expect(measured.endToEnd.min).toBeLessThan(-100_000)
    expect(percentileOf(measured.endToEnd, 50)).toBe(0)
  })
})
