import { formatGeneral } from './float.ts'
import { writeJsonString } from './json-text.ts'
import type { OutputBuffer } from './output-buffer.ts'

const FAILED = -1

/** How many arrays and objects may stand inside each other. */
const LARGEST_DEPTH = 1000

/** So many digits always fit into a double, and come out of `%.15g` as they went in. */
const EXACT_DIGITS = 15

const BYTE_ORDER_MARK = Buffer.from('\ufeff')

/** By their first letter. */
const LITERALS = new Map(['null', 'true', 'false'].map((word) => [word.charCodeAt(0), Buffer.from(word)]))

const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const ARRAY = 0x5b
const OBJECT = 0x7b
const END_OF_OBJECT = 0x7d
/** From a bracket or brace to the one that closes it. */
const CLOSING = 2

/** What a letter behind a backslash stands for. */
const ESCAPES = new Map([...'bfnrt"\\/'].map((letter, at) => [letter.charCodeAt(0), '\b\f\n\r\t"\\/'.charCodeAt(at)]))

/** By byte; -1 for what is no hexadecimal digit. */
const HEX_VALUES = Int8Array.from({ length: 256 }, (_, byte) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase()),
)

/**
 * Writes JSON text the way cJSON 1.7.15 reads and prints it: without blanks, numbers in at most 17 digits, escapes resolved, a
 * string cut at `\u0000`, keys in their order with their repeats. Like cJSON it takes a byte order mark, any
 * controls but NUL as blanks and inside strings, `01`, `1.`, `-.5`, and `\uZZZZ` for `\u0000`.
 *
 * Bytes that are not UTF-8 become U+FFFD. Takes time and memory in proportion to the text.
 *
 * @returns false for what cJSON does not take, deeper nesting than 1000 included; then part of it may be written.
 */
export function reprintJson(out: OutputBuffer, source: Buffer): boolean {
  const closers: number[] = []
  const marked = source.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
  let at = skipBlanks(source, marked ? BYTE_ORDER_MARK.length : 0)
  while (at !== FAILED) {
    const first = source[at]
    if (first === ARRAY || first === OBJECT) {
      if (closers.length === LARGEST_DEPTH) return false
      out.byte(first)
      closers.push(first + CLOSING)
      at = skipBlanks(source, at + 1)
      if (source[at] !== first + CLOSING) {
        if (first === OBJECT) at = key(out, source, at)
        continue
      }
    } else {
      at = scalar(out, source, at)
      if (at === FAILED) return false
      at = skipBlanks(source, at)
    }
    while (closers.length > 0 && source[at] === closers.at(-1)) {
      out.byte(closers.pop()!)
      at = skipBlanks(source, at + 1)
    }
    if (closers.length === 0) return at === source.length
    if (source[at] !== COMMA) return false
    out.byte(COMMA)
    at = skipBlanks(source, at + 1)
    if (closers.at(-1) === END_OF_OBJECT) at = key(out, source, at)
  }
  return false
}

/** These, like all that follow, return the position behind what they have written, or FAILED. */
function key(out: OutputBuffer, source: Buffer, start: number): number {
  if (source[start] !== QUOTE) return FAILED
  const end = text(out, source, start)
  if (end === FAILED) return FAILED
  const colon = skipBlanks(source, end)
  if (source[colon] !== COLON) return FAILED
  out.byte(COLON)
  return skipBlanks(source, colon + 1)
}

function scalar(out: OutputBuffer, source: Buffer, start: number): number {
  const first = source[start]
  if (first === QUOTE) return text(out, source, start)
  if (first === 0x2d || isDigit(first)) return number(out, source, start)
  const literal = LITERALS.get(first!)
  if (!literal?.equals(source.subarray(start, start + literal.length))) return FAILED
  out.bytes(literal)
  return start + literal.length
}

