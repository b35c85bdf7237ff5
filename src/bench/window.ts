/** What the broker owes for a packet identifier. */
export const Owed = { nothing: 0, firstAnswer: 1, pubcomp: 2 } as const

/** Messages at QoS 1 and 2 that are on their way, by packet identifier from 1. Memory follows their number. */
export class Window {
  /** Most messages on their way. */
  limit: number
  used = 0
  #owed = new Uint8Array(16)
  #due = new Float64Array(16)
  #sent = new Float64Array(16)
  /** Identifiers that were used and are free again, and how many of them there are. */
  #free = new Uint16Array(16)
  #freed = 0
  /** Identifiers up to this one have been used. */
  #highest = 0

  constructor(limit: number) {
    this.limit = Math.min(limit, 0xffff)
  }

  get isFull(): boolean {
    return this.used >= this.limit
  }

  /** Takes an identifier; there has to be room. */
  take(dueUs: number, sentUs: number): number {
    if (this.#freed === 0 && this.#highest + 1 >= this.#owed.length) this.#grow()
    const id = this.#freed > 0 ? this.#free[--this.#freed]! : ++this.#highest
    this.#owed[id] = Owed.firstAnswer
    this.#due[id] = dueUs
    this.#sent[id] = sentUs
    this.used++
    return id
  }

  /** Nothing is on its way any more, and what it was is forgotten. */
  reset(): void {
    this.#owed.fill(Owed.nothing)
    this.#highest = 0
    this.#freed = 0
    this.used = 0
  }

  owed(id: number): number {
    return id <= this.#highest ? this.#owed[id]! : Owed.nothing
  }

  awaitPubcomp(id: number): void {
    this.#owed[id] = Owed.pubcomp
  }

  dueUs(id: number): number {
    return this.#due[id]!
  }

  sentUs(id: number): number {
    return this.#sent[id]!
  }

  release(id: number): void {
    this.#owed[id] = Owed.nothing
    this.#free[this.#freed++] = id
    this.used--
  }

  #grow(): void {
    const size = this.#owed.length * 2
    this.#owed = grown(new Uint8Array(size), this.#owed)
    this.#due = grown(new Float64Array(size), this.#due)
    this.#sent = grown(new Float64Array(size), this.#sent)
    this.#free = grown(new Uint16Array(size), this.#free)
  }
}

function grown<T extends Uint8Array | Uint16Array | Float64Array>(larger: T, smaller: T): T {
  larger.set(smaller)
  return larger
}
