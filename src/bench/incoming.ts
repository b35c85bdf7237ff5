import { ACK_SIZE, encodeAck, FirstByte } from '../mqtt/packets.ts'
import type { Outbox } from './outbox.ts'

/** Answers what the broker delivers at QoS 1 and 2 to one client, and tells what it delivers twice [MQTT 5, 4.3.3]. */
export class Incoming {
  readonly #outbox: Outbox
  /** Packet identifiers at QoS 2 whose PUBREL has not come; most clients never have one. */
  #open: Set<number> | undefined

  constructor(outbox: Outbox) {
    this.#outbox = outbox
  }

  /** Answers PUBLISH. @returns false when it was delivered before. */
  publish(qos: number, packetId: number): boolean {
    if (qos === 0) return true
    this.#answer(qos === 1 ? FirstByte.PUBACK : FirstByte.PUBREC, packetId)
    if (qos === 1) return true
    this.#open ??= new Set()
    if (this.#open.has(packetId)) return false
    this.#open.add(packetId)
    return true
  }

  pubrel(packetId: number): void {
    this.#open?.delete(packetId)
    this.#answer(FirstByte.PUBCOMP, packetId)
  }

  #answer(firstByte: number, packetId: number): void {
    this.#outbox.reserve(ACK_SIZE)
    this.#outbox.at = encodeAck(firstByte, packetId, this.#outbox.bytes, this.#outbox.at)
  }
}
