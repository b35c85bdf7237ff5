/**
 * What a message is that has come: a new one, one that came after a later one of its publisher, one that has come
 * before, or one of the last two where so much was missing that it was forgotten what.
 */
export type Arrival = 'next' | 'late' | 'duplicate' | 'undecided'

/** Gaps that a thread remembers, of all publishers at all subscribers: 16 bytes each. */
const MOST_GAPS = 1_000_000

/** Memory for gaps, which several share. */
export class GapMemory {
  left: number

  constructor(gaps = MOST_GAPS) {
    this.left = gaps
  }
}

/** Follows the messages of many publishers, each numbered from 0, at one subscriber. */
export class Sequences {
  readonly #memory: GapMemory
  readonly #publishers = new Map<number, Sequence>()

  constructor(memory: GapMemory) {
    this.#memory = memory
  }

  add(publisher: number, sequence: number): Arrival {
    let known = this.#publishers.get(publisher)
    if (known === undefined) {
      known = new Sequence()
      this.#publishers.set(publisher, known)
    }
    return known.isNext(sequence, this.#memory) ? 'next' : known.fillGap(sequence, this.#memory)
  }
}

/** The numbers that have come of one publisher: all up to the latest, but for gaps. */
class Sequence {
  #next = 0
  /** First number, and the number behind the last, of each gap in turn, in ascending order; most have none. */
  #gaps: number[] | undefined
  /** Below this there may be gaps that were forgotten. */
  #floor = 0

  /** Takes a number that is later than all before it. */
  isNext(sequence: number, memory: GapMemory): boolean {
    if (sequence < this.#next) return false
    if (sequence > this.#next) this.#miss(this.#next, sequence, memory)
    this.#next = sequence + 1
    return true
  }

  /** Takes a number that is not. */
  fillGap(sequence: number, memory: GapMemory): Arrival {
    const at = this.#gapFrom(sequence)
    const gaps = this.#gaps
    if (gaps === undefined || at < 0 || sequence >= gaps[at + 1]!)
      return sequence < this.#floor ? 'undecided' : 'duplicate'
    const [from, to] = [gaps[at]!, gaps[at + 1]!]
    if (from === sequence && sequence + 1 === to) {
      gaps.splice(at, 2)
      memory.left++
    } else if (from === sequence) gaps[at] = sequence + 1
    else if (sequence + 1 === to) gaps[at + 1] = sequence
    else this.#split(at, sequence, memory)
    return 'late'
  }

  /** Where the last gap is that begins at this number or below; negative if none does. */
  #gapFrom(sequence: number): number {
    const gaps = this.#gaps ?? []
    let [low, high] = [0, gaps.length / 2]
    while (low < high) {
      const middle = (low + high) >> 1
      if (gaps[2 * middle]! <= sequence) low = middle + 1
      else high = middle
    }
    return 2 * (low - 1)
  }

  #miss(from: number, to: number, memory: GapMemory): void {
    this.#gaps ??= []
    if (memory.left > 0) memory.left--
    else if (this.#gaps.length > 0) this.#forget(0)
    else {
      this.#floor = to
      return
    }
    this.#gaps.push(from, to)
  }

  #split(at: number, sequence: number, memory: GapMemory): void {
    const gaps = this.#gaps!
    const to = gaps[at + 1]!
    gaps[at + 1] = sequence
    if (memory.left > 0) memory.left--
    else this.#forget(at)
    const behind = this.#gapFrom(sequence) + 2
    gaps.splice(behind, 0, sequence + 1, to)
  }

  #forget(at: number): void {
    const [, to] = this.#gaps!.splice(at, 2)
    this.#floor = Math.max(this.#floor, to!)
  }
}
