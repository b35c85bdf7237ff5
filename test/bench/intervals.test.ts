import { describe, expect, it } from 'vitest'
import { Intervals } from '../../src/bench/intervals.ts'
import type { Interval } from '../../src/bench/result.ts'
import { mergedMeasured } from '../../src/bench/totals.ts'
import { evenly, healthy, intervalOf, measuredOf } from './results.ts'

/** Seconds of these phases, one after the other, with counts of their own. */
function seconds(...phases: readonly (readonly [Interval['phase'], number])[]): Interval[] {
  const all = phases.flatMap(([phase, count]) => Array.from({ length: count }, () => phase))
  return all.map((phase, at) =>
    intervalOf(at, {
      phase,
      sent: at,
      connected: at,
      measured: measuredOf({ endToEnd: evenly(1 + (at % 3), 10 * (at % 7) + 1) }),
      health: { ...healthy, loopDelayMaxMs: at % 50, cpuCores: 0.5, gcMs: 2, waiting: at },
    }),
  )
}

function kept(most: number, all: readonly Interval[]): readonly Interval[] {
  const intervals = new Intervals(most)
  for (const each of all) intervals.add(each)
  return intervals.all
}

describe('the time line of a run', () => {
  it('is as it was where it is short', () => {
    const all = seconds(['connect', 3], ['measure', 7])
    expect(kept(10, all)).toEqual(all)
  })

  it.each([11, 100, 641, 5000])('of %d seconds has a few intervals, which come to the same', (count) => {
    const all = seconds(['connect', 2], ['warmup', 3], ['measure', count], ['drain', 2])
    const few = kept(10, all)
    expect(few.length).toBeLessThanOrEqual(10)
    expect(few.length).toBeGreaterThan(4)
    expect([...new Set(few.map(({ phase }) => phase))]).toEqual(['connect', 'warmup', 'measure', 'drain'])
    expect(few.slice(1).map(({ startMs }) => startMs)).toEqual(few.slice(0, -1).map(({ endMs }) => endMs))
    expect([few[0]!.startMs, few.at(-1)!.endMs]).toEqual([0, (count + 7) * 1000])
    const sum = (intervals: readonly Interval[], read: (interval: Interval) => number) =>
      intervals.reduce((total, each) => total + read(each), 0)
    for (const read of [
      (each: Interval) => each.sent,
      (each: Interval) => each.bytesReceived,
      (each: Interval) => each.health.gcMs,
    ])
      expect(sum(few, read)).toBe(sum(all, read))
    const measured = (intervals: readonly Interval[]) => mergedMeasured(intervals.map((each) => each.measured))
    expect(measured(few)).toEqual(measured(all))
    const [drain] = few.filter(({ phase }) => phase === 'drain').slice(-1)
    expect(drain).toMatchObject({ connected: count + 6, health: { waiting: count + 6, cpuCores: 0.5 } })
    expect(Math.max(...few.map(({ health }) => health.loopDelayMaxMs))).toBe(Math.min(49, count + 6))
  })

  it('has intervals of equal length within a phase, but for the last', () => {
    const few = kept(10, seconds(['connect', 1], ['measure', 100]))
    const lengths = few.filter(({ phase }) => phase === 'measure').map(({ startMs, endMs }) => endMs - startMs)
    expect(new Set(lengths.slice(0, -1))).toEqual(new Set([16_000]))
    expect(lengths.at(-1)).toBeLessThanOrEqual(16_000)
  })
})
