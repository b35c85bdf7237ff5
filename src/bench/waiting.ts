/** In steps of this length `untilAwake` waits. */
const STEP_MS = 50

/** Waits for what others bring about: they say when something has changed. */
export class Waiting {
  readonly #signal: AbortSignal
  readonly #endsEarly: () => boolean
  #failure: { readonly error: unknown } | undefined
  /** Looks whether what is waited for is there. */
  #look: (() => void) | undefined

  /** @param endsEarly is asked whether there is nothing to wait for any more, also when the user stops the run. */
  constructor(signal: AbortSignal, endsEarly: () => boolean) {
    this.#signal = signal
    this.#endsEarly = endsEarly
  }

  changed(): void {
    this.#look?.()
  }

  /** Lets this wait, and any other, reject. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.changed()
  }

  /** Resolves when it is there, when the time is up, or early. */
  async until(isThere: () => boolean, limitMs = Number.POSITIVE_INFINITY, mayEndEarly = true): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        this.#look = () => {
          if (this.#failure !== undefined) reject(this.#failure.error)
          else if (isThere() || (mayEndEarly && this.#endsEarly())) resolve()
        }
        if (limitMs < 2 ** 31) timer = setTimeout(resolve, Math.max(0, limitMs))
        this.#signal.addEventListener('abort', this.#look)
        this.#look()
      })
    } finally {
      clearTimeout(timer)
      if (this.#look !== undefined) this.#signal.removeEventListener('abort', this.#look)
      this.#look = undefined
    }
  }

  /**
   * As `until`, but of the time in which this process stands still little counts: what has come meanwhile was not read,
   * and is not late.
   */
  async untilAwake(isThere: () => boolean, limitMs: number, mayEndEarly: boolean): Promise<void> {
    const isOver = () => isThere() || (mayEndEarly && this.#endsEarly())
    for (let leftMs = limitMs; leftMs > 0 && !isOver(); leftMs -= STEP_MS)
      await this.until(isThere, Math.min(leftMs, STEP_MS), mayEndEarly)
  }
}
