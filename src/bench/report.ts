import type { Configuration } from './configuration.ts'
import { NO_SAMPLES, type Samples } from './latencies.ts'
import { LATENCIES, metricOf, PERCENTILES } from './metrics.ts'
import { keyFigures } from './repeats.ts'
import type { Interval, Measured, Result } from './result.ts'
import type { Outcome } from './thresholds.ts'
import { verdictOf } from './verdict.ts'

/** Name and version of the format; a change that readers must know of gets another number. */
export const SCHEMA = 'tmqtt-bench/1'

/** That of a document with several runs. */
export const RUNS_SCHEMA = 'tmqtt-bench-runs/1'

/** A machine that generated load. */
export interface Host {
  readonly name: string
  readonly os: string
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly node: string
}

/** All that is known of a run, or of several parts of one added up. */
export interface Report {
  readonly version: string
  readonly configuration: Configuration
  /** What the broker says of itself on `$SYS/broker/version`; not there where it says nothing. */
  readonly brokerVersion?: string
  readonly hosts: readonly Host[]
  /** Which parts of how many are in it, from 0. */
  readonly shards: { readonly indexes: readonly number[]; readonly of: number }
  readonly result: Result
}

/**
 * The report as one JSON document with its line end. `summary`, `verdict` and `thresholds` say the same once more for
 * who does not want to count buckets.
 */
export function reportJson(report: Report, thresholds: readonly Outcome[] = []): string {
  return `${JSON.stringify(documentOf(report, thresholds), finite)}\n`
}

/** As `reportJson`, of several runs of one plan; `thresholds` are of all together. */
export function runsJson(reports: readonly Report[], thresholds: readonly Outcome[]): string {
  const runs = reports.map((report) => documentOf(report, []))
  const document = { schema: RUNS_SCHEMA, summary: summaryOfRuns(reports), thresholds, runs }
  return `${JSON.stringify(document, finite)}\n`
}

function documentOf(report: Report, thresholds: readonly Outcome[]): object {
  const { result, ...rest } = report
  return {
    schema: SCHEMA,
    ...rest,
    summary: summaryOf(result),
    verdict: verdictOf(result, coresOf(report)),
    thresholds,
    result: { ...result, measured: compactAll(result.measured), intervals: result.intervals.map(compactInterval) },
  }
}

/** Of all machines that generated load. */
export function coresOf({ hosts }: Report): number {
  return hosts.reduce((sum, { cores }) => sum + cores, 0)
}

/** JSON has no infinity. */
function finite(_key: string, value: unknown): unknown {
  return value === Number.POSITIVE_INFINITY ? null : value
}

/** Rates per second, and of latencies percentiles in microseconds, null where there are too few samples. */
export function summaryOf(result: Result): object {
  const read = (name: string) => metricOf(name)?.read(result) ?? null
  const statistics = ['count', 'mean', ...PERCENTILES.map((percentile) => `p${percentile}`), 'max']
  const latencies = Object.entries(LATENCIES).filter(([, { key }]) => result.measured[key].count > 0)
  return {
    sentPerSecond: read('rate'),
    acknowledgedPerSecond: read('rate.acknowledged'),
    receivedPerSecond: read('rate.received'),
    latencies: Object.fromEntries(
      latencies.map(([name]) => [
        name,
        Object.fromEntries(statistics.map((statistic) => [statistic, read(`${name}.${statistic}`)])),
      ]),
    ),
  }
}

function summaryOfRuns(reports: readonly Report[]): object {
  const figures = keyFigures(reports.map(({ result }) => result))
  return Object.fromEntries(figures.map(({ metric, ...figure }) => [metric.name, { unit: metric.unit, ...figure }]))
}

function compactInterval(interval: Interval): object {
  return { ...interval, measured: compactAll(interval.measured) }
}

/** Those that have samples. */
function compactAll(measured: Measured): object {
  return Object.fromEntries(
    Object.entries(measured)
      .filter(([, samples]: [string, Samples]) => samples.count > 0)
      .map(([key, samples]: [string, Samples]) => [key, { ...samples, buckets: distances(samples.buckets) }]),
  )
}

/** Each bucket as the distance from the one before: most are 1, where numbers themselves have four digits. */
function distances(buckets: Samples['buckets']): number[] {
  let last = 0
  return buckets.map((value, at) => {
    if (at % 2 === 1) return value
    const distance = value - last
    last = value
    return distance
  })
}

/** What `distances` was made of. */
export function fromDistances(distances: readonly number[]): number[] {
  let bucket = 0
  return distances.map((value, at) => {
    if (at % 2 === 1) return value
    bucket += value
    return bucket
  })
}

/** Those that a document has; the others were empty. */
export function allMeasured(some: Partial<Measured>): Measured {
  const keys = Object.values(LATENCIES).map(({ key }) => key)
  return Object.fromEntries(keys.map((key) => [key, some[key] ?? NO_SAMPLES])) as unknown as Measured
}
