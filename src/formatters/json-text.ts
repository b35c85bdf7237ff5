import { isUtf8 } from 'node:buffer'
import type { OutputBuffer } from './output-buffer.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** What JSON leaves as it is and a terminal may act on. */
const TERMINAL_CONTROLS = /[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Writes UTF-8 as a JSON string; bytes that are not UTF-8 become U+FFFD. */
export function writeJsonString(out: OutputBuffer, source: Buffer, start: number, end: number): void {
  if (!tryWriteJsonString(out, source, start, end)) writeJson(out, source.toString('utf8', start, end))
}

/** Writes UTF-8 as a JSON string; writes nothing and returns false where the bytes are not UTF-8. */
export function tryWriteJsonString(out: OutputBuffer, source: Buffer, start: number, end: number): boolean {
  let plain = true
  let ascii = true
  for (let i = start; i < end; i++) {
    const byte = source[i]!
    if (byte >= 0x7f) ascii = false
    else if (byte < 0x20 || byte === QUOTE || byte === BACKSLASH) plain = false
  }
  if (!ascii) {
    if (!isUtf8(source.subarray(start, end))) return false
    if (out.terminal) {
      writeJson(out, source.toString('utf8', start, end))
      return true
    }
  }
  out.byte(QUOTE)
  if (plain) out.bytes(source, start, end)
  else out.jsonText(source, start, end)
  out.byte(QUOTE)
  return true
}

/** Writes any value as JSON; on a terminal, controls that JSON lets stand are escaped too. */
export function writeJson(out: OutputBuffer, value: unknown): void {
  const json = JSON.stringify(value)
  out.text(out.terminal ? safeJson(json) : json)
}

/** The same JSON, with escapes for what a terminal may act on. */
export function safeJson(json: string): string {
  return json.replace(TERMINAL_CONTROLS, escapeUnit)
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
