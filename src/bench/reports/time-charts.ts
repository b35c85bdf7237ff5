import type { Configuration } from '../configuration.ts'
import { percentileOf } from '../latencies.ts'
import { LATENCIES } from '../metrics.ts'
import type { Interval, Measured } from '../result.ts'
import { type Chart, inMs } from './chart.ts'
import { densityOf } from './density.ts'
import { CLOSED_LOOP, isClosedLoop, OPEN_LOOP } from './loop.ts'

type Line = readonly [label: string, colour: number, read: (interval: Interval) => number | null]

/** Of the lines those that show something. */
function overTime(
  intervals: readonly Interval[],
  about: Pick<Chart, 'title' | 'note' | 'unit' | 'density'>,
  lines: readonly Line[],
): Chart {
  const series = lines.map(([label, colour, read]) => ({ label, colour, values: intervals.map(read) }))
  return {
    ...about,
    over: 'time',
    x: intervals.map(({ startMs, endMs }) => (startMs + endMs) / 2000),
    series: series.filter(({ values }) => values.some((value) => value !== null && value !== 0)),
  }
}

/** Of some milliseconds rate, median and load say nothing. */
function longEnough(intervals: readonly Interval[]): (interval: Interval) => boolean {
  const longest = intervals.map(({ startMs, endMs }) => endMs - startMs).reduce((a, b) => Math.max(a, b), 0)
  return ({ startMs, endMs }) => endMs - startMs >= longest / 5
}

export function throughputOverTime(intervals: readonly Interval[]): Chart {
  const isLong = longEnough(intervals)
  const perSecond = (count: number, interval: Interval) =>
    isLong(interval) ? Math.round((count / (interval.endMs - interval.startMs)) * 1000) : null
  return overTime(
    intervals,
    { title: 'Throughput, messages/s', note: 'Of all clients together.', unit: 'messages/s' },
    [
      ['sent', 0, (interval) => perSecond(interval.sent, interval)],
      ['acknowledged', 1, (interval) => perSecond(interval.acknowledged, interval)],
      ['received', 2, (interval) => perSecond(interval.received, interval)],
    ],
  )
}

export function latencyOverTime(
  configuration: Configuration,
  intervals: readonly Interval[],
  measured: Measured,
): Chart {
  const { key, title } = mainLatency(configuration, measured)
  const isLong = longEnough(intervals)
  const percentile = (wanted: number) => (interval: Interval) =>
    isLong(interval) ? inMs(percentileOf(interval.measured[key], wanted)) : null
  const density = densityOf(intervals, key, measured[key])
  return overTime(
    intervals,
    {
      title: `Latency over time, ${title}`,
      note: `${latencyNote(configuration)}The darker the shade, the more samples.`,
      unit: 'time',
      ...(density === undefined ? {} : { density }),
    },
    [
      ['P50', 0, percentile(50)],
      ['P99', 1, percentile(99)],
      ['max', 5, (interval) => inMs(percentileOf(interval.measured[key], 100))],
    ],
  )
}

/** What was measured that says most: of messages if there are some, else of connections. */
function mainLatency(configuration: Configuration, measured: Measured): { key: keyof Measured; title: string } {
  const names = isClosedLoop(configuration) ? ['e2e-sent', 'ack-sent'] : ['e2e', 'ack']
  return LATENCIES[names.find((name) => measured[LATENCIES[name]!.key].count > 0) ?? 'connack']!
}

function latencyNote(configuration: Configuration): string {
  if (configuration.publish === undefined) return ''
  return `${isClosedLoop(configuration) ? CLOSED_LOOP : OPEN_LOOP}. `
}

/** Where connections are what is measured, or do not all stay. */
export function connectedOverTime({ publish, subscribe }: Configuration, intervals: readonly Interval[]): Chart {
  const counts = intervals.filter(({ phase }) => phase === 'measure').map(({ connected }) => connected)
  const isOfInterest = (publish ?? subscribe) === undefined || new Set(counts).size > 1
  return overTime(
    intervals,
    { title: 'Connections', note: 'At the end of each interval.', unit: 'connections' },
    isOfInterest ? [['connected', 4, ({ connected }) => connected]] : [],
  )
}

export function loadOverTime(intervals: readonly Interval[]): Chart {
  const isLong = longEnough(intervals)
  const percent = (share: number, interval: Interval) => (isLong(interval) ? Math.round(share * 1000) / 10 : null)
  return overTime(
    intervals,
    {
      title: 'Load of the generator',
      note: 'What measures, not the broker. At 90 % and above, latencies are its own as well.',
      unit: '%',
    },
    [
      ['busiest event loop', 6, (interval) => percent(interval.health.utilization, interval)],
      ['processor time, of one core', 7, (interval) => percent(interval.health.cpuCores, interval)],
    ],
  )
}

export function delayOverTime(intervals: readonly Interval[]): Chart {
  const shown = (ms: number) => (ms > 0 ? inMs(ms * 1000) : null)
  return overTime(
    intervals,
    { title: 'Stops of the generator', note: 'What is due in a stop goes out behind it.', unit: 'time' },
    [
      ['longest stop of an event loop', 3, ({ health }) => shown(health.loopDelayMaxMs)],
      ['garbage collection in all', 7, ({ health }) => shown(health.gcMs)],
    ],
  )
}
