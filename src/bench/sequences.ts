/** What a message is that has come: a new one, one that came after a later one of its publisher, or one that has come before. */
export type Arrival = 'next' | 'late' | 'duplicate'

/** Gaps of one publisher that are remembered; of older ones it can't be told whether a late message is a duplicate. */
const MOST_GAPS = 10_000

/** Follows the messages of many publishers, each numbered from 0, at one subscriber. */
export class Sequences {
  readonly #publishers = new Map<number, Sequence>()

  add(publisher: number, sequence: number): Arrival {
    let known = this.#publishers.get(publisher)
    if (known === undefined) {
      known = new Sequence()
      this.#publishers.set(publisher, known)
    }
    if (known.isNext(sequence)) return 'next'
    return known.fillGap(sequence) ? 'late' : 'duplicate'
  }
}

/** The numbers that have come of one publisher: all up to the latest, but for gaps. */
class Sequence {
  #next = 0
  /** First number, and the number behind the last, of each gap, in order. */
  #gaps: { from: number; to: number }[] = []

  /** Takes a number that is later than all before it. */
  isNext(sequence: number): boolean {
    if (sequence < this.#next) return false
    if (sequence > this.#next) {
      this.#gaps.push({ from: this.#next, to: sequence })
      if (this.#gaps.length > MOST_GAPS) this.#gaps.shift()
    }
    this.#next = sequence + 1
    return true
  }

  /** Takes a number that was missing. @returns false for one that has come before. */
  fillGap(sequence: number): boolean {
    const at = this.#gaps.findLastIndex(({ from }) => from <= sequence)
    const gap = this.#gaps[at]
    if (gap === undefined || sequence >= gap.to) return false
    const left = [
      { from: gap.from, to: sequence },
      { from: sequence + 1, to: gap.to },
    ].filter(({ from, to }) => from < to)
    this.#gaps.splice(at, 1, ...left)
    return true
  }
}
