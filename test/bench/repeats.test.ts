import { describe, expect, it } from 'vitest'
import { compare } from '../../src/bench/compare.ts'
import { readReports } from '../../src/bench/read-report.ts'
import { judgeRuns, keyFigures } from '../../src/bench/repeats.ts'
import { reportJson, runsJson } from '../../src/bench/report.ts'
import { runsText } from '../../src/bench/reports/runs-text.ts'
import type { Result } from '../../src/bench/result.ts'
import { parseThreshold } from '../../src/bench/thresholds.ts'
import { reportOf } from './reports.ts'
import { evenly, healthy, intervalOf, measuredOf, resultOf } from './results.ts'

/** A run whose latencies are up to so many microseconds, and that has lost so many messages. */
function run(us: number, lost = 0): Result {
  return resultOf({ measured: measuredOf({ endToEnd: evenly(10_000, us) }), messages: { lost } })
}

const runs = [run(1000), run(3000), run(1200, 2)]
const reports = runs.map((result) => reportOf({ result }))

function judge(text: string, results: readonly Result[] = runs) {
  return judgeRuns([parseThreshold(text)], results)[0]
}

describe('several runs', () => {
  it.each([
    ['e2e.p99>1300us', false, 'the median of e2e.p99 is 1.19 ms'],
    ['e2e.p99>1100us', true, 'the median of e2e.p99 is 1.19 ms'],
    ['rate<900', false, 'the median of rate is 1,000/s'],
    ['lost>1', true, 'run 3: lost is 2'],
    ['lost>2', false, 'lost is 0 to 2 in each run'],
    ['lost>0.1%', false, 'lost is 0 % to 0.02 % in each run'],
    ['duplicates>0', false, 'duplicates is 0 in each run'],
    ['ack.p99>1s', true, "run 1: ack.p99 can't be told: 0 samples are too few"],
  ])('are judged by %s', (threshold, failed, reason) => {
    expect(judge(threshold)).toEqual({ threshold, failed, reason })
  })

  it('can not be judged by what one of them has not', () => {
    const reason = "run 2: e2e.p99 can't be told: 0 samples are too few"
    expect(judge('e2e.p99>1s', [run(1000), resultOf({ measured: measuredOf() })])).toMatchObject({
      failed: true,
      reason,
    })
  })

  it('have key figures: those that all have, and that are not 0 in all', () => {
    const figures = keyFigures(runs)
    expect(figures.map(({ metric }) => metric.name)).toEqual(['rate', 'rate.received', 'e2e.p50', 'e2e.p99', 'lost'])
    expect(figures.at(-1)).toMatchObject({ values: [0, 0, 2], median: 0, min: 0, max: 2 })
    expect(figures[2]).toMatchObject({ median: 600, min: 500, max: 1500 })
  })

  it('are a table for a person', () => {
    const [outcome] = judgeRuns([parseThreshold('lost>0')], runs)
    const lines = runsText(reports, [outcome!])
    expect(lines[0]).toMatch(/^tmqtt bench flow: 10 publishers, 10 subscribers/)
    expect(lines.slice(lines.indexOf('Runs'))).toEqual([
      'Runs',
      '             rate  rate.received  e2e.p50  e2e.p99  lost',
      '  run 1   1,000/s        1,000/s   500 µs   990 µs     0',
      '  run 2   1,000/s        1,000/s  1.50 ms  2.97 ms     0',
      '  run 3   1,000/s        1,000/s   600 µs  1.19 ms     2',
      '  median  1,000/s        1,000/s   600 µs  1.19 ms     0',
      '  spread      0 %            0 %    167 %    167 %     -',
      '',
      'Thresholds',
      '  FAILED  lost>0: run 3: lost is 2',
    ])
  })

  it('say first in which of them the generator was the limit, and which was not whole', () => {
    const health = { ...healthy, utilization: 0.99 }
    const busy = resultOf({ intervals: Array.from({ length: 10 }, (_, at) => intervalOf(at, { health })) })
    const lines = runsText([reports[0]!, reportOf({ result: { ...busy, incomplete: 'interrupted' } })], [])
    expect(lines[0]).toMatch(/^Run 2: The generator was the limit, not the broker: its event loop was up to 99 % busy/)
    expect(lines).toContain('Run 2 was not whole: interrupted')
  })

  it('are one document, from which compare reads them again', () => {
    const text = runsJson(reports, [])
    expect(JSON.parse(text)).toMatchObject({
      schema: 'tmqtt-bench-runs/1',
      summary: { lost: { unit: 'count', values: [0, 0, 2], median: 0, min: 0, max: 2 } },
      thresholds: [],
      runs: [{ schema: 'tmqtt-bench/1' }, {}, {}],
    })
    const read = readReports(text, 'x.json')
    expect(read).toHaveLength(3)
    expect(compare(read, reports, 0.05).every(({ verdict }) => verdict === 'same')).toBe(true)
    expect(compare(read, reports, 0.05).find(({ metric }) => metric.name === 'e2e.p50')).toMatchObject({ base: 600 })
  })

  it('may be one in a file', () => {
    expect(readReports(reportJson(reports[0]!), 'x.json')).toHaveLength(1)
  })
})
