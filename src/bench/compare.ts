import { type Metric, metricOf } from './metrics.ts'
import { median } from './repeats.ts'
import type { Report } from './report.ts'
import type { Interval, Result } from './result.ts'
import { chanceOf, type Estimate, estimateOf } from './student.ts'
import { wholeIntervals } from './time-shares.ts'

/** How one number has changed from the base to what is new. */
export interface Change {
  readonly metric: Metric
  /** The median of several runs. */
  readonly base: number
  readonly fresh: number
  /** `fresh` over `base`, less 1; infinite when the base was 0. */
  readonly relative: number
  /** Change that chance alone makes, relative to the base; undefined when there is too little to tell. */
  readonly noise: number | undefined
  readonly verdict: 'same' | 'within noise' | 'better' | 'worse'
}

/** What is compared, and whether more of it is better. */
const COMPARED: readonly (readonly [name: string, moreIsBetter: boolean])[] = [
  ['rate', true],
  ['rate.acknowledged', true],
  ['rate.received', true],
  ...['connack', 'ack', 'e2e'].flatMap((latency) =>
    ['p50', 'p95', 'p99', 'p99.9'].map((statistic) => [`${latency}.${statistic}`, false] as const),
  ),
  ['lost', false],
  ['duplicates', false],
  ['out-of-order', false],
  ['rejected', false],
  ['unanswered', false],
  ['not-sent', false],
  ['connect-failed', false],
  ['connections-lost', false],
]

/** Fewer values than this say little of their spread. */
const FEWEST = 3

/**
 * Compares runs. A change is one when it is larger than the tolerance and larger than what chance makes: judged by the
 * spread of several runs of a side where there are three or more, else by the spread of the intervals of its run. Runs
 * differ more than the intervals of one: several runs a side are the better measure.
 *
 * @param tolerance relative, from 0.
 */
export function compare(base: readonly Report[], fresh: readonly Report[], tolerance: number): readonly Change[] {
  const [before, after] = [base, fresh].map((reports) => reports.map(({ result }) => result)) as [Result[], Result[]]
  return COMPARED.flatMap(([name, moreIsBetter]) => {
    const metric = metricOf(name)!
    const [one, other] = [side(metric, before), side(metric, after)]
    if (one === undefined || other === undefined || (one.value === 0 && other.value === 0)) return []
    const relative = other.value / one.value - 1
    const noise =
      one.spread === undefined || other.spread === undefined
        ? undefined
        : chanceOf(one.spread, other.spread) / one.value
    const isBetter = relative > 0 === moreIsBetter
    const verdict =
      Math.abs(relative) <= tolerance
        ? 'same'
        : noise !== undefined && Math.abs(relative) <= noise
          ? 'within noise'
          : isBetter
            ? 'better'
            : 'worse'
    return [{ metric, base: one.value, fresh: other.value, relative, noise, verdict }]
  })
}

interface Side {
  readonly value: number
  readonly spread: Estimate | undefined
}

/** What the runs of a side say of a number; undefined when not all have it. */
function side(metric: Metric, results: readonly Result[]): Side | undefined {
  const values = results.map((result) => metric.read(result)).filter((value) => value !== undefined)
  if (values.length < results.length || values.length === 0) return undefined
  const several = values.length >= FEWEST ? values : results.flatMap((result) => byInterval(metric, result))
  // Of counts there is no telling by interval: that a message is lost shows at the end.
  const isTold = several.length >= FEWEST && (metric.unit !== 'count' || values.length >= FEWEST)
  return { value: median(values), spread: isTold ? estimateOf(several) : undefined }
}

/** The number as each interval of the measurement has it. */
function byInterval(metric: Metric, result: Result): number[] {
  const values = wholeIntervals(result.intervals.filter(({ phase }) => phase === 'measure')).map((each) =>
    metric.read(alone(each, result)),
  )
  return values.filter((value) => value !== undefined)
}

/** An interval as if it were a whole run. */
function alone({ startMs, endMs, sent, acknowledged, received, measured }: Interval, result: Result): Result {
  const messages = { ...result.messages, sent, acknowledged, received }
  const ms = endMs - startMs
  return { ...result, measuredMs: ms, acknowledgingMs: ms, receivingMs: ms, messages, measured }
}
