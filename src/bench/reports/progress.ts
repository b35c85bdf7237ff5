import { shownCount, shownRate, shownTime } from '../figures.ts'
import { lowestOf, percentileOf, type Samples } from '../latencies.ts'
import type { Phases } from '../plan.ts'
import type { Interval } from '../result.ts'

/**
 * Tells of a run while it goes on: each interval in one line, which has what matters in 80 columns. Messages `out` are
 * sent, those `in` received.
 */
export function progressOf({ warmupMs, measureMs }: Pick<Phases, 'warmupMs' | 'measureMs'>, clients: number) {
  const lengths: Partial<Record<Interval['phase'], number>> = { warmup: warmupMs, measure: measureMs }
  let [phase, beganMs]: [Interval['phase'] | undefined, number] = [undefined, 0]
  return (interval: Interval): string => {
    if (interval.phase !== phase) [phase, beganMs] = [interval.phase, interval.startMs]
    const { connected, measured } = interval
    const rates = ratesOf(interval)
    const isConnecting = phase === 'connect' || rates.length === 0
    const what = isConnecting ? [`${shownCount(connected)} of ${shownCount(clients)} connected`] : rates
    const at = `${phase} ${elapsed(interval.endMs - beganMs, lengths[phase])}`
    const samples = [measured.endToEnd, measured.acknowledged, measured.connack].find(({ count }) => count > 0)
    return `${at}: ${what.join(', ')}${samples === undefined ? '' : latency(samples)}`
  }
}

/** `3 s`, `3 of 10 s`. */
function elapsed(ms: number, ofMs = Number.POSITIVE_INFINITY): string {
  const seconds = (value: number) => String(Math.round(value / 100) / 10)
  return Number.isFinite(ofMs) ? `${seconds(ms)} of ${seconds(ofMs)} s` : `${seconds(ms)} s`
}

function ratesOf({ startMs, endMs, sent, received }: Interval): string[] {
  const perSecond = (count: number) => shownRate((count / Math.max(1, endMs - startMs)) * 1000)
  return [...(sent > 0 ? [`${perSecond(sent)} out`] : []), ...(received > 0 ? [`${perSecond(received)} in`] : [])]
}

function latency(samples: Samples): string {
  const shown = [50, 99].flatMap((percentile) => {
    const us = percentileOf(samples, percentile)
    return us === undefined ? [] : [`P${percentile} ${shownTime(us)}`]
  })
  return ` ${bars(samples)} ${[...shown, `max ${shownTime(samples.max)}`].join(', ')}`
}

const BARS = '▁▂▃▄▅▆▇█'
const COLUMNS = 10

/** A histogram with logarithmic columns from the smallest value to the largest. */
function bars({ buckets, min, max }: Samples): string {
  const [from, to] = [Math.log(Math.max(1, min)), Math.log(Math.max(2, max))]
  const counts = new Array<number>(COLUMNS).fill(0)
  for (let at = 0; at < buckets.length; at += 2) {
    const place = (Math.log(Math.max(1, lowestOf(buckets[at]!))) - from) / Math.max(1e-9, to - from)
    counts[Math.max(0, Math.min(COLUMNS - 1, Math.floor(place * COLUMNS)))]! += buckets[at + 1]!
  }
  const most = Math.max(...counts)
  return counts.map((count) => (count === 0 ? ' ' : BARS[Math.ceil((count / most) * BARS.length) - 1])).join('')
}
