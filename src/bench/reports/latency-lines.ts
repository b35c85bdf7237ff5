import { shownCount, shownTime } from '../figures.ts'
import { percentileOf, type Samples } from '../latencies.ts'
import { LATENCIES, PERCENTILES } from '../metrics.ts'
import type { Report } from '../report.ts'
import type { Interval, Result } from '../result.ts'
import { columns } from './columns.ts'
import { CLOSED_LOOP, isClosedLoop } from './loop.ts'

/** Of messages first; each from when it was due, then from when it was sent. */
const ORDER = ['e2e', 'e2e-sent', 'ack', 'ack-sent', 'waited', 'schedule']

/** The table of latencies, and what has to be known of it. */
export function latencyLines({ configuration, result }: Report): string[] {
  const isClosed = isClosedLoop(configuration)
  const names = [...ORDER, ...Object.keys(LATENCIES).filter((name) => !ORDER.includes(name))]
  const rows = names
    .map((name) => LATENCIES[name]!)
    // In a closed loop a message is due when it is sent.
    .filter(({ key }) => !isClosed || (key !== 'acknowledged' && key !== 'endToEnd'))
    .map(({ key, title }) => ({ title, samples: result.measured[key] }))
    .filter(({ samples }) => samples.count > 0)
  if (rows.length === 0) return []
  // A column in which nothing can be told only makes lines longer.
  const told = PERCENTILES.filter((each) => rows.some(({ samples }) => percentileOf(samples, each) !== undefined))
  const table = columns([
    ['', ...told.map((percentile) => `P${percentile}`), 'max', 'count'],
    ...rows.map(({ title, samples }) => latencyRow(title, samples, told)),
  ])
  const negative = rows.filter(({ samples }) => samples.negative > 0)
  return [
    ...table,
    ...(table.some((line) => / - /.test(line)) ? ['-: fewer than ten samples lie above'] : []),
    ...negative.map(
      ({ title, samples }) =>
        `${title}: ${shownCount(samples.negative)} are negative, the worst ${shownTime(samples.min)}: the clocks differ`,
    ),
    ...missing(result),
    ...(configuration.subscribe?.absent ? ['What was received includes the absence of the subscribers'] : []),
    ...(isClosed ? [CLOSED_LOOP] : []),
  ]
}

/** The latency of what never came is not in any percentile. */
function missing({ messages: { lost, unanswered }, intervals }: Result): string[] {
  const parts = [
    ...(lost === undefined || lost === 0 ? [] : [`the ${shownCount(lost)} lost`]),
    ...(unanswered > 0 ? [`the ${shownCount(unanswered)} unanswered`] : []),
  ]
  if (parts.length === 0) return []
  return [
    `Of what came: ${parts.join(' and ')} have no latency, however long they are gone`,
    ...(cameToTheEnd(intervals)
      ? ['Messages still came when the drain phase ended (--drain): some are only late']
      : []),
  ]
}

/** Whether anything came in the last second of the drain phase. */
function cameToTheEnd(intervals: readonly Interval[]): boolean {
  const endMs = intervals.at(-1)?.endMs ?? 0
  return intervals.some(
    (each) => each.phase === 'drain' && each.endMs > endMs - 1000 && each.received + each.acknowledged > 0,
  )
}

function latencyRow(title: string, samples: Samples, told: readonly number[]): string[] {
  const percentiles = told.map((percentile) => percentileOf(samples, percentile))
  return [
    title,
    ...percentiles.map((us) => (us === undefined ? '-' : shownTime(us))),
    shownTime(samples.max),
    shownCount(samples.count),
  ]
}
