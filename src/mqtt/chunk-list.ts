/**
 * Bytes that come in chunks, read as if they were one: what mqtt-packet uses of the package `bl`, which the program's
 * bundle has this instead of. The rest of that package is streams, and takes long at a start.
 */
class ChunkList {
  length = 0
  #chunks: Buffer[] = []

  append(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.length += chunk.length
  }

  /** Forgets the first bytes. */
  consume(count: number): void {
    let left = Math.min(count, this.length)
    this.length -= left
    while (left > 0) {
      const chunk = this.#chunks[0]!
      if (chunk.length > left) this.#chunks[0] = chunk.subarray(left)
      else this.#chunks.shift()
      left -= chunk.length
    }
  }

  /** A view, for which chunks are joined if need be. */
  slice(start: number, end: number): Buffer {
    if (this.#chunks.length > 1 && end > this.#chunks[0]!.length) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]?.subarray(start, end) ?? Buffer.alloc(0)
  }

  toString(encoding: BufferEncoding, start: number, end: number): string {
    return this.slice(start, end).toString(encoding)
  }

  /** @throws RangeError for a number that is not there in full, as the ones below. */
  readUInt8(at: number): number {
    return this.slice(at, at + 1).readUInt8()
  }

  readUInt16BE(at: number): number {
    return this.slice(at, at + 2).readUInt16BE()
  }

  readUInt32BE(at: number): number {
    return this.slice(at, at + 4).readUInt32BE()
  }
}

export function chunkList(): ChunkList {
  return new ChunkList()
}
