import { type EventLoopUtilization, monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks'

/** How often the delay of the event loop is looked at, in milliseconds. */
const RESOLUTION_MS = 5

/** How one thread of the generator fares. */
export interface ThreadHealth {
  readonly loopDelayMaxMs: number
  readonly loopDelayP99Ms: number
  readonly utilization: number
  readonly gcMs: number
}

/** Watches the thread that it is made in. */
export class Health {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  readonly #collections: PerformanceObserver
  #gcMs = 0
  #utilization: EventLoopUtilization = performance.eventLoopUtilization()

  constructor() {
    this.#collections = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) this.#gcMs += duration
    })
    this.#collections.observe({ entryTypes: ['gc'] })
    this.#delay.enable()
  }

  /** Since the last call. */
  take(): ThreadHealth {
    const utilization = performance.eventLoopUtilization()
    const taken = {
      loopDelayMaxMs: beyondResolution(this.#delay.max),
      loopDelayP99Ms: beyondResolution(this.#delay.percentile(99)),
      utilization: performance.eventLoopUtilization(utilization, this.#utilization).utilization,
      gcMs: this.#gcMs,
    }
    this.#utilization = utilization
    this.#gcMs = 0
    this.#delay.reset()
    return taken
  }

  stop(): void {
    this.#collections.disconnect()
    this.#delay.disable()
  }
}

/** The histogram has the time from one look to the next, in nanoseconds; 0 where nobody has looked. */
function beyondResolution(ns: number): number {
  return Math.max(0, ns / 1e6 - RESOLUTION_MS)
}
