import type { Report } from '../report.ts'
import type { Interval } from '../result.ts'
import type { Band, Charts } from './chart.ts'
import { condensed } from './condense.ts'
import { connectionPercentiles, messagePercentiles } from './percentile-charts.ts'
import { connectedOverTime, delayOverTime, latencyOverTime, loadOverTime, throughputOverTime } from './time-charts.ts'

/** More than this a screen can't show. */
const MOST_POINTS = 600

/** Those that have something to show. */
export function chartsOf({ configuration, result }: Report): Charts {
  const intervals = condensed(result.intervals, MOST_POINTS)
  const charts = [
    throughputOverTime(intervals),
    latencyOverTime(configuration, intervals, result.measured),
    messagePercentiles(configuration, result.measured),
    connectedOverTime(configuration, intervals),
    connectionPercentiles(result.measured),
    loadOverTime(intervals),
    delayOverTime(intervals),
  ]
  return { bands: bandsOf(intervals), charts: charts.filter(({ series }) => series.length > 0) }
}

/** The phases, one behind the other. */
function bandsOf(intervals: readonly Interval[]): Band[] {
  const bands: Band[] = []
  for (const { phase: label, startMs, endMs } of intervals) {
    const to = endMs / 1000
    const last = bands.at(-1)
    if (last?.label === label) bands[bands.length - 1] = { ...last, to }
    else bands.push({ from: startMs / 1000, to, label })
  }
  return bands
}
