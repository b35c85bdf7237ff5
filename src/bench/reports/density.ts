import { lowestOf, type Samples } from '../latencies.ts'
import type { Interval, Measured } from '../result.ts'
import type { Density } from './chart.ts'

/** Rows for each power of ten. */
const ROWS = 10

/** Where the samples of each interval lie. @param whole all of them. */
export function densityOf(
  intervals: readonly Interval[],
  key: keyof Measured,
  { count, min, max }: Samples,
): Density | undefined {
  if (count === 0) return undefined
  const rowOf = (us: number) => Math.floor(Math.log10(Math.max(1, us)) * ROWS)
  const [first, last] = [rowOf(min), rowOf(max)]
  const edges = Array.from({ length: last - first + 2 }, (_, row) => 10 ** ((first + row) / ROWS) / 1000)
  const counts = intervals.map(({ measured }) => {
    const { buckets } = measured[key]
    const rows = new Array<number>(last - first + 1).fill(0)
    for (let at = 0; at < buckets.length; at += 2) {
      const row = Math.max(0, Math.min(last - first, rowOf(lowestOf(buckets[at]!)) - first))
      rows[row]! += buckets[at + 1]!
    }
    return rows
  })
  return { spans: intervals.map(({ startMs, endMs }) => [startMs / 1000, endMs / 1000]), edges, counts }
}
