/**
 * What each message of a measurement carries in the first 16 bytes of its payload, in network byte order: the number
 * of its publisher (3 bytes), its number among that publisher's messages from 0 (4), when it was due in microseconds
 * of the clock that all parts of the run go by (5, so that it begins anew after twelve days), and how much later it was
 * handed to the socket, in microseconds (4), whose highest bit says that the message counts.
 */
export const STAMP_SIZE = 16

/** Publishers that a stamp can tell apart. */
export const MOST_PUBLISHERS = 2 ** 24

export interface Stamp {
  readonly publisher: number
  readonly sequence: number
  /** As `Clock.stamp` says it. */
  readonly due: number
  readonly delayUs: number
  /** It is none of the warm-up: the clocks of two parts need not agree on that. */
  readonly counts: boolean
}

const COUNTS = 2 ** 31

const LONGEST_DELAY_US = COUNTS - 1

/** @param due as `Clock.stamp` says it. */
export function writeStamp(
  out: Buffer,
  at: number,
  publisher: number,
  sequence: number,
  due: number,
  delayUs: number,
  counts: boolean,
): void {
  const delay = Math.min(LONGEST_DELAY_US, Math.max(0, Math.round(delayUs)))
  // What Buffer checks of each number takes longer than all the rest.
  writeUint24(out, at, publisher)
  writeUint32(out, at + 3, sequence)
  out[at + 7] = due / 2 ** 32
  writeUint32(out, at + 8, due)
  writeUint32(out, at + 12, counts ? delay + COUNTS : delay)
}

function writeUint24(out: Buffer, at: number, value: number): void {
  out[at] = value >>> 16
  out[at + 1] = value >>> 8
  out[at + 2] = value
}

/** Of a larger number its low 32 bits. */
function writeUint32(out: Buffer, at: number, value: number): void {
  out[at] = value >>> 24
  writeUint24(out, at + 1, value)
}

/** @returns undefined for a payload that is too short to have one. */
export function readStamp(bytes: Buffer, start: number, end: number): Stamp | undefined {
  if (end - start < STAMP_SIZE) return undefined
  const delay = bytes.readUInt32BE(start + 12)
  const counts = delay >= COUNTS
  return {
    publisher: bytes.readUIntBE(start, 3),
    sequence: bytes.readUInt32BE(start + 3),
    due: bytes.readUIntBE(start + 7, 5),
    delayUs: counts ? delay - COUNTS : delay,
    counts,
  }
}
