/** Waits for what others bring about: they say when something has changed. */
export class Waiting {
  readonly #signal: AbortSignal
  readonly #interrupted: () => void
  #failure: { readonly error: unknown } | undefined
  /** Looks whether what is waited for is there. */
  #look: (() => void) | undefined

  /** @param interrupted called when the user has stopped the run while it waited. */
  constructor(signal: AbortSignal, interrupted: () => void) {
    this.#signal = signal
    this.#interrupted = interrupted
  }

  changed(): void {
    this.#look?.()
  }

  /** Lets this wait, and any other, reject. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.changed()
  }

  /** Resolves when it is there, when the time is up, or when the user has stopped the run. */
  async until(isThere: () => boolean, limitMs = Number.POSITIVE_INFINITY, heedsSignal = true): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        this.#look = () => {
          if (this.#failure !== undefined) reject(this.#failure.error)
          else if (isThere()) resolve()
          else if (heedsSignal && this.#signal.aborted) {
            this.#interrupted()
            resolve()
          }
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
}
