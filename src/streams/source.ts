import { addAbortSignal, type Readable } from 'node:stream'
import { LocalError } from '../errors.ts'

/**
 * The chunks of standard input. Ends reading when the signal is aborted, even while the producer is silent.
 *
 * @throws the signal's reason; LocalError when reading fails.
 */
export async function* chunks(stream: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  addAbortSignal(signal, stream)
  try {
    for await (const chunk of stream) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk)
  } catch (error) {
    signal.throwIfAborted()
    throw new LocalError(`cannot read standard input: ${(error as Error).message}`, { cause: error })
  }
}

/** All of it at once. @throws LocalError when it is longer than `maxLength` bytes. */
export async function readAll(source: AsyncIterable<Buffer>, maxLength: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const chunk of source) {
    length += chunk.length
    if (length > maxLength) throw new LocalError(`standard input is longer than the ${maxLength} bytes of a payload`)
    parts.push(chunk)
  }
  return Buffer.concat(parts)
}
