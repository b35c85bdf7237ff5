import { type Histogram, HistogramLogReader, listTags } from 'hdr-histogram-js'
import { describe, expect, it } from 'vitest'
import { percentileOf } from '../../../src/bench/latencies.ts'
import { hdrLog } from '../../../src/bench/reports/hdr-log.ts'
import { evenly, intervalOf, measuredOf, resultOf } from '../results.ts'

function read(text: string): Histogram[] {
  const reader = new HistogramLogReader(text)
  const all: Histogram[] = []
  for (let each = reader.nextIntervalHistogram(); each !== null; each = reader.nextIntervalHistogram()) all.push(each)
  return all
}

describe('the log of HdrHistogram', () => {
  it('is read by its reader, with the same percentiles, times and tags', () => {
    const [slow, slower] = [evenly(2000, 90_000), evenly(1000, 1_234_567)]
    const intervals = [
      intervalOf(0, { measured: measuredOf({ connack: evenly(20, 900), endToEnd: slow }) }),
      intervalOf(1, { measured: measuredOf({ endToEnd: slower }) }),
    ]
    const text = hdrLog(resultOf({ intervals }))
    expect(listTags(text)).toEqual(['connack', 'e2e'])
    const all = read(text)
    expect(all.map(({ tag, totalCount }) => [tag, totalCount])).toEqual([
      ['connack', 20],
      ['e2e', 2000],
      ['e2e', 1000],
    ])
    const [, first, second] = all
    expect(first!.getValueAtPercentile(99)).toBe(percentileOf(slow, 99))
    expect(second!.getValueAtPercentile(50)).toBe(percentileOf(slower, 50))
    const began = Date.parse('2026-11-25T10:00:00.000Z')
    expect([second!.startTimeStampMsec, second!.endTimeStampMsec]).toEqual([began + 1000, began + 2000])
  })

  it('has no blank line, over which other readers stumble', () => {
    const lines = hdrLog(resultOf()).split('\n')
    expect(lines.slice(0, -1)).not.toContain('')
    expect(lines.slice(0, 4)).toEqual([
      '#[Latencies of tmqtt bench, in microseconds; Interval_Max in milliseconds]',
      '#[Histogram log format version 1.3]',
      '#[StartTime: 1795600800.000 (seconds since epoch), 2026-11-25T10:00:00.000Z]',
      '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ])
  })
})
