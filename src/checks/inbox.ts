import type { DataPlane, Lane } from '../mqtt/lane.ts'
import type { Message } from '../mqtt/message.ts'
import { ACK_SIZE, encodeAck, FirstByte, PacketType } from '../mqtt/packets.ts'

const ACKNOWLEDGEMENTS: Readonly<Record<number, string>> = {
  [PacketType.PUBACK]: 'PUBACK',
  [PacketType.PUBREC]: 'PUBREC',
  [PacketType.PUBCOMP]: 'PUBCOMP',
}

/**
 * What comes on the connection of a check, for the check to look at. Publisher and Subscription would settle by
 * themselves much of what a check is about.
 */
export class Inbox implements DataPlane {
  /** Those that are wanted, in the order in which they came. */
  readonly messages: Message[] = []
  /** Decides which messages are kept. */
  wants: (message: Message) => boolean
  /** Reason codes of acknowledgements, by what they are and their packet identifier, as `PUBACK 7`. */
  readonly acknowledgements = new Map<string, number>()
  /** Packet identifiers for which PUBREL has come. */
  readonly released = new Set<number>()
  pings = 0
  /** How many messages have come, also those that were not wanted. */
  count = 0
  readonly #lane: Lane
  readonly #unreleased = new Set<number>()
  #answers: Buffer[] = []
  #waiting: (() => void)[] = []

  constructor(lane: Lane, wants: (message: Message) => boolean) {
    this.#lane = lane
    this.wants = wants
    lane.open(this)
  }

  /** Resolves when something has come, or `wake` was called. */
  async changed(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  publish(message: Message): void {
    this.count++
    if (message.qos === 1) this.#answer(FirstByte.PUBACK, message.packetId)
    if (message.qos === 2) {
      this.#answer(FirstByte.PUBREC, message.packetId)
      // It comes again, and is the same message [MQTT 5, 4.3.3].
      if (this.#unreleased.has(message.packetId)) return
      this.#unreleased.add(message.packetId)
    }
    if (this.wants(message)) this.messages.push(message)
  }

  acknowledgement(type: number, packetId: number, reasonCode: number): void {
    if (type === PacketType.PUBREL) {
      this.#unreleased.delete(packetId)
      this.released.add(packetId)
      this.#answer(FirstByte.PUBCOMP, packetId)
      return
    }
    this.acknowledgements.set(`${ACKNOWLEDGEMENTS[type]} ${packetId}`, reasonCode)
    if (type === PacketType.PUBREC && reasonCode < 0x80) this.#answer(FirstByte.PUBREL, packetId)
  }

  chunkDone(): void {
    if (this.#answers.length > 0) this.#lane.write(Buffer.concat(this.#answers))
    this.#answers = []
    this.wake()
  }

  pingSent(): void {}

  pingAnswered(): void {
    this.pings++
  }

  #answer(firstByte: number, packetId: number): void {
    const packet = Buffer.allocUnsafe(ACK_SIZE)
    encodeAck(firstByte, packetId, packet, 0)
    this.#answers.push(packet)
  }
}
