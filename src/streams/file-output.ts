import { writevSync } from 'node:fs'
import { Writable } from 'node:stream'

/**
 * Writes to a file, all of it or an error. Node's own stream for standard output ignores that the operating system may
 * take only a part, as it does when the disk fills up or a limit is reached: the rest would be missing without a word
 * (Node 20.20, lib/internal/fs/sync_write_stream.js). It also makes a call for each piece, where this makes one.
 */
export function fileOutput(fd: number): Writable {
  return new Writable({
    autoDestroy: false,
    write: (chunk: Buffer, _encoding, done) => done(failureOf(fd, [chunk])),
    writev: (chunks: readonly { readonly chunk: Buffer }[], done) =>
      done(
        failureOf(
          fd,
          chunks.map(({ chunk }) => chunk),
        ),
      ),
  })
}

function failureOf(fd: number, pieces: readonly Buffer[]): Error | null {
  try {
    let left = pieces
    while (left.length > 0) left = behind(left, writevSync(fd, left))
    return null
  } catch (error) {
    return error as Error
  }
}

/** What remains of the pieces behind their first `count` bytes. */
function behind(pieces: readonly Buffer[], count: number): readonly Buffer[] {
  for (const [at, piece] of pieces.entries()) {
    if (count < piece.length) return [piece.subarray(count), ...pieces.slice(at + 1)]
    count -= piece.length
  }
  return []
}
