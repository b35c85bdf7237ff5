import type { Writable } from 'node:stream'
import { LocalError } from '../errors.ts'

/** The reader has gone: `sub | head -1` has read its line. */
export class BrokenPipeError extends Error {
  override readonly name = 'BrokenPipeError'
}

/**
 * Writes to a standard stream and waits until the operating system has taken it, so that what is acknowledged
 * afterwards is really out.
 *
 * @throws BrokenPipeError when nobody reads any more; LocalError for other failures, such as a full disk.
 */
export class Sink {
  readonly #stream: Writable
  #failure: Error | undefined
  /** Called at the first failure, also one that comes while nothing is being written. */
  onFailure: (error: Error) => void = () => {}

  constructor(stream: Writable) {
    this.#stream = stream
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#failure !== undefined) return
      this.#failure = describe(error)
      this.onFailure(this.#failure)
    })
  }

  /** @param pieces to write one after the other, none of them empty. */
  async write(pieces: readonly Uint8Array[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const last = pieces.at(-1)
    if (last === undefined) return
    await new Promise<void>((resolve, reject) => {
      if (pieces.length > 1) this.#stream.cork()
      for (const piece of pieces.slice(0, -1)) this.#stream.write(piece)
      this.#stream.write(last, (error) => (error ? reject(describe(error)) : resolve()))
      if (pieces.length > 1) this.#stream.uncork()
    })
  }
}

/** Writes a text to standard output. A reader that has gone is no failure. @throws LocalError */
export async function writeOutput(stream: Writable, text: string): Promise<void> {
  try {
    if (text !== '') await new Sink(stream).write([Buffer.from(text)])
  } catch (error) {
    if (!(error instanceof BrokenPipeError)) throw error
  }
}

/** Writes a text once, to a stream that may be closed: nobody is left to be told. */
export async function writeAll(stream: Writable, text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.once('error', () => resolve())
    stream.write(text, () => resolve())
  })
}

function describe(error: NodeJS.ErrnoException): Error {
  if (error.code === 'EPIPE' || error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_DESTROYED') {
    return new BrokenPipeError('the reader of standard output has gone', { cause: error })
  }
  const reason = error.code === 'ENOSPC' ? 'no space left on device' : error.message
  return new LocalError(`cannot write to standard output: ${reason}`, { cause: error })
}
