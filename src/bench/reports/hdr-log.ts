import { build, HistogramLogWriter } from 'hdr-histogram-js'
import { lowestOf, type Samples } from '../latencies.ts'
import { LATENCIES } from '../metrics.ts'
import type { Result } from '../result.ts'

/** As in Latencies, whose buckets these are. */
const HISTOGRAM = { highestTrackableValue: 2 ** 31 - 1, numberOfSignificantValueDigits: 3, bitBucketSize: 32 } as const

/**
 * The latencies of each interval as a log that the tools of HdrHistogram read, values in microseconds, with the name of
 * what was measured as tag.
 */
export function hdrLog({ began, intervals }: Result): string {
  const lines: string[] = []
  const writer = new HistogramLogWriter((text) => lines.push(text))
  const beganSeconds = (Date.parse(began) / 1000).toFixed(3)
  writer.outputComment('[Latencies of tmqtt bench, in microseconds; Interval_Max in milliseconds]')
  writer.outputLogFormatVersion()
  writer.outputComment(`[StartTime: ${beganSeconds} (seconds since epoch), ${began}]`)
  writer.outputLegend()
  for (const { startMs, endMs, measured } of intervals) {
    for (const [tag, { key }] of Object.entries(LATENCIES)) {
      if (measured[key].count === 0) continue
      const histogram = histogramOf(measured[key])
      histogram.tag = tag
      writer.outputIntervalHistogram(histogram, startMs / 1000, endMs / 1000, 1000)
    }
  }
  return lines.join('')
}

function histogramOf({ buckets }: Samples) {
  const histogram = build(HISTOGRAM)
  for (let at = 0; at < buckets.length; at += 2)
    histogram.recordValueWithCount(lowestOf(buckets[at]!), buckets[at + 1]!)
  return histogram
}
