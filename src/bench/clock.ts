/** The time of a run. Worker threads share the clock of their process, so one epoch does for all. */
export class Clock {
  readonly #epochMs: number

  /** @param epochMs when the run began, as `performance.now()` said it. */
  constructor(epochMs: number) {
    this.#epochMs = epochMs
  }

  /** Microseconds since the run began, with a fraction. Never goes back. */
  us(): number {
    return (performance.now() - this.#epochMs) * 1000
  }
}
