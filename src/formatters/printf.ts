import type { OutputBuffer } from './output-buffer.ts'

/** How wide a value is printed, as C's printf has it. */
export interface Layout {
  readonly left: boolean
  readonly zero: boolean
  /** Minimum, in bytes; 0 for none. */
  readonly width: number
  /** -1 for none. */
  readonly precision: number
}

export const ZERO = 0x30
export const SPACE = 0x20

/** `%d` */
export function printInteger(out: OutputBuffer, value: number, layout: Layout): void {
  if (layout.width === 0) out.integer(value)
  else printNumber(out, String(value), layout, layout.zero)
}

/** A number as text; zeros go between its sign and its digits. */
export function printNumber(out: OutputBuffer, text: string, { left, width }: Layout, zero: boolean): void {
  const missing = width - text.length
  if (left) {
    out.text(text)
    out.fill(SPACE, missing)
  } else if (zero && text.startsWith('-')) {
    out.text('-')
    out.fill(ZERO, missing)
    out.text(text.slice(1))
  } else {
    out.fill(zero ? ZERO : SPACE, missing)
    out.text(text)
  }
}

/** `%s`: precision is the most bytes printed, which may end inside a character; never padded with zeros. */
export function printBytes(out: OutputBuffer, source: Buffer, start: number, end: number, layout: Layout): void {
  const { left, width, precision } = layout
  if (precision >= 0 && end - start > precision) end = start + precision
  const missing = width - (end - start)
  if (!left) out.fill(SPACE, missing)
  out.untrusted(source, start, end, false)
  if (left) out.fill(SPACE, missing)
}

/** A value the message does not have. */
export function printBlank(out: OutputBuffer, { zero, width }: Layout): void {
  out.fill(zero ? ZERO : SPACE, width)
}
