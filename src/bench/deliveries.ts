import { GapMemory, Sequences } from './sequences.ts'

/** What the subscribers of a thread have received. */
export class Deliveries {
  readonly #memory = new GapMemory()
  /** By filter. */
  readonly #groups = new Map<string, Sequences>()

  /** Of one subscriber. */
  ofOne(): Sequences {
    return new Sequences(this.#memory)
  }

  /** Of all members of a shared subscription. */
  ofGroup(filter: string): Sequences {
    const sequences = this.#groups.get(filter) ?? this.ofOne()
    this.#groups.set(filter, sequences)
    return sequences
  }
}
