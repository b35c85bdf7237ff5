import { describe, expect, it } from 'vitest'
import { Schedule, type Segment } from '../../src/bench/schedule.ts'

const forever = (rate: number): Segment => ({ from: rate, to: rate, durationMs: Number.POSITIVE_INFINITY })

function first(schedule: Schedule, count: number): number[] {
  return Array.from({ length: count }, () => schedule.next())
}

/** Every time up to the end. */
function all(schedule: Schedule): number[] {
  const times: number[] = []
  for (let time = schedule.next(); time !== Number.POSITIVE_INFINITY; time = schedule.next()) times.push(time)
  return times
}

describe('Schedule', () => {
  it('spaces messages evenly, the first at once', () => {
    expect(first(new Schedule({ segments: [forever(100)] }), 4)).toEqual([0, 10, 20, 30])
  })

  it('ends with its last segment', () => {
    const schedule = new Schedule({ segments: [{ from: 100, to: 100, durationMs: 50 }] })
    expect(first(schedule, 7)).toEqual([0, 10, 20, 30, 40, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
  })

  it.each([
    ['up', 0, 1000],
    ['down', 1000, 0],
    ['partly', 300, 700],
  ])('ramps %s: as many by each moment as the area under the rate', (_name, from, to) => {
    const times = all(new Schedule({ segments: [{ from, to, durationMs: 10_000 }] }))
    expect(times).toHaveLength(5000)
    for (const ms of [1000, 2500, 5000, 9000]) {
      const area = (from * ms + ((to - from) * ms ** 2) / 20_000) / 1000
      expect(Math.abs(times.filter((time) => time < ms).length - area)).toBeLessThanOrEqual(1)
    }
    expect(times.every((time, at) => at === 0 || time > times[at - 1]!)).toBe(true)
  })

  it('goes from segment to segment, also through silence', () => {
    const quiet = { from: 0, to: 0, durationMs: 1000 }
    const segments = [{ from: 2, to: 2, durationMs: 1000 }, quiet, { from: 4, to: 4, durationMs: 500 }]
    expect(all(new Schedule({ segments }))).toEqual([0, 500, 2000, 2250])
  })

  it.each([undefined, 7])('splits into parts that come to the same whole, seed %s', (seed) => {
    const segments = [{ from: 1000, to: 3000, durationMs: 20_000 }]
    const parts = [[0, 3], [], [1], [2, 4]].map((members) => all(new Schedule({ segments, members, of: 5, seed })))
    expect(parts.flat().sort((a, b) => a - b)).toEqual(all(new Schedule({ segments, seed })))
  })

  it.each([undefined, 7])('says which message is due, and whose it is, seed %s', (seed) => {
    const schedule = new Schedule({ segments: [forever(100)], members: [1, 3], of: 4, seed })
    const whole = first(new Schedule({ segments: [forever(100)], seed }), 8)
    const named = Array.from({ length: 4 }, () => [schedule.next(), schedule.number, schedule.member])
    expect(named).toEqual([
      [whole[1], 1, 0],
      [whole[3], 3, 1],
      [whole[5], 5, 0],
      [whole[7], 7, 1],
    ])
  })

  it('has the gaps of a Poisson process with a seed, the same for the same one', () => {
    const times = first(new Schedule({ segments: [forever(1000)], seed: 1 }), 20_001)
    expect(first(new Schedule({ segments: [forever(1000)], seed: 1 }), 20_001)).toEqual(times)
    const gaps = times.slice(1).map((time, at) => time - times[at]!)
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    expect(mean).toBeCloseTo(1, 1)
    // Of exponential gaps, e⁻¹ are longer than the mean, and e⁻³ longer than three times it.
    expect(gaps.filter((gap) => gap > 1).length / gaps.length).toBeCloseTo(Math.exp(-1), 1)
    expect(gaps.filter((gap) => gap > 3).length / gaps.length).toBeCloseTo(Math.exp(-3), 1)
  })
})
