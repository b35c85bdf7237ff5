import { MalformedPacketError } from './malformed.ts'
import { LARGEST_REMAINING_LENGTH } from './packets.ts'

/**
 * Takes one complete packet.
 *
 * @param bytes holds it; its first byte is at `packetStart`, its variable header at `start`, its end at `end`.
 * @param rest of a large packet that came in several chunks: `bytes` is only its beginning, these follow, and `end`
 *   counts through all of them.
 * @returns false to be given no more until `resume`.
 */
export type PacketVisitor = (
  bytes: Buffer,
  packetStart: number,
  start: number,
  end: number,
  rest: readonly Buffer[],
) => boolean

/** A larger packet is left in the pieces in which it came; copying it together costs more than all the rest. */
const BLOCK_SIZE = 64 * 1024

/** Smaller chunks are copied together, also for a large packet, so that memory follows what has come. */
const PIECE_SIZE = 8 * 1024

const NOTHING: readonly Buffer[] = []

/** Cuts a stream of bytes into packets. Copies only small packets that are spread over several chunks. */
export class PacketSplitter {
  readonly #visit: PacketVisitor
  readonly #maxPacketSize: number
  /** What has come of a packet whose end has not, but for what is in `#block`; `undefined` between packets. */
  #pieces: Buffer[] | undefined
  /** Where small chunks are copied together, and how much of it is used. */
  #block: Buffer | undefined
  #blockLength = 0
  /** Bytes of the partial packet that have come. */
  #length = 0
  /** Size of the partial packet; 0 while its length has not come. */
  #size = 0
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
    const at = this.#pieces === undefined ? 0 : this.#complete(chunk)
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
      const more = this.#visit(chunk, at, start, packetEnd, NOTHING)
      at = packetEnd
      if (!more) {
        this.#held = at < end ? [chunk.subarray(at)] : []
        return
      }
    }
  }

  #keep(chunk: Buffer, at: number, size: number): void {
    this.#pieces = []
    this.#length = 0
    this.#size = size
    this.#append(chunk.subarray(at))
  }

  /** Adds to the partial packet; visits it when it is complete. @returns where the next packet starts in `chunk`. */
  #complete(chunk: Buffer): number {
    if (this.#size === 0) {
      // A header of at most 5 bytes cut in two: look at it again together with what follows.
      this.#closeBlock()
      const joined = Buffer.concat([...this.#pieces!, chunk])
      this.#pieces = undefined
      this.#split(joined, 0)
      return chunk.length
    }
    const taken = Math.min(this.#size - this.#length, chunk.length)
    this.#append(chunk.subarray(0, taken))
    if (this.#length < this.#size) return taken
    this.#closeBlock()
    const [first, ...rest] = this.#pieces!
    this.#pieces = undefined
    let start = 2
    while (first![start - 1]! >= 0x80) start++
    if (!this.#visit(first!, 0, start, this.#size, rest)) this.#held = []
    return taken
  }

  #append(bytes: Buffer): void {
    if (this.#size > BLOCK_SIZE && bytes.length >= PIECE_SIZE) {
      this.#closeBlock()
      this.#pieces!.push(bytes)
      this.#length += bytes.length
      return
    }
    for (let at = 0; at < bytes.length; ) {
      this.#block ??= Buffer.allocUnsafeSlow(Math.min(BLOCK_SIZE, (this.#size || 5) - this.#length))
      const copied = bytes.copy(this.#block, this.#blockLength, at)
      at += copied
      this.#blockLength += copied
      this.#length += copied
      if (this.#blockLength === this.#block.length) this.#closeBlock()
    }
  }

  /** What is in the block becomes a piece. */
  #closeBlock(): void {
    if (this.#block === undefined) return
    this.#pieces!.push(this.#block.subarray(0, this.#blockLength))
    this.#block = undefined
    this.#blockLength = 0
  }
}
