import { type EventLoopUtilization, PerformanceObserver, performance } from 'node:perf_hooks'
import { Latencies, percentileOf } from './latencies.ts'

/** How often the delay of the event loop is looked at, in milliseconds. */
const RESOLUTION_MS = 5

/** How one thread of the generator fares. */
export interface ThreadHealth {
  readonly loopDelayMaxMs: number
  readonly loopDelayP99Ms: number
  readonly utilization: number
  readonly gcMs: number
}

/**
 * Watches the thread that it is made in. The histogram of Node forgets a stop when it is asked right behind it, before
 * its own timer has had its turn: after a stop over the end of an interval, that is always so.
 */
export class Health {
  readonly #delay = new Latencies()
  readonly #looking: NodeJS.Timeout
  #lookedMs = performance.now()
  readonly #collections: PerformanceObserver
  #gcMs = 0
  #utilization: EventLoopUtilization = performance.eventLoopUtilization()

  constructor() {
    this.#collections = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) this.#gcMs += duration
    })
    this.#collections.observe({ entryTypes: ['gc'] })
    this.#looking = setInterval(() => this.#look(), RESOLUTION_MS)
  }

  /** Since the last call. */
  take(): ThreadHealth {
    this.#look()
    const delay = this.#delay.take()
    const utilization = performance.eventLoopUtilization()
    const taken = {
      loopDelayMaxMs: delay.max / 1000,
      loopDelayP99Ms: (percentileOf(delay, 99) ?? delay.max) / 1000,
      utilization: performance.eventLoopUtilization(utilization, this.#utilization).utilization,
      gcMs: this.#gcMs,
    }
    this.#utilization = utilization
    this.#gcMs = 0
    return taken
  }

  stop(): void {
    this.#collections.disconnect()
    clearInterval(this.#looking)
  }

  #look(): void {
    const nowMs = performance.now()
    this.#delay.record(Math.max(0, nowMs - this.#lookedMs - RESOLUTION_MS) * 1000)
    this.#lookedMs = nowMs
  }
}
