import { build, Int32Histogram } from 'hdr-histogram-js'
import { describe, expect, it } from 'vitest'
import { highestOf, Latencies, lowestOf, merged, NO_SAMPLES, percentileOf } from '../../src/bench/latencies.ts'
import { uniform } from '../../src/bench/random.ts'

function recorded(values: readonly number[]) {
  const latencies = new Latencies()
  for (const value of values) latencies.record(value)
  return latencies.take()
}

/** From 1 µs to 20 minutes, all magnitudes alike. */
function manyValues(count: number, seed: number): number[] {
  const random = uniform(seed)
  return Array.from({ length: count }, () => Math.floor(Math.exp(random() * Math.log(1.2e9))))
}

describe('Latencies', () => {
  it('has the buckets of HdrHistogram', () => {
    const hdr = new Int32Histogram(1, 2 ** 31 - 1, 3)
    for (const value of [0, 1, 2047, 2048, 2049, 4095, 4096, 1_000_000, 123_456_789, 2 ** 31 - 2]) {
      const [bucket] = recorded([value]).buckets
      expect([lowestOf(bucket!), highestOf(bucket!)], String(value)).toEqual([
        hdr.lowestEquivalentValue(value),
        hdr.highestEquivalentValue(value),
      ])
    }
  })

  it.each([1, 2, 3])('has its percentiles, seed %d', (seed) => {
    const hdr = build({ highestTrackableValue: 2 ** 31 - 1, numberOfSignificantValueDigits: 3 })
    const values = manyValues(200_000, seed)
    for (const value of values) hdr.recordValue(value)
    const samples = recorded(values)
    for (const percentile of [50, 75, 90, 95, 99, 99.9, 99.99])
      expect(percentileOf(samples, percentile), String(percentile)).toBe(hdr.getValueAtPercentile(percentile))
    expect(percentileOf(samples, 100)).toBe(values.reduce((a, b) => Math.max(a, b)))
  })

  it('merges to what one alone would have recorded', () => {
    const values = manyValues(30_000, 4)
    const parts = [values.slice(0, 7), values.slice(7, 20_000), [], values.slice(20_000)]
    expect(merged(parts.map(recorded))).toEqual(recorded(values))
  })

  it('merges nothing to no samples', () => {
    expect(merged([])).toEqual(NO_SAMPLES)
    expect(recorded([])).toEqual(NO_SAMPLES)
  })

  it('starts anew when it was taken', () => {
    const latencies = new Latencies()
    latencies.record(5)
    expect(latencies.take().count).toBe(1)
    latencies.record(7)
    expect(latencies.take()).toEqual({ buckets: [7, 1], count: 1, sum: 7, min: 7, max: 7, negative: 0 })
    expect(latencies.take().count).toBe(0)
  })

  it('keeps what is out of range, and says what was negative', () => {
    const samples = recorded([-3, -1, 1e10])
    expect(samples).toMatchObject({ count: 3, min: -3, max: 1e10, negative: 2 })
    expect(percentileOf(samples, 50)).toBe(0)
    for (const percentile of [50, 100]) expect(percentileOf(recorded([-3, -1]), percentile)).toBe(0)
  })

  it.each([
    [99, 999, undefined],
    [99, 1000, 1],
    [99.99, 99_999, undefined],
    [99.99, 100_000, 1],
    [50, 1, 1],
  ])('says P%d of %d samples: %s', (percentile, count, expected) => {
    expect(percentileOf(recorded(new Array(count).fill(1)), percentile)).toBe(expected)
  })
})
