import { isUtf8 } from 'node:buffer'
import { MalformedPacketError } from './malformed.ts'

/** Reads the data representations of [MQTT 5, 1.5] and never past `end`. */
export class Reader {
  readonly #bytes: Buffer
  readonly #end: number
  at: number

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.at = start
    this.#end = end
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  variableByteInteger(): number {
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const digit = this.byte()
      value |= (digit & 0x7f) << shift
      if ((digit & 0x80) === 0) return value
    }
    throw new MalformedPacketError('variable byte integer of more than 4 bytes')
  }

  /** A copy, so that it outlives the chunk. */
  binary(): Buffer {
    const length = this.uint16()
    const start = this.#take(length)
    return Buffer.from(this.#bytes.subarray(start, start + length))
  }

  /** UTF-8 [MQTT-1.5.4-1] without NUL [MQTT-1.5.4-2]. */
  text(): string {
    const length = this.uint16()
    const start = this.#take(length)
    const bytes = this.#bytes.subarray(start, start + length)
    if (!isUtf8(bytes)) throw new MalformedPacketError('a text that is not UTF-8')
    if (bytes.includes(0)) throw new MalformedPacketError('a text with NUL in it')
    return bytes.toString()
  }

  pair(): readonly [name: string, value: string] {
    return [this.text(), this.text()]
  }

  #take(length: number): number {
    const start = this.at
    if (start + length > this.#end) throw new MalformedPacketError('a property runs past the end of its packet')
    this.at = start + length
    return start
  }
}
