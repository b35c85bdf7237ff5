import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

const SLAB_SIZE = 256 * 1024

/** Where the packets of all clients of a thread are put together: what one client has to say goes out in one write. */
export class Outbox {
  bytes = Buffer.allocUnsafeSlow(SLAB_SIZE)
  /** Where the next packet goes. */
  at = 0
  /** Where begins what was not handed over yet. */
  #start = 0

  /** Bytes that wait for `send`. */
  get pending(): number {
    return this.at - this.#start
  }

  /** Makes room at `at`. */
  reserve(size: number): void {
    if (this.at + size <= this.bytes.length) return
    const kept = this.bytes.subarray(this.#start, this.at)
    this.bytes = Buffer.allocUnsafeSlow(Math.max(SLAB_SIZE, kept.length + size))
    kept.copy(this.bytes)
    this.at = kept.length
    this.#start = 0
  }

  discard(): void {
    this.at = this.#start
  }

  /** @returns how many bytes were handed to the socket. */
  send(socket: Duplex): number {
    const size = this.pending
    if (size === 0) return 0
    socket.write(this.bytes.subarray(this.#start, this.at))
    // A socket that has passed on all of it needs this memory no more; one of TLS or WebSocket may.
    if (socket instanceof Socket && !('encrypted' in socket) && socket.writableLength === 0) this.at = this.#start
    else this.#start = this.at
    return size
  }
}
