/** Slices of one buffer: start and end of each, one after the other. */
export interface Slices {
  readonly bytes: Buffer
  readonly bounds: number[]
}

/** Lines that follow one another. */
export interface Lines extends Slices {
  /** The number of the first one, counted from 1. */
  readonly first: number
  /** Stands for a single line that is too long, without its bytes. */
  readonly tooLong: boolean
}

const LF = 0x0a
const NOTHING = Buffer.alloc(0)

/**
 * Cuts bytes into lines at LF and nowhere else; the LF is dropped, every other byte stays. A last line without LF
 * counts, an empty line is an empty slice. One batch per chunk, plus one for a line that spans chunks.
 *
 * @param maxLength bytes of the longest line to keep. Of a longer one comes the news as soon as it is clear, behind
 *   the lines before it; reading on skips the rest of it.
 */
export async function* lines(source: AsyncIterable<Buffer>, maxLength: number): AsyncGenerator<Lines> {
  /** The line whose end has not come yet: its pieces, unless it is too long, and its length so far. */
  let pending: Buffer[] | undefined
  let length = 0
  let number = 1
  for await (const chunk of source) {
    let start = 0
    if (length > 0) {
      const end = chunk.indexOf(LF)
      const piece = end < 0 ? chunk : chunk.subarray(0, end)
      length += piece.length
      pending?.push(piece)
      if (pending !== undefined && length > maxLength) {
        pending = undefined
        yield tooLong(number)
      }
      if (end < 0) continue
      if (pending !== undefined) yield whole(pending, number)
      number++
      start = end + 1
    }
    let bounds: number[] = []
    let first = number
    for (let end = chunk.indexOf(LF, start); end >= 0; end = chunk.indexOf(LF, start)) {
      if (end - start > maxLength) {
        if (bounds.length > 0) yield { bytes: chunk, bounds, first, tooLong: false }
        yield tooLong(number)
        bounds = []
        first = number + 1
      } else {
        bounds.push(start, end)
      }
      number++
      start = end + 1
    }
    if (bounds.length > 0) yield { bytes: chunk, bounds, first, tooLong: false }
    length = chunk.length - start
    pending = length > maxLength ? undefined : [chunk.subarray(start)]
    if (length > maxLength) yield tooLong(number)
  }
  if (length > 0 && pending !== undefined) yield whole(pending, number)
}

function whole(pieces: readonly Buffer[], number: number): Lines {
  const bytes = Buffer.concat(pieces)
  return { bytes, bounds: [0, bytes.length], first: number, tooLong: false }
}

function tooLong(number: number): Lines {
  return { bytes: NOTHING, bounds: [], first: number, tooLong: true }
}
