import { LineFault } from './line-fault.ts'

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const EQUALS = 0x3d
const BACKSLASH = 0x5c

/** What a letter behind a backslash stands for. */
const UNESCAPED = Uint8Array.from({ length: 256 }, (_, byte) => {
  const at = 'bfnrt'.indexOf(String.fromCharCode(byte))
  return at < 0 ? byte : '\b\f\n\r\t'.charCodeAt(at)
})

/** Characters of base64 decoded at a time: whole groups of four. */
const BASE64_PIECE = 65_536

/** The text of a JSON string, whose bounds are those inside its quotes. @throws LineFault for half a surrogate pair. */
export function textAt(bytes: Buffer, start: number, end: number): string {
  const text = bytes.subarray(start, end)
  if (!text.includes(BACKSLASH)) return text.toString()
  const copy = Buffer.from(text)
  return copy.toString('utf8', 0, unescapeText(copy, 0, copy.length))
}

/**
 * Turns a JSON string into what it stands for, in place.
 *
 * @param start inside the quotes, as is `end`. @returns where the text ends now.
 * @throws LineFault for half a surrogate pair, which UTF-8 does not have.
 */
export function unescapeText(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] !== BACKSLASH) at++
  let out = at
  while (at < end) {
    const byte = bytes[at]!
    if (byte !== BACKSLASH) {
      bytes[out++] = byte
      at++
    } else if (bytes[at + 1] === 0x75) {
      const code = codePointAt(bytes, at)
      at += code > 0xffff ? 12 : 6
      out = writeUtf8(bytes, out, code)
    } else {
      bytes[out++] = UNESCAPED[bytes[at + 1]!]!
      at += 2
    }
  }
  return out
}

/** What `\uXXXX`, or a pair of them, stands for. */
function codePointAt(bytes: Buffer, at: number): number {
  const unit = Number.parseInt(bytes.toString('latin1', at + 2, at + 6), 16)
  if (unit < 0xd800 || unit > 0xdfff) return unit
  const next = bytes.toString('latin1', at + 6, at + 12)
  const low = /^\\u[dD][c-fC-F]..$/.test(next) ? Number.parseInt(next.slice(2), 16) : 0
  if (unit > 0xdbff || low === 0) {
    throw new LineFault(
      `half a surrogate pair (${bytes.toString('latin1', at, at + 6)}), which stands for no character`,
    )
  }
  return 0x1_0000 + ((unit & 0x3ff) << 10) + (low & 0x3ff)
}

function writeUtf8(bytes: Buffer, at: number, code: number): number {
  if (code < 0x80) {
    bytes[at++] = code
    return at
  }
  if (code < 0x800) bytes[at++] = 0xc0 | (code >> 6)
  else {
    if (code < 0x1_0000) bytes[at++] = 0xe0 | (code >> 12)
    else {
      bytes[at++] = 0xf0 | (code >> 18)
      bytes[at++] = 0x80 | ((code >> 12) & 0x3f)
    }
    bytes[at++] = 0x80 | ((code >> 6) & 0x3f)
  }
  bytes[at++] = 0x80 | (code & 0x3f)
  return at
}

/** Takes the blanks out of a JSON text, in place; all else stays as it stands. @returns where it ends now. */
export function compact(bytes: Buffer, start: number, end: number): number {
  let out = start
  let inString = false
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (inString) {
      if (byte === BACKSLASH) bytes[out++] = bytes[at++]!
      else if (byte === QUOTE) inString = false
    } else {
      if (byte === SPACE || byte === TAB || byte === LF || byte === CR) continue
      if (byte === QUOTE) inString = true
    }
    bytes[out++] = bytes[at]!
  }
  return out
}

/** Decodes base64 in place. @returns where the bytes end now; -1 for what is not base64, or lacks its padding. */
export function decodeBase64(bytes: Buffer, start: number, end: number): number {
  let out = start
  for (let at = start; at < end; at += BASE64_PIECE) {
    const stop = Math.min(end, at + BASE64_PIECE)
    const padding = stop < end || bytes[end - 1] !== EQUALS ? 0 : bytes[end - 2] !== EQUALS ? 1 : 2
    const written = bytes.write(bytes.toString('latin1', at, stop), out, 'base64')
    // Node leaves out what does not belong there.
    if (written !== ((stop - at) / 4) * 3 - padding) return -1
    out += written
  }
  return out
}
