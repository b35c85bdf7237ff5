import type { GeneratorHealth, Interval } from '../result.ts'
import { mergedMeasured } from '../totals.ts'

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
  return groups.map(joined)
}

function joined(all: readonly Interval[]): Interval {
  const [first, last] = [all[0]!, all.at(-1)!]
  const sum = (read: (interval: Interval) => number) => all.reduce((total, each) => total + read(each), 0)
  const worst = (name: keyof GeneratorHealth) => Math.max(...all.map(({ health }) => health[name]))
  return {
    phase: first.phase,
    startMs: first.startMs,
    endMs: last.endMs,
    connected: last.connected,
    sent: sum(({ sent }) => sent),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    received: sum(({ received }) => received),
    bytesSent: sum(({ bytesSent }) => bytesSent),
    bytesReceived: sum(({ bytesReceived }) => bytesReceived),
    measured: mergedMeasured(all.map(({ measured }) => measured)),
    health: {
      loopDelayMaxMs: worst('loopDelayMaxMs'),
      loopDelayP99Ms: worst('loopDelayP99Ms'),
      utilization: worst('utilization'),
      gcMs: sum(({ health }) => health.gcMs),
      cpuCores: worst('cpuCores'),
      socketBacklog: worst('socketBacklog'),
      waiting: worst('waiting'),
    },
  }
}
