import type { QoS } from './message.ts'

/** Where a message at QoS 1 or 2 stands: what it waits for. */
export const State = { free: 0, puback: 1, pubrec: 2, pubcomp: 3 } as const

const IDENTIFIERS = 0x1_0000

/**
 * The messages at QoS 1 and 2 whose fate is open, by packet identifier. Each is kept as encoded: as a slice of what was
 * written, without a view object for each. What there is of an identifier must not be asked for while it is free.
 */
export class Unacknowledged {
  /** Of all packets, on the wire or not. */
  bytes = 0
  #state = new Uint8Array(0)
  readonly #packets: (Buffer | undefined)[] = []
  #starts = new Uint32Array(0)
  #ends = new Uint32Array(0)
  /** The message's number among all that were given. */
  #numbers = new Float64Array(0)

  /** @param packets has the PUBLISH from `start` to `end`. */
  add(id: number, number: number, qos: number, packets: Buffer, start: number, end: number): void {
    if (this.#state.length === 0) this.#makeRoom()
    this.#state[id] = qos === 1 ? State.puback : State.pubrec
    this.#packets[id] = packets
    this.#starts[id] = start
    this.#ends[id] = end
    this.#numbers[id] = number
    this.bytes += end - start
  }

  remove(id: number): void {
    this.#state[id] = State.free
    this.bytes -= this.#ends[id]! - this.#starts[id]!
    this.#packets[id] = undefined
  }

  stateOf(id: number): number {
    return this.#state[id] ?? State.free
  }

  /** PUBREC has come. */
  received(id: number): void {
    this.#state[id] = State.pubcomp
  }

  /** It waits for the first of its acknowledgements again. */
  restart(id: number): void {
    this.#state[id] = this.qosOf(id) === 1 ? State.puback : State.pubrec
  }

  numberOf(id: number): number {
    return this.#numbers[id]!
  }

  packetOf(id: number): Buffer {
    return this.#packets[id]!.subarray(this.#starts[id], this.#ends[id])
  }

  qosOf(id: number): QoS {
    return ((this.#firstByteOf(id) >> 1) & 3) as QoS
  }

  /** Whether it was sent with DUP. */
  isDuplicate(id: number): boolean {
    return (this.#firstByteOf(id) & 0x08) !== 0
  }

  /** '' where an alias stands for the topic. */
  topicOf(id: number): string {
    const packet = this.#packets[id]!
    let start = this.#starts[id]! + 2
    while (packet[start - 1]! >= 0x80) start++
    return packet.toString('utf8', start + 2, start + 2 + packet.readUInt16BE(start))
  }

  /** The identifiers in use, in the order of their messages. */
  inOrder(): number[] {
    const open: number[] = []
    for (let id = 1; id < this.#state.length; id++) if (this.#state[id] !== State.free) open.push(id)
    return open.sort((one, other) => this.#numbers[one]! - this.#numbers[other]!)
  }

  #firstByteOf(id: number): number {
    return this.#packets[id]![this.#starts[id]!]!
  }

  /** A megabyte, which messages at QoS 0 do without. */
  #makeRoom(): void {
    this.#state = new Uint8Array(IDENTIFIERS)
    this.#starts = new Uint32Array(IDENTIFIERS)
    this.#ends = new Uint32Array(IDENTIFIERS)
    this.#numbers = new Float64Array(IDENTIFIERS)
  }
}
