import { LocalError } from '../errors.ts'

/** Slices of one buffer: start and end of each, one after the other. */
export interface Slices {
  readonly bytes: Buffer
  readonly bounds: number[]
}

/**
 * Cuts bytes into lines at LF and nowhere else; the LF is dropped, every other byte stays. A last line without LF
 * counts, an empty line is an empty slice. One batch per chunk, plus one for a line that spans chunks.
 *
 * @param maxLength bytes of the longest line to accept. @throws LocalError for a longer one, with its number.
 */
export async function* lines(source: AsyncIterable<Buffer>, maxLength: number): AsyncGenerator<Slices> {
  let pending: Buffer[] = []
  let pendingLength = 0
  let count = 0
  const check = (length: number) => {
    if (length > maxLength) throw new LocalError(`line ${count + 1} is longer than the ${maxLength} bytes of a payload`)
  }
  for await (const chunk of source) {
    let start = 0
    if (pending.length > 0) {
      const end = chunk.indexOf(0x0a)
      pending.push(end < 0 ? chunk : chunk.subarray(0, end))
      pendingLength += end < 0 ? chunk.length : end
      check(pendingLength)
      if (end < 0) continue
      yield { bytes: Buffer.concat(pending), bounds: [0, pendingLength] }
      count++
      pending = []
      start = end + 1
    }
    const bounds: number[] = []
    for (let end = chunk.indexOf(0x0a, start); end >= 0; end = chunk.indexOf(0x0a, start)) {
      check(end - start)
      bounds.push(start, end)
      start = end + 1
      count++
    }
    if (start < chunk.length) {
      pending = [chunk.subarray(start)]
      pendingLength = chunk.length - start
      check(pendingLength)
    }
    if (bounds.length > 0) yield { bytes: chunk, bounds }
  }
  if (pending.length > 0) yield { bytes: Buffer.concat(pending), bounds: [0, pendingLength] }
}
