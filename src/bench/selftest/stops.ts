const INTERVAL_MS = 5

/** Sees how long this thread stands still, by a timer of its own: what the engine says of itself is what is tested. */
export class Stops {
  /** Beyond the interval of the timer, in milliseconds. */
  longestMs = 0
  #lastMs = performance.now()
  readonly #timer = setInterval(() => this.#look(), INTERVAL_MS)

  end(): void {
    this.#look()
    clearInterval(this.#timer)
  }

  #look(): void {
    const nowMs = performance.now()
    this.longestMs = Math.max(this.longestMs, nowMs - this.#lastMs - INTERVAL_MS)
    this.#lastMs = nowMs
  }
}
