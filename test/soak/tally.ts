/** What a publisher sends as its n-th line: its number, and a payload by which a damaged one would show. */
export function lineOf(number: number): string {
  return `${number} ${'x'.repeat(number % 50 === 0 ? 3000 : number % 40)}`
}

/** What became of the lines of one publisher at one subscriber. */
export interface Counts {
  readonly received: number
  readonly lost: number
  /** Copies behind the first one, as the broker may send at QoS 1. */
  readonly duplicated: number
  /** Lines that the broker has sent as another message, which at QoS 2 nobody can tell from one. */
  readonly anew: ReadonlySet<number>
  /** First copies that came behind one of a later line. */
  readonly outOfOrder: number
}

export interface Tally {
  /** By topic. */
  readonly counts: ReadonlyMap<string, Counts>
  /** Lines that nobody has sent like this. */
  readonly unexpected: readonly string[]
}

/**
 * @param output of a subscriber: topic, packet identifier and payload a line.
 * @param sent how many lines each topic has got: 1, 2, 3 …
 */
export function tallyOf(output: string, sent: ReadonlyMap<string, number>): Tally {
  const topics = new Map([...sent].map(([topic, count]) => [topic, new TopicTally(count)]))
  const unexpected = output.split('\n').filter((line) => {
    const [topic, packetId, number] = line.split(' ', 3)
    const isExpected = line === `${topic} ${packetId} ${lineOf(Number(number))}`
    return line !== '' && !(isExpected && topics.get(topic!)?.take(Number(number), Number(packetId)))
  })
  return { counts: new Map([...topics].map(([topic, tally]) => [topic, tally.counts])), unexpected }
}

class TopicTally {
  readonly #copies: Uint32Array
  readonly #packetIds: Uint16Array
  readonly #anew = new Set<number>()
  #latest = 0
  #outOfOrder = 0

  constructor(sent: number) {
    this.#copies = new Uint32Array(sent)
    this.#packetIds = new Uint16Array(sent)
  }

  /** Whether it is one that was sent. */
  take(number: number, packetId: number): boolean {
    if (!Number.isInteger(number) || number < 1 || number > this.#copies.length) return false
    const at = number - 1
    if (this.#copies[at]!++ > 0) {
      // [MQTT-4.4.0-1]: what is sent again has the same identifier.
      if (this.#packetIds[at] !== packetId) this.#anew.add(number)
      return true
    }
    this.#packetIds[at] = packetId
    if (number < this.#latest) this.#outOfOrder++
    this.#latest = Math.max(this.#latest, number)
    return true
  }

  get counts(): Counts {
    const received = this.#copies.reduce((sum, copies) => sum + copies, 0)
    const lost = this.#copies.filter((copies) => copies === 0).length
    const duplicated = received - (this.#copies.length - lost)
    return { received, lost, duplicated, anew: this.#anew, outOfOrder: this.#outOfOrder }
  }
}
