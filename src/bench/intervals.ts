import type { GeneratorHealth, Interval } from './result.ts'
import { mergedMeasured } from './totals.ts'

/** An hour of seconds: more would fill the memory in some days, and no chart shows them. */
const MOST = 3600

/**
 * The time line of a run, however long it is: when it has too many intervals, each two that follow each other in a phase
 * become one, and so do those that are still to come. What they add up to stays the same.
 */
export class Intervals {
  readonly #most: number
  #all: Interval[] = []
  /** Intervals of the run that make one here, and how many the last one is made of. */
  #span = 1
  #inLast = 0

  constructor(most = MOST) {
    this.#most = most
  }

  get all(): readonly Interval[] {
    return this.#all
  }

  add(interval: Interval): void {
    const last = this.#all.at(-1)
    if (last?.phase === interval.phase && this.#inLast < this.#span) {
      this.#all[this.#all.length - 1] = joined([last, interval])
      this.#inLast++
      return
    }
    this.#all.push(interval)
    this.#inLast = 1
    if (this.#all.length > this.#most) this.#joinPairs()
  }

  #joinPairs(): void {
    const all: Interval[] = []
    let isPair = true
    for (const interval of this.#all) {
      const last = all.at(-1)
      isPair = !isPair && last?.phase === interval.phase
      if (isPair) all[all.length - 1] = joined([last!, interval])
      else all.push(interval)
    }
    this.#all = all
    this.#inLast += isPair ? this.#span : 0
    this.#span *= 2
  }
}

/** Intervals that follow each other as one; of their loads it has the mean, of what waits the worst. */
export function joined(all: readonly Interval[]): Interval {
  const [first, last] = [all[0]!, all.at(-1)!]
  const sum = (read: (interval: Interval) => number) => all.reduce((total, each) => total + read(each), 0)
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
    health: joinedHealth(all),
  }
}

function joinedHealth(all: readonly Interval[]): GeneratorHealth {
  const worst = (name: keyof GeneratorHealth) => Math.max(...all.map(({ health }) => health[name]))
  const sum = (read: (interval: Interval) => number) => all.reduce((total, each) => total + read(each), 0)
  const lengthMs = sum(({ startMs, endMs }) => endMs - startMs)
  const mean = (name: keyof GeneratorHealth) =>
    lengthMs > 0 ? sum(({ health, startMs, endMs }) => health[name] * (endMs - startMs)) / lengthMs : 0
  return {
    loopDelayMaxMs: worst('loopDelayMaxMs'),
    loopDelayP99Ms: worst('loopDelayP99Ms'),
    utilization: mean('utilization'),
    gcMs: sum(({ health }) => health.gcMs),
    cpuCores: mean('cpuCores'),
    socketBacklog: worst('socketBacklog'),
    waiting: worst('waiting'),
  }
}
