import { joined } from '../intervals.ts'
import type { GeneratorHealth, Interval } from '../result.ts'

/** Joins intervals of a phase that follow each other, so that there are about as many as `most` at most. */
export function condensed(intervals: readonly Interval[], most: number): readonly Interval[] {
  const each = Math.ceil(intervals.length / most)
  if (each <= 1) return intervals
  const groups: Interval[][] = []
  for (const interval of intervals) {
    const last = groups.at(-1)
    if (last !== undefined && last.length < each && last[0]!.phase === interval.phase) last.push(interval)
    else groups.push([interval])
  }
  return groups.map(withPeaks)
}

/** A chart shows peaks, not what they come to in the middle. */
function withPeaks(all: readonly Interval[]): Interval {
  const worst = (name: keyof GeneratorHealth) => Math.max(...all.map(({ health }) => health[name]))
  const { health, ...rest } = joined(all)
  return { ...rest, health: { ...health, utilization: worst('utilization'), cpuCores: worst('cpuCores') } }
}
