import { nearest } from '../options/nearest.ts'

/** What is wrong with a line of standard input, without its number. */
export class LineFault extends Error {
  override readonly name = 'LineFault'
}

const LONGEST_SHOWN = 60

/** A piece of a line in a message: quoted, on one line, and not too long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text)
}

/** The same of bytes as they stand, not quoted. */
export function shown(bytes: Buffer, start: number, end: number): string {
  return end - start > LONGEST_SHOWN
    ? `${bytes.toString('utf8', start, start + LONGEST_SHOWN)}…`
    : bytes.toString('utf8', start, end)
}

/** The fault of a line that has a key which is none of those known. */
export function unknownKey(key: string, known: readonly string[]): LineFault {
  const meant = key.length > LONGEST_SHOWN ? undefined : nearest(key, known)
  return new LineFault(`unknown key ${quoted(key)}${meant === undefined ? '' : `; did you mean "${meant}"?`}`)
}
