import type { Interval } from './result.ts'

/** Intervals shorter than this share of the longest are what the end of a phase has left of one. */
const REMAINDER = 0.1

function lengthOf({ startMs, endMs }: Interval): number {
  return endMs - startMs
}

function lengthOfAll(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, interval) => sum + lengthOf(interval), 0)
}

/** For how much of the time this was so, from 0 to 1. */
export function shareOfTime(intervals: readonly Interval[], isSo: (interval: Interval) => boolean): number {
  return lengthOfAll(intervals.filter(isSo)) / Math.max(Number.MIN_VALUE, lengthOfAll(intervals))
}

/** The mean over the time, so that an interval weighs as much as it is long. */
export function meanOverTime(intervals: readonly Interval[], read: (interval: Interval) => number): number {
  const sum = intervals.reduce((total, interval) => total + read(interval) * lengthOf(interval), 0)
  return sum / Math.max(Number.MIN_VALUE, lengthOfAll(intervals))
}

/** Without what the end of a phase has left of one: in a few milliseconds a rate or a percentile is chance. */
export function wholeIntervals(intervals: readonly Interval[]): readonly Interval[] {
  const longest = intervals.map(lengthOf).reduce((a, b) => Math.max(a, b), 0)
  return intervals.filter((interval) => lengthOf(interval) >= REMAINDER * longest)
}

/** In a few milliseconds an event loop is all busy with taking its own samples: those do not count. */
export function highestUtilization(intervals: readonly Interval[]): number {
  const whole = wholeIntervals(intervals)
  return whole.map(({ health }) => health.utilization).reduce((a, b) => Math.max(a, b), 0)
}
