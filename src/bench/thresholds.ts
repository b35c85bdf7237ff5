import { UsageError } from '../errors.ts'
import { didYouMean } from '../options/nearest.ts'
import { shownMetric, shownShare } from './figures.ts'
import { type Counts, growingCount, type Metric, metricNames, metricOf } from './metrics.ts'
import type { Result } from './result.ts'

/** A comparison of one number of a result, as `e2e.p99>20ms`. */
export interface Threshold {
  /** As it was typed. */
  readonly text: string
  readonly metric: Metric
  readonly operator: keyof typeof OPERATORS
  /** In the unit of the metric; of a percentage its share, from 0. */
  readonly limit: number
  readonly isShare: boolean
}

const OPERATORS = {
  '>=': (value: number, limit: number) => value >= limit,
  '<=': (value: number, limit: number) => value <= limit,
  '>': (value: number, limit: number) => value > limit,
  '<': (value: number, limit: number) => value < limit,
  '=': (value: number, limit: number) => value === limit,
}

const MICROSECONDS: Readonly<Record<string, number>> = { us: 1, µs: 1, ms: 1e3, s: 1e6, m: 6e7 }
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6 }

/** Reads a comparison. @throws UsageError that says what is wrong with it. */
export function parseThreshold(text: string): Threshold {
  const match = /^\s*([\w.-]+)\s*(>=|<=|>|<|=)\s*(\d+\.?\d*|\.\d+)\s*([^\s\d.]*)\s*$/.exec(text)
  if (match === null) throw new UsageError(`expected a comparison such as 'e2e.p99>20ms', 'lost>0' or 'rate<9500'`)
  const [, name, operator, number, unit] = match
  const metric = metricOf(name!)
  if (metric === undefined) throw new UsageError(unknownMetric(name!))
  const isShare = unit === '%'
  return {
    text: text.trim(),
    metric,
    operator: operator as Threshold['operator'],
    limit: Number(number) * factorOf(metric, unit!),
    isShare,
  }
}

/** Reads comparisons with commas between, as `e2e.p99<20ms,lost=0`. @throws UsageError */
export function parseConditions(text: string): readonly Threshold[] {
  const parts = text.split(',')
  if (parts.some((part) => part.trim() === ''))
    throw new UsageError("expected comparisons with commas between, such as 'e2e.p99<20ms,lost=0'")
  return parts.map(parseThreshold)
}

function unknownMetric(name: string): string {
  const hint = didYouMean(name, metricNames)
  const known = 'e2e.p99, ack.p99.9, connack.max, schedule.p99, lost, duplicates, unanswered, rejected, rate and so on'
  return `nothing measured is called '${name}'${hint === '' ? `; there are ${known}` : hint}`
}

function factorOf({ name, unit, base }: Metric, typed: string): number {
  if (unit === 'time') {
    if (Object.hasOwn(MICROSECONDS, typed)) return MICROSECONDS[typed]!
    throw new UsageError(`${name} is a time: name its unit, us, ms, s or m`)
  }
  if (typed === '%' && base !== undefined) return 0.01
  const plain = unit === 'rate' ? typed.replace(/\/s$/, '') : typed
  if (Object.hasOwn(FACTORS, plain.toLowerCase())) return FACTORS[plain.toLowerCase()]!
  throw new UsageError(
    unit === 'rate' ? `${name} is a rate: 9500, 9.5k or 9.5k/s` : `${name} is a count: 10, 1k${base ? ' or 0.1%' : ''}`,
  )
}

/** Whether a comparison holds; undefined when the number is not there. */
export function holds(threshold: Threshold, result: Result): boolean | undefined {
  const value = readMetric(threshold.metric, threshold.isShare, result)
  return value === undefined ? undefined : compares(threshold, value)
}

/** Whether a comparison holds for this value, in the unit of the metric. */
export function compares({ operator, limit }: Threshold, value: number): boolean {
  return OPERATORS[operator](value, limit)
}

/** Whether a comparison that holds at some time will hold to the end: one of a count that only grows with a number. */
export function isFinal({ metric, operator, isShare }: Threshold): boolean {
  return growingCount(metric.name) !== undefined && operator.startsWith('>') && !isShare
}

/** The first comparison that holds for good, while a run goes on. */
export function brokenForGood(thresholds: readonly Threshold[], counts: Counts): Threshold | undefined {
  return thresholds
    .filter(isFinal)
    .find((threshold) => compares(threshold, growingCount(threshold.metric.name)!(counts)))
}

/** What becomes of one `--fail-if`. */
export interface Outcome {
  readonly threshold: string
  readonly failed: boolean
  /** `e2e.p99 is 31.2 ms`, or why it can't be told. */
  readonly reason: string
}

/** Judges a result: a comparison that holds has failed, and so has one that can't be told. */
export function failures(thresholds: readonly Threshold[], result: Result): readonly Outcome[] {
  return thresholds.map((threshold) => {
    const { metric, isShare } = threshold
    const value = readMetric(metric, isShare, result)
    const reason =
      value === undefined
        ? `${metric.name} can't be told: ${metric.missing(result)}`
        : `${metric.name} is ${isShare ? shownShare(value) : shownMetric(metric.unit, value)}`
    return { threshold: threshold.text, failed: holds(threshold, result) ?? true, reason }
  })
}

/** @param isShare read it as a share of what it is a part of. */
export function readMetric(metric: Metric, isShare: boolean, result: Result): number | undefined {
  const value = metric.read(result)
  if (!isShare || value === undefined) return value
  const base = metric.base?.(result) ?? 0
  // None of none is none.
  return value === 0 ? 0 : value / base
}