function text(out: OutputBuffer, source: Buffer, start: number): number {
  let escaped = false
  let end = start + 1
  for (; source[end] !== QUOTE; end++) {
    if (source[end] === BACKSLASH) {
      escaped = true
      end++
    }
    if (!source[end]) return FAILED
  }
  if (escaped) {
    const bytes = decode(source, start + 1, end)
    if (bytes === undefined) return FAILED
    const nul = bytes.indexOf(0)
    writeJsonString(out, bytes, 0, nul === -1 ? bytes.length : nul)
  } else {
    writeJsonString(out, source, start + 1, end)
  }
  return end + 1
}

function decode(source: Buffer, start: number, end: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(end - start)
  let length = 0
  for (let at = start; at < end; ) {
    const byte = source[at]!
    if (byte !== BACKSLASH) {
      bytes[length++] = byte
      at++
      continue
    }
    const letter = source[at + 1]!
    if (letter !== 0x75) {
      const meant = ESCAPES.get(letter)
      if (meant === undefined) return undefined
      bytes[length++] = meant
      at += 2
      continue
    }
    const character = escapedCharacter(source, at, end)
    if (character === undefined) return undefined
    length += bytes.write(character, length)
    at += 6 * character.length
  }
  return bytes.subarray(0, length)
}

/** Of `\uXXXX`, or of two that are a surrogate pair; undefined for half a pair. */
function escapedCharacter(source: Buffer, at: number, end: number): string | undefined {
  if (at + 6 > end) return undefined
  const unit = hexadecimal(source, at + 2)
  if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit)
  if (unit >= 0xdc00 || at + 12 > end || source[at + 6] !== BACKSLASH || source[at + 7] !== 0x75) return undefined
  const second = hexadecimal(source, at + 8)
  return second >= 0xdc00 && second <= 0xdfff ? String.fromCharCode(unit, second) : undefined
}

/** Four digits; 0 where they are none. */
function hexadecimal(source: Buffer, start: number): number {
  let value = 0
  for (let at = start; at < start + 4; at++) {
    const digit = HEX_VALUES[source[at]!]!
    if (digit === -1) return 0
    value = value * 16 + digit
  }
  return value
}

function number(out: OutputBuffer, source: Buffer, start: number): number {
  const first = source[start] === 0x2d ? start + 1 : start
  const point = skipDigits(source, first)
  const behind = source[point] === 0x2e ? skipDigits(source, point + 1) : point
  const digits = behind - first - (behind > point ? 1 : 0)
  if (digits === 0) return FAILED
  let end = behind
  if (source[end] === 0x65 || source[end] === 0x45) {
    const sign = source[end + 1]
    const power = sign === 0x2b || sign === 0x2d ? end + 2 : end + 1
    end = skipDigits(source, power)
    if (end === power) return FAILED
  }
  const length = end - first
  const asItIs = end === point && length <= EXACT_DIGITS && (source[first] !== 0x30 || length === 1)
  if (asItIs) out.bytes(source, start, end)
  else out.text(printed(Number(source.toString('latin1', start, end))))
  return end
}

function printed(value: number): string {
  if (!Number.isFinite(value)) return 'null'
  const magnitude = Math.abs(value)
  if (magnitude >= 1e-4 && magnitude < 1e15) {
    const shortest = String(value)
    // Of so few digits, `%.15g` is the shortest that is the number.
    if (shortest.length <= EXACT_DIGITS) return shortest
  }
  const short = formatGeneral(value, EXACT_DIGITS)
  const read = Number(short)
  const equal = Math.abs(read - value) <= Math.max(Math.abs(read), magnitude) * Number.EPSILON
  return equal ? short : formatGeneral(value, 17)
}

function skipDigits(source: Buffer, at: number): number {
  while (isDigit(source[at])) at++
  return at
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

function skipBlanks(source: Buffer, at: number): number {
  for (; at < source.length; at++) {
    const byte = source[at]!
    if (byte > SPACE || byte === 0) break
  }
  return at
}
