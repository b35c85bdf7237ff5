/** What the machine says: the same clock in all of its processes. */
export interface HostClock {
  /** Tells machines apart, and one machine from itself before it was started again. */
  readonly id: string
  /** Microseconds since whenever, with a fraction; never goes back. */
  monotonicUs(): number
}

/** One moment, by the clock of this process, which is quick to read, and by that of the host. */
export interface Epoch {
  /** As `performance.now()` says it. */
  readonly processMs: number
  readonly hostUs: number
}

/** Looks at both clocks in turn; the closest look counts. */
const LOOKS = 10

/** This moment. */
export function epochNow(host: HostClock): Epoch {
  let closestMs = Number.POSITIVE_INFINITY
  let difference = 0
  for (let look = 0; look < LOOKS; look++) {
    const beforeMs = performance.now()
    const hostUs = host.monotonicUs()
    const afterMs = performance.now()
    if (afterMs - beforeMs >= closestMs) continue
    closestMs = afterMs - beforeMs
    difference = hostUs - ((beforeMs + afterMs) / 2) * 1000
  }
  const processMs = performance.now()
  return { processMs, hostUs: processMs * 1000 + difference }
}

/** Stamps have 5 bytes: after twelve days they begin anew. */
const ROUND_US = 2 ** 40

/** The time of a run. Worker threads share the clock of their process, so one epoch does for all. */
export class Clock {
  readonly #epochMs: number
  readonly #epochUs: number
  /** What stamps are at the beginning of the run. */
  #stampBase = 0

  /** @param epoch when the run began. */
  constructor({ processMs, hostUs }: Epoch) {
    this.#epochMs = processMs
    this.#epochUs = hostUs
    this.setAhead(0)
  }

  /** Microseconds since the run began, with a fraction. Never goes back. */
  us(): number {
    return (performance.now() - this.#epochMs) * 1000
  }

  /** A time of the run as the host's clock has it. */
  hostUs(us: number): number {
    return this.#epochUs + us
  }

  /** A time of the host's clock as the run has it. */
  ofHost(hostUs: number): number {
    return hostUs - this.#epochUs
  }

  /** @param us how far the clock that stamps go by is ahead of that of this host. */
  setAhead(us: number): void {
    const base = Math.round(this.#epochUs + us) % ROUND_US
    this.#stampBase = base < 0 ? base + ROUND_US : base
  }

  /** A time of the run for a stamp: a whole number below 2^40. */
  stamp(us: number): number {
    const stamp = this.#stampBase + Math.round(us)
    return stamp < ROUND_US ? stamp : stamp % ROUND_US
  }

  /** The time of the run that a stamp stands for; of all that it may, the one closest to now. */
  ofStamp(stamp: number, nowUs: number): number {
    const us = stamp - this.#stampBase
    return us + ROUND_US * Math.round((nowUs - us) / ROUND_US)
  }
}
