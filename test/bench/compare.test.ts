import { describe, expect, it } from 'vitest'
import { compare } from '../../src/bench/compare.ts'
import type { MessageCounts } from '../../src/bench/result.ts'
import { reportOf } from './reports.ts'
import { evenly, intervalOf, measuredOf, resultOf } from './results.ts'

/** A run whose nth second had latencies up to the nth of these microseconds. */
function run(latencies: readonly number[], messages: Partial<MessageCounts> = {}) {
  const intervals = latencies.map((us, at) => intervalOf(at, { measured: measuredOf({ endToEnd: evenly(1000, us) }) }))
  const mean = latencies.reduce((sum, us) => sum + us, 0) / latencies.length
  return reportOf({
    result: resultOf({ intervals, messages, measured: measuredOf({ endToEnd: evenly(10_000, mean) }) }),
  })
}

const steady = [1000, 1010, 990, 1005, 995]
const slower = steady.map((us) => us * 1.5)
const restless = [200, 3000, 900, 300, 3600]

const verdicts = (...args: Parameters<typeof compare>) =>
  Object.fromEntries(compare(...args).map(({ metric, verdict }) => [metric.name, verdict]))

describe('compare', () => {
  it('calls a change that is larger than tolerance and spread worse or better', () => {
    expect(verdicts([run(steady)], [run(slower)], 0.05)).toMatchObject({ 'e2e.p99': 'worse', rate: 'same' })
    expect(verdicts([run(slower)], [run(steady)], 0.05)).toMatchObject({ 'e2e.p99': 'better' })
    expect(verdicts([run(steady)], [run(slower)], 0.6)).toMatchObject({ 'e2e.p99': 'same' })
  })

  it('calls one that the intervals of a run differ by as much within noise', () => {
    const [change] = compare([run(steady)], [run(restless)], 0.05).filter(({ metric }) => metric.name === 'e2e.p99')
    expect(change).toMatchObject({ verdict: 'within noise' })
    expect(change!.relative).toBeCloseTo(0.6, 1)
    expect(change!.noise).toBeGreaterThan(1)
  })

  it('goes by the spread of runs where there are several', () => {
    const runs = (...factors: number[]) => factors.map((factor) => run(steady.map((us) => us * factor)))
    expect(verdicts(runs(1, 1.6, 0.7), runs(1.4, 0.8, 1.7), 0.05)).toMatchObject({ 'e2e.p50': 'within noise' })
    expect(verdicts(runs(1, 1.01, 0.99), runs(1.4, 1.41, 1.39), 0.05)).toMatchObject({ 'e2e.p50': 'worse' })
  })

  it('takes three runs for as few as they are', () => {
    const runs = (...factors: number[]) => factors.map((factor) => run(steady.map((us) => us * factor)))
    // A normal distribution would have it that chance makes 3.2 %.
    expect(verdicts(runs(1, 1.02, 1.04), runs(1.04, 1.06, 1.08), 0.01)).toMatchObject({ 'e2e.p50': 'within noise' })
    expect(verdicts(runs(1, 1.02, 1.04), runs(1.07, 1.09, 1.11), 0.01)).toMatchObject({ 'e2e.p50': 'worse' })
  })

  it('does not go by what the end of a phase has left of an interval', () => {
    const whole = run(steady)
    const { intervals } = whole.result
    const rest = intervalOf(intervals.length, { endMs: intervals.length * 1000 + 3, received: 90 })
    const [change] = compare([whole], [{ ...whole, result: { ...whole.result, intervals: [...intervals, rest] } }], 0)
    expect(change).toMatchObject({ metric: { name: 'rate' }, noise: 0 })
  })

  it('takes more of a rate as better, and any loss after none as worse', () => {
    const half = { sent: 5000, received: 4990, lost: 10 }
    expect(verdicts([run(steady)], [run(steady, half)], 0.05)).toMatchObject({
      'rate.received': 'worse',
      lost: 'worse',
      'not-sent': 'worse',
    })
    expect(verdicts([run(steady, half)], [run(steady)], 0.05)).toMatchObject({
      'rate.received': 'better',
      lost: 'better',
    })
  })

  it('leaves out what one side does not have', () => {
    const names = Object.keys(verdicts([run(steady)], [run(steady)], 0))
    expect(names).toEqual(['rate', 'rate.acknowledged', 'rate.received', 'e2e.p50', 'e2e.p95', 'e2e.p99', 'e2e.p99.9'])
  })
})
