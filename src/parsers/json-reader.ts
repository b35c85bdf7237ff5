import { isUtf8 } from 'node:buffer'
import { LineFault, quoted } from './line-fault.ts'

const QUOTE = 0x22
const PLUS = 0x2b
const COMMA = 0x2c
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const ARRAY = 0x5b
const BACKSLASH = 0x5c
const END_OF_ARRAY = 0x5d
const OBJECT = 0x7b
const END_OF_OBJECT = 0x7d

const LITERALS = ['true', 'false', 'null'].map((text) => Buffer.from(text))

/** What may follow a backslash, by byte: 1, or 2 for `u` and its four digits. */
const ESCAPES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  return character === 'u' ? 2 : '"\\/bfnrt'.includes(character) ? 1 : 0
})

/** Nothing deeper is read. cJSON, and mosquitto with it, has the same limit. */
const MAX_DEPTH = 1000

/**
 * Finds the parts of a JSON text [RFC 8259] in its bytes, and builds nothing of it: a text made to fill the memory or
 * the stack can't. Offsets are those of the buffer.
 *
 * @throws LineFault for what is not JSON, with the column.
 */
export class JsonReader {
  readonly #bytes: Buffer
  readonly #start: number
  readonly #end: number
  #at: number
  #depth = 0
  #isAscii = true

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#start = start
    this.#end = end
    this.#at = start
  }

  /** Nothing but blanks. */
  isBlank(): boolean {
    return this.#peek() < 0
  }

  /**
   * Reads a text that is one object.
   *
   * @param found told of each member: where its key stands, without the quotes, and where its value.
   */
  object(found: (keyStart: number, keyEnd: number, start: number, end: number) => void): void {
    this.#whole(OBJECT, 'object', () => this.#members(found))
  }

  /** Reads a text that is one array. @param found told where each item stands. */
  array(found: (start: number, end: number) => void): void {
    this.#whole(ARRAY, 'array', () => this.#items(found))
  }

  #whole(begin: number, what: string, read: () => void): void {
    const isWanted = this.#peek() === begin
    if (isWanted) read()
    else this.#skip()
    if (this.#peek() >= 0) this.#fail()
    if (!this.#isAscii) this.#checkUtf8()
    if (!isWanted) throw new LineFault(`not a JSON ${what}`)
  }

  #members(found: (keyStart: number, keyEnd: number, start: number, end: number) => void): void {
    this.#enter()
    if (!this.#take(END_OF_OBJECT)) {
      do {
        if (this.#peek() !== QUOTE) this.#fail()
        const key = this.#at + 1
        this.#skipString()
        const keyEnd = this.#at - 1
        if (!this.#take(COLON)) this.#fail()
        this.#peek()
        const start = this.#at
        this.#skip()
        found(key, keyEnd, start, this.#at)
      } while (this.#take(COMMA))
      if (!this.#take(END_OF_OBJECT)) this.#fail()
    }
    this.#depth--
  }

  #items(found: (start: number, end: number) => void): void {
    this.#enter()
    if (!this.#take(END_OF_ARRAY)) {
      do {
        this.#peek()
        const start = this.#at
        this.#skip()
        found(start, this.#at)
      } while (this.#take(COMMA))
      if (!this.#take(END_OF_ARRAY)) this.#fail()
    }
    this.#depth--
  }

  #enter(): void {
    this.#at++
    if (++this.#depth > MAX_DEPTH) throw new LineFault(`JSON nested more than ${MAX_DEPTH} deep`)
  }

  /** Skips any value. */
  #skip(): void {
    const byte = this.#peek()
    if (byte === QUOTE) this.#skipString()
    else if (byte === OBJECT) this.#members(ignore)
    else if (byte === ARRAY) this.#items(ignore)
    else if (byte === MINUS || (byte >= ZERO && byte <= NINE)) this.#skipNumber()
    else this.#skipLiteral()
  }

  #skipString(): void {
    const bytes = this.#bytes
    const end = this.#end
    let at = this.#at + 1
    for (; at < end; at++) {
      const byte = bytes[at]!
      if (byte === QUOTE) {
        this.#at = at + 1
        return
      }
      if (byte === BACKSLASH) at = this.#endOfEscape(at)
      else if (byte >= 0x80) this.#isAscii = false
      else if (byte < 0x20) break
    }
    this.#at = Math.min(at, end)
    this.#fail()
  }

  /** Where the last byte of an escape stands. */
  #endOfEscape(backslash: number): number {
    let at = backslash + 1
    const digits = ESCAPES[this.#byteAt(at)] === 2 ? 4 : 0
    if (digits === 0 && ESCAPES[this.#byteAt(at)] !== 1) this.#failAt(at)
    for (const last = at + digits; at < last; ) if (!isHexDigit(this.#byteAt(++at))) this.#failAt(at)
    return at
  }

  #skipNumber(): void {
    if (this.#byteAt(this.#at) === MINUS) this.#at++
    if (this.#byteAt(this.#at) === ZERO) this.#at++
    else this.#skipDigits()
    if (this.#byteAt(this.#at) === POINT) {
      this.#at++
      this.#skipDigits()
    }
    // `e` or `E`.
    if ((this.#byteAt(this.#at) | 0x20) === 0x65) {
      this.#at++
      const sign = this.#byteAt(this.#at)
      if (sign === PLUS || sign === MINUS) this.#at++
      this.#skipDigits()
    }
  }

  #skipDigits(): void {
    const first = this.#at
    for (let byte = this.#byteAt(first); byte >= ZERO && byte <= NINE; ) byte = this.#byteAt(++this.#at)
    if (this.#at === first) this.#fail()
  }

  #skipLiteral(): void {
    const literal = LITERALS.find((each) => each[0] === this.#byteAt(this.#at))
    if (literal === undefined) this.#fail()
    for (const byte of literal!) {
      if (this.#byteAt(this.#at) !== byte) this.#fail()
      this.#at++
    }
  }

  /** -1 for the end. */
  #byteAt(at: number): number {
    return at < this.#end ? this.#bytes[at]! : -1
  }

  /** Skips blanks. @returns the byte behind them, -1 for the end. */
  #peek(): number {
    let byte = this.#byteAt(this.#at)
    while (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) byte = this.#byteAt(++this.#at)
    return byte
  }

  #take(byte: number): boolean {
    if (this.#peek() !== byte) return false
    this.#at++
    return true
  }

  #failAt(at: number): never {
    this.#at = at
    this.#fail()
  }

  #fail(): never {
    this.#checkUtf8()
    const at = this.#at
    if (at >= this.#end) throw new LineFault('incomplete: a message has to stand on one line (jq -c)')
    const [character] = this.#bytes.toString('utf8', at, Math.min(at + 4, this.#end))
    throw new LineFault(`not JSON: unexpected ${quoted(character!)} at column ${this.#column(at)}`)
  }

  #checkUtf8(): void {
    if (!isUtf8(this.#bytes.subarray(this.#start, this.#end))) throw new LineFault('not UTF-8')
  }

  /** In characters, from 1. */
  #column(at: number): number {
    let column = 1
    for (let i = this.#start; i < at; i++) if ((this.#bytes[i]! & 0xc0) !== 0x80) column++
    return column
  }
}

function ignore(): void {}

function isHexDigit(byte: number): boolean {
  return (byte >= ZERO && byte <= NINE) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}
