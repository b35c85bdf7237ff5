import { uniform } from './random.ts'

/** A rate that goes evenly from one value to another. */
export interface Segment {
  /** Messages per second. */
  readonly from: number
  readonly to: number
  /** Infinity for the last one, if it goes on. */
  readonly durationMs: number
}

export interface ScheduleOptions {
  readonly segments: readonly Segment[]
  /** This schedule has every `of`th message, beginning with number `index` (from 0): several make up the whole. */
  readonly index?: number
  readonly of?: number
  /** Makes arrivals random (a Poisson process), the same for the same seed; they are even otherwise. */
  readonly seed?: number
}

/** When each message is due: fixed in advance, whatever becomes of those before it. */
export class Schedule {
  readonly #segments: readonly Segment[]
  readonly #step: () => number
  /** Where the next message stands, in messages of the whole. */
  #position: number
  /** The segment that it is in, when that begins, and how many messages come before it. */
  #at = 0
  #beganMs = 0
  #before = 0

  constructor({ segments, index = 0, of = 1, seed }: ScheduleOptions) {
    this.#segments = segments
    const random = seed === undefined ? undefined : uniform(seed)
    // Exponential gaps; each of several has its share of the rate.
    this.#step = random === undefined ? () => of : () => -Math.log(1 - random()) * of
    this.#position = random === undefined ? index : this.#step()
  }

  /** Milliseconds from the start to when the next message is due; Infinity when there is none. */
  next(): number {
    for (; this.#at < this.#segments.length; this.#at++) {
      const segment = this.#segments[this.#at]!
      const inside = this.#position - this.#before
      const count = messagesIn(segment)
      if (inside < count) {
        this.#position += this.#step()
        return this.#beganMs + timeOf(segment, inside)
      }
      this.#before += count
      this.#beganMs += segment.durationMs
    }
    return Number.POSITIVE_INFINITY
  }
}

function messagesIn({ from, to, durationMs }: Segment): number {
  return from + to === 0 ? 0 : ((from + to) / 2000) * durationMs
}

/** Milliseconds from the beginning of a segment to its message number `count`, which may be a fraction. */
function timeOf({ from, to, durationMs }: Segment, count: number): number {
  if (count === 0) return 0
  const [rate, growth] = [from / 1000, (to - from) / 1000 / durationMs]
  // The solution of rate × t + growth × t² / 2 = count that does not subtract nearly equal numbers.
  return (2 * count) / (rate + Math.sqrt(Math.max(0, rate ** 2 + 2 * growth * count)))
}
