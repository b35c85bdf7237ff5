/** Reasons that are told apart; a peer that makes up more must not fill the memory. */
const MOST_REASONS = 100

const OTHERS = 'other reasons'

/** Counts by reason. */
export type Reasons = Readonly<Record<string, number>>

export class Tally {
  readonly #counts = new Map<string, number>()

  add(reason: string, count = 1): void {
    const known = this.#counts.has(reason) || this.#counts.size < MOST_REASONS ? reason : OTHERS
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + count)
  }

  addAll(reasons: Reasons): void {
    for (const [reason, count] of Object.entries(reasons)) this.add(reason, count)
  }

  get total(): number {
    let total = 0
    for (const count of this.#counts.values()) total += count
    return total
  }

  get counts(): Reasons {
    return Object.fromEntries(this.#counts)
  }
}
