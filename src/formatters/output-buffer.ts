import type { Message } from '../mqtt/message.ts'
import { now } from './clock.ts'
import { isPrintableAscii, safeText, safeUtf8 } from './terminal-safe.ts'

/** One block takes the output of several batches; a larger batch gets a block of its own. */
const BLOCK_SIZE = 256 * 1024

/** From here on bytes are handed out where they stand: copying them costs more than another write. */
const LARGE_PIECE = 16 * 1024

/** Up to here a loop is faster than the call into the runtime, which costs some 45 ns (Node 20). */
const SHORT_COPY = 32
const SHORT_TEXT = 24

/** How much is escaped at a time, so that room for the worst case stays small. */
const ESCAPE_PIECE = 8 * 1024

const LF = 0x0a
const SPACE = 0x20
const BACKSLASH = 0x5c
const LETTER_U = 0x75
const ZERO = 0x30
const HEX_DIGITS = Buffer.from('0123456789abcdef')

/** What follows the backslash in JSON, by byte: 0 for a byte that stands as it is, `u` for one without a letter. */
const JSON_ESCAPES = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x80 && JSON.stringify(String.fromCharCode(byte)).length > 3
    ? JSON.stringify(String.fromCharCode(byte)).charCodeAt(2)
    : 0,
)

const EMPTY = Buffer.alloc(0)

/**
 * The bytes of a batch, in the order written. `take` hands them out without a copy: the buffer goes on in the
 * rest of the block, and in a new block once that is used up, so bytes handed out are never written again. Large
 * pieces, such as payloads of a megabyte, are not even copied into it: `take` hands out views of their source.
 */
export class OutputBuffer {
  /** Control characters in what came from the network are made visible. */
  readonly terminal: boolean
  #block: Buffer = EMPTY
  /** Where the bytes not yet taken begin in the block. */
  #start = 0
  /** Where the next byte goes. */
  #at = 0
  /** What stands before the bytes in the block: large pieces, and blocks' parts between them. */
  #pieces: Buffer[] = []
  #timeMs: number | undefined
  #piecesLength = 0

  constructor({ terminal = false }: { readonly terminal?: boolean } = {}) {
    this.terminal = terminal
  }

  /** When the batch was received: asked of the clock once, for all its messages. */
  get timeMs(): number {
    this.#timeMs ??= now()
    return this.#timeMs
  }

  /** How many bytes `take` would return. */
  get length(): number {
    return this.#piecesLength + this.#at - this.#start
  }

