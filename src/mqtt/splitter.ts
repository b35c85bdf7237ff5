import { MalformedPacketError } from './malformed.ts'
import { LARGEST_REMAINING_LENGTH } from './packets.ts'

/**
 * Takes one complete packet.
 *
 * @param bytes holds it; its first byte is at `packetStart`, its variable header at `start`, its end at `end`.
 * @returns false to be given no more until `resume`.
 */
export type PacketVisitor = (bytes: Buffer, packetStart: number, start: number, end: number) => boolean

/** Bytes that are set aside for a packet as soon as it is announced; growing step by step would copy it twice. */
const TRUSTED_SIZE = 1024 * 1024

/** Cuts a stream of bytes into packets. Copies only packets that are spread over several chunks. */
export class PacketSplitter {
  readonly #visit: PacketVisitor
  readonly #maxPacketSize: number
  /** What has come of a packet whose end has not; `undefined` between packets. */
  #partial: Buffer | undefined
  #partialLength = 0
  /** Size of the packet in `#partial`; 0 while its length has not come. */
  #partialSize = 0
  /** What was not looked at since the visitor asked to stop. */
  #held: Buffer[] | undefined

  /** @param maxPacketSize bytes of a whole packet. */
  constructor(visit: PacketVisitor, maxPacketSize = LARGEST_REMAINING_LENGTH + 5) {
    this.#visit = visit
    this.#maxPacketSize = maxPacketSize
  }

  /** @throws MalformedPacketError for a Remaining Length of more than 4 bytes, or a packet above the size limit. */
  push(chunk: Buffer): void {
    if (this.#held !== undefined) {
      this.#held.push(chunk)
      return
    }
    const at = this.#partial === undefined ? 0 : this.#complete(chunk)
    if (!this.#holds()) this.#split(chunk, at)
    else if (at < chunk.length) this.#held!.push(chunk.subarray(at))
  }

  /** Goes on after the visitor asked to stop. */
  resume(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const chunk of held) this.push(chunk)
  }

  #holds(): boolean {
    return this.#held !== undefined
  }

  #split(chunk: Buffer, at: number): void {
    const end = chunk.length
    while (at < end) {
      let start = at + 1
      let remaining = 0
      let shift = 0
      let digit = 0x80
      while (start < end && shift < 28) {
        digit = chunk[start++]!
        remaining |= (digit & 0x7f) << shift
        shift += 7
        if (digit < 0x80) break
      }
      if (digit >= 0x80) {
        if (shift >= 28) throw new MalformedPacketError('a Remaining Length of more than 4 bytes')
        this.#keep(chunk, at, 0)
        return
      }
      const packetEnd = start + remaining
      if (packetEnd - at > this.#maxPacketSize) {
        throw new MalformedPacketError(
          `a packet of ${packetEnd - at} bytes, more than the ${this.#maxPacketSize} allowed`,
        )
      }
      if (packetEnd > end) {
        this.#keep(chunk, at, packetEnd - at)
        return
      }
      const more = this.#visit(chunk, at, start, packetEnd)
      at = packetEnd
      if (!more) {
        this.#held = at < end ? [chunk.subarray(at)] : []
        return
      }
    }
  }

  #keep(chunk: Buffer, at: number, size: number): void {
    const length = chunk.length - at
    // Above a megabyte, room follows what really comes, not what the packet announces.
    this.#partial = Buffer.allocUnsafeSlow(size === 0 ? 5 : Math.min(size, Math.max(TRUSTED_SIZE, 2 * length)))
    chunk.copy(this.#partial, 0, at)
    this.#partialLength = length
    this.#partialSize = size
  }

  /** Adds to the partial packet; visits it when it is complete. @returns where the next packet starts in `chunk`. */
  #complete(chunk: Buffer): number {
    if (this.#partialSize === 0) {
      // A header of at most 5 bytes cut in two: look at it again together with what follows.
      const joined = Buffer.concat([this.#partial!.subarray(0, this.#partialLength), chunk])
      this.#partial = undefined
      this.#split(joined, 0)
      return chunk.length
    }
    const taken = Math.min(this.#partialSize - this.#partialLength, chunk.length)
    this.#grow(this.#partialLength + taken)
    chunk.copy(this.#partial!, this.#partialLength, 0, taken)
    this.#partialLength += taken
    if (this.#partialLength < this.#partialSize) return taken
    const packet = this.#partial!.subarray(0, this.#partialSize)
    this.#partial = undefined
    let start = 2
    while (packet[start - 1]! >= 0x80) start++
    if (!this.#visit(packet, 0, start, packet.length)) this.#held = []
    return taken
  }

  #grow(length: number): void {
    if (length <= this.#partial!.length) return
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#partialSize, Math.max(length, 2 * this.#partial!.length)))
    this.#partial!.copy(larger, 0, 0, this.#partialLength)
    this.#partial = larger
  }
}
