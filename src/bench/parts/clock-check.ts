import { type Exchange, type Offset, offsetOf } from './offset.ts'

/** Questions one after the other: the quickest answer had the least to wait for. */
const QUESTIONS = 16

/** How long an answer may take, and how many may be missing. */
const LIMIT_MS = 1000
const MOST_MISSING = 3

/** Compares the clock here with that of another part, by questions that it answers. */
export class ClockCheck {
  readonly #ask: (number: number) => number
  readonly #done: (offset: Offset | undefined) => void
  readonly #exchanges: Exchange[] = []
  #number = 0
  #missing = 0
  #askedUs = 0
  #timer: NodeJS.Timeout | undefined

  /**
   * @param ask sends a question, and says when.
   * @param done is told what the answers say, undefined when none came.
   */
  constructor(ask: (number: number) => number, done: (offset: Offset | undefined) => void) {
    this.#ask = ask
    this.#done = done
    this.#next()
  }

  /** An answer has come, at this time. */
  answered(
    number: number,
    { receivedUs, answeredUs }: Pick<Exchange, 'receivedUs' | 'answeredUs'>,
    cameUs: number,
  ): void {
    if (number !== this.#number) return
    this.#exchanges.push({ askedUs: this.#askedUs, receivedUs, answeredUs, cameUs })
    this.#next()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#number = Number.POSITIVE_INFINITY
  }

  #next(): void {
    clearTimeout(this.#timer)
    if (this.#number >= QUESTIONS || this.#missing >= MOST_MISSING) {
      this.stop()
      this.#done(offsetOf(this.#exchanges))
      return
    }
    this.#number++
    this.#timer = setTimeout(() => {
      this.#missing++
      this.#next()
    }, LIMIT_MS)
    this.#askedUs = this.#ask(this.#number)
  }
}
