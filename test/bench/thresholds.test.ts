import { describe, expect, it } from 'vitest'
import { metricNames, metricOf } from '../../src/bench/metrics.ts'
import type { Result } from '../../src/bench/result.ts'
import { brokenForGood, failures, holds, isFinal, parseThreshold } from '../../src/bench/thresholds.ts'
import { UsageError } from '../../src/errors.ts'
import { evenly, measuredOf, resultOf } from './results.ts'

const judge = (text: string, result: Result) => failures([parseThreshold(text)], result)[0]!

/** 1000 messages, from 20 µs to 20 ms. */
const slow = resultOf({ measured: measuredOf({ endToEnd: evenly(1000, 20_000) }) })
const lossy = resultOf({
  messages: { sent: 9000, acknowledged: 8990, lost: 10, received: 9990, rejected: { '0x97': 4 } },
})

describe('a threshold', () => {
  it.each([
    ['e2e.p99>19ms', slow, true, 'e2e.p99 is 19.8 ms'],
    ['e2e.p99>20ms', slow, false, 'e2e.p99 is 19.8 ms'],
    ['e2e.max>=20000us', slow, true, 'e2e.max is 20.0 ms'],
    ['e2e.max > .02 s', slow, false, 'e2e.max is 20.0 ms'],
    ['e2e.mean<10ms', slow, false, 'e2e.mean is 10.0 ms'],
    ['e2e.count<1001', slow, true, 'e2e.count is 1,000'],
    ['lost>0', lossy, true, 'lost is 10'],
    ['lost>0', slow, false, 'lost is 0'],
    ['lost>0.1%', lossy, false, 'lost is 0.1 %'],
    ['lost>=0.1%', lossy, true, 'lost is 0.1 %'],
    ['not-sent>=1k', lossy, true, 'not-sent is 1,000'],
    ['rejected=4', lossy, true, 'rejected is 4'],
    ['rate<9500', lossy, true, 'rate is 900/s'],
    ['rate<0.9k/s', lossy, false, 'rate is 900/s'],
    ['rate.received<=999/s', lossy, true, 'rate.received is 999/s'],
    ['connect-failed>0%', resultOf(), false, 'connect-failed is 0 %'],
  ])('%s', (text, result, failed, reason) => {
    expect(judge(text, result)).toEqual({ threshold: text, failed, reason })
  })

  it('fails when there are too few samples to say', () => {
    expect(judge('e2e.p99.9>1s', slow)).toEqual({
      threshold: 'e2e.p99.9>1s',
      failed: true,
      reason: "e2e.p99.9 can't be told: 1000 samples are too few",
    })
    expect(judge('ack.max>1s', slow).failed).toBe(true)
    expect(holds(parseThreshold('ack.p50<1s'), slow)).toBeUndefined()
  })

  it('fails when only all parts of a run can tell', () => {
    expect(judge('lost>0', resultOf({ messages: { lost: undefined } }))).toMatchObject({
      failed: true,
      reason: "lost can't be told: it takes stamps, and all parts of a run (bench merge)",
    })
  })

  it('takes a rate over the time until the last one came', () => {
    const late = resultOf({ acknowledgingMs: 12_500, receivingMs: 20_000 })
    for (const comparison of ['rate<1000', 'rate.acknowledged>800', 'rate.received>500'])
      expect(judge(comparison, late)).toMatchObject({ failed: false })
    expect(judge('rate.received<501', late)).toMatchObject({ failed: true })
  })

  it('fails when nothing was measured', () => {
    expect(judge('rate<1', resultOf({ measuredMs: 0 }))).toMatchObject({ failed: true, reason: /nothing was measured/ })
  })

  it.each([
    ['e2e.p99>20', 'e2e.p99 is a time: name its unit, us, ms, s or m'],
    ['e2e.p99>20%', 'e2e.p99 is a time'],
    ['rate<5ms', 'rate is a rate'],
    ['lost>1ms', 'lost is a count: 10, 1k or 0.1%'],
    ['e2e.count>1%', 'e2e.count is a count: 10, 1k'],
    ['e2e.p98.>1ms', "nothing measured is called 'e2e.p98.'"],
    ['e2e.p0>1ms', "nothing measured is called 'e2e.p0'"],
    ['e3e.p99>1ms', "nothing measured is called 'e3e.p99'; did you mean e2e.p99?"],
    ['losst>0', "nothing measured is called 'losst'; did you mean lost?"],
    ['constructor>0', "nothing measured is called 'constructor'"],
    ['lost', 'expected a comparison'],
    ['lost>', 'expected a comparison'],
    ['', 'expected a comparison'],
  ])('%s is refused', (text, reason) => {
    expect(() => parseThreshold(text)).toThrow(UsageError)
    expect(() => parseThreshold(text)).toThrow(reason)
  })
})

describe('metricNames', () => {
  it('has only names that stand for something', () => {
    expect(metricNames.filter((name) => metricOf(name) === undefined)).toEqual([])
  })
})

describe('a comparison that fails for good', () => {
  it.each([
    ['rejected>0', true],
    ['connect-failed>=3', true],
    ['duplicates>0.1%', false],
    ['duplicates<3', false],
    ['lost>0', false],
    ['unanswered>0', false],
    ['not-sent>0', false],
    ['e2e.p99>1s', false],
    ['rate>5', false],
  ])('%s: %s', (text, final) => {
    expect(isFinal(parseThreshold(text))).toBe(final)
  })

  it('is told by what was counted so far', () => {
    const thresholds = ['lost>0', 'rejected>10', 'out-of-order>0'].map(parseThreshold)
    const counts = (rejected: number) => resultOf({ messages: { lost: 5, rejected: { a: rejected, b: 4 } } })
    expect(brokenForGood(thresholds, counts(6))).toBeUndefined()
    expect(brokenForGood(thresholds, counts(7))).toMatchObject({ text: 'rejected>10' })
  })
})
