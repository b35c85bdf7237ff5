import { type Packet, readPublish } from '../support/packets.ts'

interface Sent {
  readonly line: string
  isReleased: boolean
}

/**
 * Watches what the broker sends to a subscriber, for messages at QoS 2 that come again after PUBREL: by then the
 * subscriber has forgotten the identifier, as it must, and cannot tell such a message from a new one.
 */
export class Releases {
  readonly #version: number
  readonly #byId = new Map<number, Sent>()
  /** How many, by topic. */
  readonly republished = new Map<string, number>()

  constructor(version: number) {
    this.#version = version
  }

  take(packet: Packet): void {
    if (packet.type === 'PUBREL') this.#release(packet.body.readUInt16BE(0))
    if (packet.type !== 'PUBLISH') return
    const { topic, payload, qos, packetId } = readPublish(packet, this.#version)
    if (qos !== 2) return
    const line = `${topic} ${payload.toString('utf8', 0, 10)}`
    const before = this.#byId.get(packetId!)
    if (before?.line === line && before.isReleased) {
      this.republished.set(topic, (this.republished.get(topic) ?? 0) + 1)
    }
    this.#byId.set(packetId!, { line, isReleased: false })
  }

  #release(packetId: number): void {
    const sent = this.#byId.get(packetId)
    if (sent !== undefined) sent.isReleased = true
  }
}
