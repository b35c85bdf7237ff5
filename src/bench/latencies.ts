/** Values below this have a bucket each; above, 1024 buckets for each doubling: three digits [HdrHistogram]. */
const EXACT = 2048

/** Largest value that is told apart, in microseconds: 35 minutes. */
const LARGEST = 2 ** 31 - 1

const BUCKETS = bucketOf(LARGEST) + 1

/** What was recorded: buckets of a HdrHistogram with three digits and unit 1 µs, those that are not empty. */
export interface Samples {
  /** Bucket and count, in turn. */
  readonly buckets: readonly number[]
  readonly count: number
  /** Microseconds. */
  readonly sum: number
  readonly min: number
  readonly max: number
  /** Samples below 0, as clocks that differ make them; they are in the lowest bucket. */
  readonly negative: number
}

/** Collects durations. Costs a few nanoseconds a value, where the general HdrHistogram of JavaScript takes a hundred. */
export class Latencies {
  readonly #counts = new Uint32Array(BUCKETS)
  #count = 0
  #sum = 0
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY
  #negative = 0

  /** @param us microseconds. */
  record(us: number): void {
    const bucket = us < 0 ? 0 : us < LARGEST ? bucketOf(us | 0) : BUCKETS - 1
    this.#counts[bucket]!++
    this.#count++
    this.#sum += us
    if (us < this.#min) this.#min = us
    if (us > this.#max) this.#max = us
    if (us < 0) this.#negative++
  }

  /** What was recorded since the last call. */
  take(): Samples {
    const buckets: number[] = []
    if (this.#count > 0) {
      this.#counts.forEach((count, bucket) => {
        if (count > 0) buckets.push(bucket, count)
      })
    }
    const taken = {
      buckets,
      count: this.#count,
      sum: this.#sum,
      min: this.#min,
      max: this.#max,
      negative: this.#negative,
    }
    this.#counts.fill(0)
    this.#count = 0
    this.#sum = 0
    this.#min = Number.POSITIVE_INFINITY
    this.#max = Number.NEGATIVE_INFINITY
    this.#negative = 0
    return taken
  }
}

/** @param us a whole number from 0 to LARGEST. */
function bucketOf(us: number): number {
  if (us < EXACT) return us
  const shift = 21 - Math.clz32(us)
  return shift * (EXACT / 2) + (us >>> shift)
}

/** The smallest value of a bucket, in microseconds. */
export function lowestOf(bucket: number): number {
  if (bucket < EXACT) return bucket
  const shift = Math.floor(bucket / (EXACT / 2)) - 1
  return (bucket - shift * (EXACT / 2)) * 2 ** shift
}

/** The largest value of a bucket, in microseconds. */
export function highestOf(bucket: number): number {
  return lowestOf(bucket + 1) - 1
}

export const NO_SAMPLES: Samples = {
  buckets: [],
  count: 0,
  sum: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
  negative: 0,
}

/** Adds up exactly, whoever recorded them. */
export function merged(all: readonly Samples[]): Samples {
  const counts = new Map<number, number>()
  let { count, sum, min, max, negative } = NO_SAMPLES
  for (const each of all) {
    for (let at = 0; at < each.buckets.length; at += 2)
      counts.set(each.buckets[at]!, (counts.get(each.buckets[at]!) ?? 0) + each.buckets[at + 1]!)
    count += each.count
    sum += each.sum
    min = Math.min(min, each.min)
    max = Math.max(max, each.max)
    negative += each.negative
  }
  const buckets = [...counts].sort(([a], [b]) => a - b).flat()
  return { buckets, count, sum, min, max, negative }
}

/** Samples that must lie above a percentile for it to mean something. */
const ENOUGH_ABOVE = 10

/**
 * The value that this share of the samples does not exceed, in microseconds, as HdrHistogram has it.
 *
 * @param percentile above 0, up to 100.
 * @returns undefined when there are too few samples to say.
 */
export function percentileOf(samples: Samples, percentile: number): number | undefined {
  const { buckets, count, max } = samples
  if (count === 0) return undefined
  // Those below 0 are recorded as 0.
  const highest = Math.max(0, max)
  if (percentile >= 100) return highest
  if (percentile > 50 && count * (1 - percentile / 100) < ENOUGH_ABOVE - 1e-9) return undefined
  const wanted = Math.max(1, Math.ceil((percentile / 100) * count - 1e-9))
  let seen = 0
  for (let at = 0; at < buckets.length; at += 2) {
    seen += buckets[at + 1]!
    if (seen >= wanted) return Math.min(highest, highestOf(buckets[at]!))
  }
  return highest
}
