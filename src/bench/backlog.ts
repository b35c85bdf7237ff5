/** Times of messages that are due and not sent yet, first in, first out. Starts small: most publishers never have one. */
export class Backlog {
  #times = new Float64Array(4)
  #first = 0
  length = 0

  push(timeUs: number): void {
    if (this.length === this.#times.length) this.#grow()
    this.#times[(this.#first + this.length++) & (this.#times.length - 1)] = timeUs
  }

  /** Takes the oldest; there has to be one. */
  shift(): number {
    const time = this.#times[this.#first]!
    this.#first = (this.#first + 1) & (this.#times.length - 1)
    this.length--
    return time
  }

  clear(): void {
    this.length = 0
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2)
    times.set(this.#times.subarray(this.#first))
    times.set(this.#times.subarray(0, this.#first), this.#times.length - this.#first)
    this.#times = times
    this.#first = 0
  }
}
