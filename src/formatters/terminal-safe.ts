import { isUtf8 } from 'node:buffer'

/**
 * Control characters made visible, so that a message can't move the cursor, change colours or titles, or
 * reorder what is read: C0, DEL, C1 (CSI is one of them) and the bidirectional controls.
 *
 * A backslash stays as it is: `\n` on the screen may also be the two characters. Output for programs is not
 * changed at all, so nothing has to be read back from this notation.
 */
const CONTROLS = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
const CONTROLS_EXCEPT_LF_TAB = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

const NAMES = new Map([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0b, '\\v'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x1b, '\\e'],
])

/** Makes the control characters of a text visible, for one line, or with `multiline` except LF and TAB. */
export function safeText(text: string, multiline = false): string {
  return text.replace(multiline ? CONTROLS_EXCEPT_LF_TAB : CONTROLS, visible)
}

/** `safeText` for bytes that may not be UTF-8: the bytes that aren't are written as `\xNN`. */
export function safeUtf8(source: Buffer, start: number, end: number, multiline: boolean): string {
  if (isUtf8(source.subarray(start, end))) return safeText(source.toString('utf8', start, end), multiline)
  let text = ''
  let valid = start
  for (let at = start; at < end; ) {
    const length = sequenceLength(source, at, end)
    if (length === 0) {
      text += safeText(source.toString('utf8', valid, at), multiline) + hex(source[at]!)
      valid = at + 1
    }
    at += length || 1
  }
  return text + safeText(source.toString('utf8', valid, end), multiline)
}

/** True when no byte needs a second look: everything is between space and tilde. */
export function isPrintableAscii(source: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = source[i]!
    if (byte < 0x20 || byte > 0x7e) return false
  }
  return true
}

/** Length of the well-formed UTF-8 sequence at `at` (Unicode, table 3-7); 0 for none. */
function sequenceLength(source: Buffer, at: number, end: number): 0 | 1 | 2 | 3 | 4 {
  const lead = source[at]!
  if (lead < 0x80) return 1
  const length = lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  if (length === 0 || at + length > end) return 0
  const second = source[at + 1]!
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return 0
  for (let i = at + 2; i < at + length; i++) if ((source[i]! & 0xc0) !== 0x80) return 0
  return length
}

function visible(character: string): string {
  const code = character.charCodeAt(0)
  return NAMES.get(code) ?? (code < 0x80 ? hex(code) : `\\u{${code.toString(16)}}`)
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`
}
