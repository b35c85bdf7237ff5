/**
 * Packet identifiers of one client: MQTT.js takes them for SUBSCRIBE and UNSUBSCRIBE, the publisher for PUBLISH, from
 * the same space [MQTT 5, 2.2.1]. Serves MQTT.js as its `messageIdProvider`.
 */
export class PacketIds {
  /** By identifier: 0 free, 1 taken by MQTT.js, 2 taken by the publisher. */
  readonly #owner = new Uint8Array(0x1_0000)
  #last = 0

  /** For MQTT.js. @returns null when all are taken. */
  allocate(): number | null {
    return this.#take(1)
  }

  /** For the publisher, which keeps it over reconnecting. @returns 0 when all are taken. */
  allocateForPublish(): number {
    return this.#take(2) ?? 0
  }

  getLastAllocated(): number | null {
    return this.#last === 0 ? null : this.#last
  }

  register(id: number): boolean {
    if (this.#owner[id] !== 0) return false
    this.#owner[id] = 1
    return true
  }

  deallocate(id: number): void {
    this.#owner[id] = 0
  }

  /** Called by MQTT.js at every CONNACK: frees what MQTT.js took, never what the publisher has in flight. */
  clear(): void {
    for (let id = this.#owner.indexOf(1); id > 0; id = this.#owner.indexOf(1, id)) this.#owner[id] = 0
  }

  #take(owner: number): number | null {
    for (let tried = 0; tried < 0xffff; tried++) {
      this.#last = this.#last === 0xffff ? 1 : this.#last + 1
      if (this.#owner[this.#last] === 0) {
        this.#owner[this.#last] = owner
        return this.#last
      }
    }
    return null
  }
}
