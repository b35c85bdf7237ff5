import { describe, expect, it } from 'vitest'
import type { GeneratorHealth, Result } from '../../src/bench/result.ts'
import { verdictLine, verdictOf } from '../../src/bench/verdict.ts'
import { NOWHERE_TO_CONNECT_FROM } from '../../src/mqtt/transport.ts'
import { evenly, healthy, intervalOf, measuredOf, resultOf } from './results.ts'

/** Ten intervals, the first `count` of which are so. */
function withHealth(count: number, health: Partial<GeneratorHealth>, phase: 'measure' | 'connect' = 'measure'): Result {
  const intervals = Array.from({ length: 10 }, (_, at) =>
    intervalOf(at, at < count ? { phase, health: { ...healthy, ...health } } : {}),
  )
  return resultOf({ intervals })
}

/** One interval, and the milliseconds that its phase went on, which are so. */
function withRemainders(health: Partial<GeneratorHealth>): Result {
  const ends = [1, 2].map((at) => {
    const { startMs } = intervalOf(at)
    return intervalOf(at, { endMs: startMs + 3, health: { ...healthy, ...health } })
  })
  return resultOf({ intervals: [intervalOf(0), ...ends] })
}

const late = (us: number) => resultOf({ measured: measuredOf({ schedule: evenly(10_000, us) }) })

/** Ten intervals of connecting, the first `count` of which are so, and one in which all stay. */
function connecting(count: number, health: Partial<GeneratorHealth>, staying: Partial<GeneratorHealth> = {}): Result {
  const { intervals } = withHealth(count, health)
  return resultOf({
    messages: { intended: 0, sent: 0, acknowledged: 0, expected: 0, received: 0 },
    measured: measuredOf({ connack: evenly(10_000, 900) }),
    intervals: [
      ...intervals.map((interval) => ({ ...interval, phase: 'connect' as const })),
      intervalOf(10, { health: { ...healthy, ...staying } }),
    ],
  })
}

const churning = (result: Result): Result => ({
  ...result,
  measured: { ...result.measured, schedule: evenly(1000, 900) },
})

const fewer = (result: Result, count: number): Result => ({
  ...result,
  measured: measuredOf({ endToEnd: evenly(count, 1000) }),
})

const subscribed = (result: Result): Result => ({
  ...result,
  measured: { ...result.measured, suback: evenly(20, 900) },
})

/** The same with messages that took up to two seconds. */
const slowly = (result: Result): Result => ({
  ...result,
  measured: { ...result.measured, endToEnd: evenly(10_000, 2_000_000) },
})

describe('the verdict on the generator', () => {
  it('is not that what waits in sockets is its fault: the broker has not read it', () => {
    expect(verdictOf(withHealth(10, { socketBacklog: 50_000_000 }), 4)).toEqual({
      generatorLimited: false,
      reasons: [],
    })
  })

  it.each<[what: string, result: Result, reason: RegExp]>([
    ['a busy event loop', withHealth(6, { utilization: 0.97 }), /its event loop was up to 97 % busy/],
    ['one long stop', withHealth(1, { loopDelayMaxMs: 150 }), /stood still for 150 ms in all, at worst 150 ms/],
    [
      'a stop that P90 of a hundred shows',
      fewer(withHealth(1, { loopDelayMaxMs: 1100 }), 100),
      /stood still for 1\.10 s/,
    ],
    ['many short stops', withHealth(10, { loopDelayMaxMs: 12 }), /stood still for 120 ms in all, at worst 12\.0 ms/],
    ['a schedule that is not kept', late(8000), /1 of 100 messages was 7\.\d+ ms late/],
    ['a loop that was busy while connecting, where that is all', connecting(6, { utilization: 0.97 }), /97 % busy/],
    ['a stop while connecting, where that is all', connecting(1, { loopDelayMaxMs: 150 }), /stood still for 150 ms/],
    [
      'a stop while clients leave and come back',
      churning(connecting(0, {}, { loopDelayMaxMs: 300 })),
      /stood still for 300 ms/,
    ],
    [
      'a loop that was busy while those received who were absent',
      resultOf({
        intervals: [
          ...Array.from({ length: 10 }, (_, at) => intervalOf(at, { received: 0 })),
          intervalOf(10, { phase: 'drain', received: 10_000, health: { ...healthy, utilization: 0.97 } }),
        ],
      }),
      /97 % busy/,
    ],
    ['a machine that is full', withHealth(9, { cpuCores: 3.9 }), /it took 3\.9 of the 4 cores/],
    [
      'too few descriptors',
      resultOf({ connections: { failed: { 'connect EMFILE': 7, 'connection refused': 2 } } }),
      /7 connections failed since this machine ran out of open files: raise the limit/,
    ],
    [
      'too few local ports',
      resultOf({ connections: { failed: { [NOWHERE_TO_CONNECT_FROM]: 1200 } } }),
      /1,200 connections failed since this machine ran out of local ports.*--bind/,
    ],
  ])('blames it for %s', (_what, result, reason) => {
    const verdict = verdictOf(result, 4)
    expect(verdict).toEqual({ generatorLimited: true, reasons: [expect.stringMatching(reason)] })
    expect(verdictLine(verdict)).toMatch(/^The generator was the limit, not the broker: .*\.$/)
  })

  it.each<[what: string, result: Result]>([
    ['nothing', resultOf()],
    ['a loop that was busy for a moment', withHealth(4, { utilization: 1 })],
    ['a loop that was busy while connecting', withHealth(9, { utilization: 1 }, 'connect')],
    ['a stop that is too short to count', withHealth(1, { loopDelayMaxMs: 90 })],
    ['a stop that no percentile of so few shows', fewer(withHealth(1, { loopDelayMaxMs: 900 }), 100)],
    ['stops that a timer of 1 ms makes', withHealth(10, { loopDelayMaxMs: 9 })],
    ['a schedule that is kept', late(4000)],
    ['one core of four', withHealth(10, { cpuCores: 1 })],
    ['a broker that refuses', resultOf({ connections: { failed: { 'connection refused': 20 } } })],
    ['messages that wait for the broker', withHealth(10, { waiting: 5000, socketBacklog: 1e6 })],
    ['a stop beside which the broker was slow', slowly(withHealth(1, { loopDelayMaxMs: 150 }))],
    ['a late schedule beside which the broker was slow', slowly(late(80_000))],
    [
      'a loop that was busy while connecting, where subscribers wait in vain',
      subscribed(connecting(9, { utilization: 1, loopDelayMaxMs: 300 })),
    ],
    [
      'a loop that was busy while nobody was connected',
      { ...connecting(9, { utilization: 1, loopDelayMaxMs: 300 }), measured: measuredOf() },
    ],
    ['a loop that is busy while connections stay', connecting(0, {}, { utilization: 1, loopDelayMaxMs: 300 })],
    ['what a phase has left of an interval', withRemainders({ utilization: 1, cpuCores: 4 })],
    ['no measurement at all', resultOf({ intervals: [], measuredMs: 0 })],
  ])('does not blame it for %s', (_what, result) => {
    const verdict = verdictOf(result, 4)
    expect(verdict).toEqual({ generatorLimited: false, reasons: [] })
    expect(verdictLine(verdict)).toBeUndefined()
  })

  it('names all that there is', () => {
    const { reasons } = verdictOf(withHealth(10, { utilization: 1, loopDelayMaxMs: 300, cpuCores: 4 }), 4)
    expect(reasons).toHaveLength(3)
  })
})
