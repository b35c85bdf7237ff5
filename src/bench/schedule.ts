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
  /**
   * Of all messages, numbered from 0, this schedule has those whose number divided by `of` leaves one of these
   * remainders, in ascending order. Several schedules come to the same whole, however they share it.
   */
  readonly members?: readonly number[]
  readonly of?: number
  /** Makes arrivals random (a Poisson process), the same for the same seed; they are even otherwise. */
  readonly seed?: number | undefined
}

/** When each message is due: fixed in advance, whatever becomes of those before it. */
export class Schedule {
  /** Of the message that `next` has returned last: its number among all, and the place of its remainder in `members`. */
  number = -1
  member = -1
  readonly #segments: readonly Segment[]
  readonly #members: readonly number[]
  readonly #of: number
  readonly #random: (() => number) | undefined
  /** The remainder whose turn it is, and how many messages came before its round. */
  #turn = 0
  #roundStart = 0
  /** Random arrivals so far, and where the last one stands, in messages of an even schedule. */
  #drawn = 0
  #position = 0
  /** The segment that the next message is in, when that begins, and how many messages come before it. */
  #at = 0
  #beganMs = 0
  #before = 0

  constructor({ segments, members = [0], of = 1, seed }: ScheduleOptions) {
    this.#segments = segments
    this.#members = members
    this.#of = of
    this.#random = seed === undefined ? undefined : uniform(seed)
  }

  /** Milliseconds from the start to when the next message is due; Infinity when there is none. */
  next(): number {
    if (this.#members.length === 0) return Number.POSITIVE_INFINITY
    const number = this.#roundStart + this.#members[this.#turn]!
    const position = this.#positionOf(number)
    for (; this.#at < this.#segments.length; this.#at++) {
      const segment = this.#segments[this.#at]!
      const inside = position - this.#before
      const count = messagesIn(segment)
      if (inside < count) {
        this.#pass(number)
        return this.#beganMs + timeOf(segment, inside)
      }
      this.#before += count
      this.#beganMs += segment.durationMs
    }
    return Number.POSITIVE_INFINITY
  }

  #pass(number: number): void {
    this.number = number
    this.member = this.#turn++
    if (this.#turn < this.#members.length) return
    this.#turn = 0
    this.#roundStart += this.#of
  }

  #positionOf(number: number): number {
    if (this.#random === undefined) return number
    // Exponential gaps, also those of the messages that others have.
    for (; this.#drawn <= number; this.#drawn++) this.#position -= Math.log(1 - this.#random())
    return this.#position
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
