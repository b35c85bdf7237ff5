import { shownMetric, shownShare } from './figures.ts'
import { type Metric, metricOf } from './metrics.ts'
import type { Result } from './result.ts'
import { compares, failures, type Outcome, readMetric, type Threshold } from './thresholds.ts'

/** One number as several runs have it. */
export interface KeyFigure {
  readonly metric: Metric
  /** In the order of the runs. */
  readonly values: readonly number[]
  readonly median: number
  readonly min: number
  readonly max: number
}

const KEY_FIGURES = [
  ...['rate', 'rate.received'],
  ...['connack', 'ack', 'e2e'].flatMap((latency) => [`${latency}.p50`, `${latency}.p99`]),
  ...['lost', 'duplicates', 'out-of-order', 'rejected', 'unanswered', 'not-sent', 'connect-failed', 'connections-lost'],
]

/** Those that all runs have, and that are not 0 in all of them. */
export function keyFigures(results: readonly Result[]): readonly KeyFigure[] {
  return KEY_FIGURES.flatMap((name) => {
    const metric = metricOf(name)!
    const values = results.map((result) => metric.read(result)).filter((value) => value !== undefined)
    if (values.length < results.length || values.every((value) => value === 0)) return []
    return [{ metric, values, median: median(values), min: Math.min(...values), max: Math.max(...values) }]
  })
}

/**
 * Judges several runs of one plan. Times and rates differ by chance from run to run: of these the median counts. What is
 * counted, as losses, is no chance: a comparison that holds in any run has failed.
 */
export function judgeRuns(thresholds: readonly Threshold[], results: readonly Result[]): readonly Outcome[] {
  return thresholds.map((threshold) => {
    const each = results.map((result) => failures([threshold], result)[0]!)
    const missing = results.findIndex((result) => readMetric(threshold.metric, threshold.isShare, result) === undefined)
    const wrong =
      missing >= 0 ? missing : threshold.metric.unit === 'count' ? each.findIndex(({ failed }) => failed) : -1
    if (wrong >= 0) return { ...each[wrong]!, failed: true, reason: `run ${wrong + 1}: ${each[wrong]!.reason}` }
    return threshold.metric.unit === 'count'
      ? { ...each[0]!, reason: rangeOf(threshold, results) }
      : ofMedian(threshold, results)
  })
}

function valuesOf({ metric, isShare }: Threshold, results: readonly Result[]): number[] {
  return results.map((result) => readMetric(metric, isShare, result)!)
}

function ofMedian(threshold: Threshold, results: readonly Result[]): Outcome {
  const value = median(valuesOf(threshold, results))
  const { text, metric } = threshold
  return {
    threshold: text,
    failed: compares(threshold, value),
    reason: `the median of ${metric.name} is ${shownMetric(metric.unit, value)}`,
  }
}

function rangeOf(threshold: Threshold, results: readonly Result[]): string {
  const values = valuesOf(threshold, results)
  const { metric, isShare } = threshold
  const [min, max] = [Math.min(...values), Math.max(...values)].map((value) =>
    isShare ? shownShare(value) : shownMetric(metric.unit, value),
  )
  return `${metric.name} is ${min === max ? min : `${min} to ${max}`} in each run`
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