  byte(value: number): void {
    if (this.#at === this.#block.length) this.#makeRoom(1)
    this.#block[this.#at++] = value
  }

  /** Writes `value` `count` times; nothing for a count of 0 or less. */
  fill(value: number, count: number): void {
    if (count <= 0) return
    this.#makeRoom(count)
    this.#block.fill(value, this.#at, this.#at + count)
    this.#at += count
  }

  /** Writes an integer in decimal. */
  integer(value: number): void {
    if (value >= 0 && value <= 9) this.byte(ZERO + value)
    else this.text(String(value))
  }

  /** Writes text as UTF-8. */
  text(text: string): void {
    this.#makeRoom(text.length * 3)
    if (text.length > SHORT_TEXT || !this.#shortAscii(text)) this.#at += this.#block.write(text, this.#at)
  }

  /** Writes bytes as they are. They must not change until what `take` returns was used. */
  bytes(source: Buffer, start = 0, end = source.length): void {
    if (end - start >= LARGE_PIECE) {
      this.#cut()
      this.#add(source.subarray(start, end))
      return
    }
    this.#makeRoom(end - start)
    this.#at = copy(source, start, end, this.#block, this.#at)
  }

  /** Writes a payload as it is, or fit for a terminal; a large one in the pieces in which it came. */
  payload(message: Message): void {
    const { payloadStart, payloadEnd } = message
    if (this.terminal || payloadEnd - payloadStart < LARGE_PIECE)
      this.untrusted(message.bytes, payloadStart, payloadEnd, true)
    else for (const piece of message.payloadPieces) this.bytes(piece)
  }

  /** Writes `topic payload`, with a line end if wanted: `bytes` of both in one go, for the most used of all formats. */
  topicAndPayload(message: Message, newline: boolean): void {
    const { topicBytes, topicStart, topicEnd, payloadStart, payloadEnd } = message
    if (payloadEnd - payloadStart >= LARGE_PIECE) {
      this.bytes(topicBytes, topicStart, topicEnd)
      this.byte(SPACE)
      this.payload(message)
      if (newline) this.byte(LF)
      return
    }
    this.#makeRoom(topicEnd - topicStart + payloadEnd - payloadStart + 2)
    const block = this.#block
    let at = copy(topicBytes, topicStart, topicEnd, block, this.#at)
    block[at++] = SPACE
    at = copy(message.bytes, payloadStart, payloadEnd, block, at)
    if (newline) block[at++] = LF
    this.#at = at
  }

  /**
   * Copies bytes that came from the network: as they are, or fit for a terminal. Line feed and tab keep their
   * meaning where the value may have lines (`multiline`).
   */
  untrusted(source: Buffer, start: number, end: number, multiline: boolean): void {
    if (!this.terminal || isPrintableAscii(source, start, end)) this.bytes(source, start, end)
    else this.text(safeUtf8(source, start, end, multiline))
  }

  /** `untrusted` for text. */
  untrustedText(text: string, multiline: boolean): void {
    this.text(this.terminal ? safeText(text, multiline) : text)
  }

  /** Writes UTF-8 as it stands inside a JSON string. */
  jsonText(source: Buffer, start: number, end: number): void {
    for (; start < end; start += ESCAPE_PIECE) this.#jsonPiece(source, start, Math.min(end, start + ESCAPE_PIECE))
  }

  /** What was written since the last call, in pieces. What stands in them stays as it is; the caller may keep them. */
  take(): readonly Buffer[] {
    this.#cut()
    const taken = this.#pieces
    this.#pieces = []
    this.#piecesLength = 0
    this.#timeMs = undefined
    return taken
  }

  /** Undoes what was written since `length` was this, and returns it in a buffer of its own. */
  takeBack(length: number): Buffer {
    if (length >= this.#piecesLength) {
      const start = this.#start + length - this.#piecesLength
      const bytes = Buffer.from(this.#block.subarray(start, this.#at))
      this.#at = start
      return bytes
    }
    const all = Buffer.concat(this.take())
    if (length > 0) this.#add(all.subarray(0, length))
    return all.subarray(length)
  }

  /** Makes the bytes in the block a piece. */
  #cut(): void {
    if (this.#at === this.#start) return
    this.#add(this.#block.subarray(this.#start, this.#at))
    this.#start = this.#at
  }

  #add(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#piecesLength += piece.length
  }

  #shortAscii(text: string): boolean {
    const block = this.#block
    let at = this.#at
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 0x7f) return false
      block[at++] = unit
    }
    this.#at = at
    return true
  }

  #jsonPiece(source: Buffer, start: number, end: number): void {
    this.#makeRoom((end - start) * 6)
    const block = this.#block
    let at = this.#at
    for (; start < end; start++) {
      const byte = source[start]!
      const letter = JSON_ESCAPES[byte]!
      if (letter === 0) {
        block[at++] = byte
        continue
      }
      block[at++] = BACKSLASH
      block[at++] = letter
      if (letter !== LETTER_U) continue
      block[at++] = ZERO
      block[at++] = ZERO
      block[at++] = HEX_DIGITS[byte >> 4]!
      block[at++] = HEX_DIGITS[byte & 0x0f]!
    }
    this.#at = at
  }

  #makeRoom(count: number): void {
    if (this.#at + count <= this.#block.length) return
    const length = this.#at - this.#start
    const needed = length + count
    // Twice what is needed, so that a batch of any size is moved a logarithmic number of times.
    const block = Buffer.allocUnsafeSlow(Math.max(needed * 2, BLOCK_SIZE))
    this.#block.copy(block, 0, this.#start, this.#at)
    this.#block = block
    this.#start = 0
    this.#at = length
  }
}

/** @returns where the copy ends. */
function copy(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  if (end - start > SHORT_COPY) {
    source.copy(target, at, start, end)
    return at + end - start
  }
  while (start < end) target[at++] = source[start++]!
  return at
}
