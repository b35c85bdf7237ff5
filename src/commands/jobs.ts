/** Work that goes on side by side, up to a limit. */
export class Jobs {
  /** Rejects with the first failure of a job. */
  readonly failed: Promise<never>
  readonly #limit: number
  readonly #running = new Set<Promise<void>>()
  #waiting: (() => void)[] = []
  #stopped = false
  #hasFailed = false
  #fail: (reason: unknown) => void = () => {}

  constructor(limit: number) {
    this.#limit = limit
    this.failed = new Promise((_, reject) => {
      this.#fail = (reason) => {
        this.#hasFailed = true
        reject(reason)
      }
    })
    this.failed.catch(() => {})
  }

  /** Starts a job as soon as there is room. @returns false when stopped before. */
  async start(work: () => Promise<void>): Promise<boolean> {
    while (this.#running.size >= this.#limit && !this.#stopped) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    if (this.#stopped) return false
    const job = work()
      .catch(this.#fail)
      .then(() => {
        this.#running.delete(job)
        this.#waiting.shift()?.()
      })
    this.#running.add(job)
    return true
  }

  /** Starts no more. */
  stop(): void {
    this.#stopped = true
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** Resolves when no job is running. @throws the first failure of one. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
    if (this.#hasFailed) await this.failed
  }
}
