import type { Clock } from './clock.ts'

/** How often one looks whether a start is due. */
const TICK_MS = 1

/** Most starts at a time, so that what is under way gets its turn. */
const MOST_AT_A_TIME = 100

/** Starts things at their times. */
export class Ramp {
  #timer: NodeJS.Timeout | undefined

  /** @param starts in ascending order of their times. */
  constructor(clock: Clock, starts: readonly { readonly atUs: number; readonly start: () => void }[]) {
    let next = 0
    const tick = () => {
      const nowUs = clock.us()
      const stop = Math.min(starts.length, next + MOST_AT_A_TIME)
      while (next < stop && starts[next]!.atUs <= nowUs) starts[next++]!.start()
      if (next < starts.length) this.#timer = setTimeout(tick, TICK_MS)
    }
    tick()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
