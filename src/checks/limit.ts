import { Failed } from './check.ts'

/** The time that a check may take, and what it waits for meanwhile. */
export class Limit {
  /** Aborted when the time has run out, or the user stops. */
  readonly signal: AbortSignal
  /** What is waited for, oldest first. */
  readonly #waits: { readonly what: string }[] = []
  readonly #timer: NodeJS.Timeout
  readonly #stop: () => void

  /** @param interrupted by the user. */
  constructor(ms: number, interrupted: AbortSignal) {
    const controller = new AbortController()
    this.signal = controller.signal
    this.#stop = () => controller.abort(interrupted.reason)
    interrupted.addEventListener('abort', this.#stop)
    if (interrupted.aborted) this.#stop()
    this.#timer = setTimeout(() => {
      controller.abort(new Failed(`no ${this.#waits[0]?.what ?? 'end'} within ${ms / 1000} s`))
    }, ms)
    this.clear = () => {
      clearTimeout(this.#timer)
      interrupted.removeEventListener('abort', this.#stop)
    }
  }

  /** To be called when the check has ended. */
  readonly clear: () => void

  /** Resolves or rejects as the work does, unless there is no time left: then rejects with what was waited for. */
  async wait<T>(what: string, work: Promise<T>): Promise<T> {
    const wait = { what }
    this.#waits.push(wait)
    let stop: () => void = () => {}
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(this.signal.reason)
      this.signal.addEventListener('abort', stop)
      if (this.signal.aborted) stop()
    })
    try {
      return await Promise.race([work, aborted])
    } finally {
      this.#waits.splice(this.#waits.indexOf(wait), 1)
      this.signal.removeEventListener('abort', stop)
    }
  }
}
