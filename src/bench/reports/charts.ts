import { highestOf, percentileOf, type Samples } from '../latencies.ts'
import { LATENCIES } from '../metrics.ts'
import type { Interval, Result } from '../result.ts'

/** Columns of numbers for a chart, null where there is none. */
export interface Chart {
  readonly title: string
  /** What the numbers of the vertical axis are. */
  readonly unit: string
  readonly x: readonly number[]
  readonly series: readonly { readonly label: string; readonly values: readonly (number | null)[] }[]
  readonly isLogarithmic?: true
}

/** The moments at which a phase begins, in seconds. */
export interface Mark {
  readonly at: number
  readonly label: string
}

/** What the page draws. */
export interface Charts {
  readonly marks: readonly Mark[]
  /** Over the seconds of the run. */
  readonly overTime: readonly Chart[]
  /** Over 1 / (1 - share of samples): 10 is P90, 100 is P99. */
  readonly percentiles: Chart
}

export function chartsOf(result: Result): Charts {
  const { intervals } = result
  const x = intervals.map(({ startMs, endMs }) => (startMs + endMs) / 2000)
  const over = (title: string, unit: string, series: Chart['series'], isLogarithmic?: true): Chart => ({
    title,
    unit,
    x,
    series: series.filter(({ values }) => values.some((value) => value !== null && value !== 0)),
    ...(isLogarithmic === undefined ? {} : { isLogarithmic }),
  })
  const each = (label: string, read: (interval: Interval) => number | null) => ({ label, values: intervals.map(read) })
  return {
    marks: marksOf(intervals),
    overTime: [
      over('Throughput', 'messages/s', [
        each('sent', (interval) => perSecond(interval.sent, interval)),
        each('acknowledged', (interval) => perSecond(interval.acknowledged, interval)),
        each('received', (interval) => perSecond(interval.received, interval)),
      ]),
      over(`Latency, ${titleOf(mainKey(result))}`, 'ms', latencySeries(result), true),
      over('Generator', 'ms', [
        each('event loop late, worst', ({ health }) => health.loopDelayMaxMs),
        each('garbage collection', ({ health }) => health.gcMs),
      ]),
    ],
    percentiles: percentileChart(result),
  }
}

function perSecond(count: number, { startMs, endMs }: Interval): number {
  return Math.round((count / Math.max(1, endMs - startMs)) * 1000)
}

function marksOf(intervals: readonly Interval[]): Mark[] {
  return intervals
    .filter(({ phase }, at) => phase !== intervals[at - 1]?.phase)
    .map(({ phase, startMs }) => ({ at: startMs / 1000, label: phase }))
}

/** What was measured that says most: of messages if there are some, else of connections. */
function mainKey({ measured }: Result): keyof typeof measured {
  return (['endToEnd', 'acknowledged', 'connack'] as const).find((key) => measured[key].count > 0) ?? 'connack'
}

function titleOf(key: string): string {
  return Object.values(LATENCIES).find((latency) => latency.key === key)!.title
}

function latencySeries(result: Result): Chart['series'] {
  const key = mainKey(result)
  return [50, 99, 100].map((percentile) => ({
    label: percentile === 100 ? 'max' : `P${percentile}`,
    values: result.intervals.map(({ measured }) => inMs(percentileOf(measured[key], percentile))),
  }))
}

/** A logarithmic axis has no zero. */
const LEAST_MS = 0.001

function inMs(us: number | undefined): number | null {
  return us === undefined ? null : Math.max(LEAST_MS, us / 1000)
}

/** Points for each power of ten. */
const STEPS = 12

function percentileChart({ measured }: Result): Chart {
  const shown = Object.values(LATENCIES).filter(({ key }) => measured[key].count > 0)
  const most = Math.max(1, ...shown.map(({ key }) => measured[key].count))
  const x = Array.from({ length: Math.floor(STEPS * Math.log10(most)) + 1 }, (_, step) => 10 ** (step / STEPS))
  return {
    title: 'Percentiles',
    unit: 'ms',
    x,
    series: shown.map(({ key, title }) => ({ label: title, values: curve(measured[key], x) })),
    isLogarithmic: true,
  }
}

/** The value that all but one of `x` samples do not exceed, as far as there are as many samples. */
function curve({ buckets, count, max }: Samples, x: readonly number[]): (number | null)[] {
  let [at, seen] = [0, 0]
  return x.map((each) => {
    if (each > count) return null
    const wanted = Math.max(1, Math.ceil(count * (1 - 1 / each) - 1e-9))
    for (; seen < wanted && at < buckets.length; at += 2) seen += buckets[at + 1]!
    return inMs(Math.min(max, highestOf(buckets[at - 2]!)))
  })
}
