import { shownCount, shownRate, shownTime } from '../figures.ts'
import { lowestOf, percentileOf, type Samples } from '../latencies.ts'
import type { Interval } from '../result.ts'

/** An interval in one line: what the run is at, its rates, and how long messages took. */
export function progressLine({ phase, startMs, endMs, connected, ...interval }: Interval): string {
  const perSecond = (count: number) => shownRate((count / Math.max(1, endMs - startMs)) * 1000)
  const at = `${phase} ${(endMs / 1000).toFixed(1)} s`
  const { sent, received, measured } = interval
  if (sent === 0 && received === 0) return `${at}: ${shownCount(connected)} connected`
  const rates = [
    ...(sent > 0 ? [`${perSecond(sent)} sent`] : []),
    ...(received > 0 ? [`${perSecond(received)} received`] : []),
  ]
  const samples = [measured.endToEnd, measured.acknowledged].find(({ count }) => count > 0)
  return `${at}: ${rates.join(', ')}${samples === undefined ? '' : latency(samples)}`
}

function latency(samples: Samples): string {
  const shown = [50, 99].flatMap((percentile) => {
    const us = percentileOf(samples, percentile)
    return us === undefined ? [] : [`, P${percentile} ${shownTime(us)}`]
  })
  return `${shown.join('')}, max ${shownTime(samples.max)} ${bars(samples)}`
}

const BARS = '▁▂▃▄▅▆▇█'
const COLUMNS = 12

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
