import { lines } from '../streams/lines.ts'
import type { Faults } from './faults.ts'
import { LineFault } from './line-fault.ts'
import type { ReadLine } from './read-line.ts'

/** Messages that go out together: slices of one buffer for their payloads, and a header for all or for each. */
export interface Batch<Header> {
  readonly headers: Header | readonly Header[]
  readonly bytes: Buffer
  readonly bounds: readonly number[]
}

export interface Limits {
  /** Bytes of a line. */
  readonly line: number
  /** Bytes of a payload. */
  readonly payload: number
}

/** A message for each line of the input, as `read` has it. Ends at a fault after which no more is to be read. */
export async function* messages<Header>(
  source: AsyncIterable<Buffer>,
  read: ReadLine<Header>,
  limits: Limits,
  faults: Faults,
): AsyncGenerator<Batch<Header>> {
  for await (const { bytes, bounds, first, tooLong } of lines(source, limits.line)) {
    if (tooLong && !faults.add(first, `longer than ${limits.line} bytes`)) return
    const headers: Header[] = []
    const payloads: number[] = []
    let goOn = true
    for (let at = 0; goOn && at < bounds.length; at += 2) {
      try {
        const message = read(bytes, bounds[at]!, bounds[at + 1]!)
        if (message === undefined) continue
        const { header, start, end } = message
        if (end - start > limits.payload) throw new LineFault(`the payload is longer than ${limits.payload} bytes`)
        headers.push(header)
        payloads.push(start, end)
      } catch (error) {
        if (!(error instanceof LineFault)) throw error
        goOn = faults.add(first + at / 2, error.message)
      }
    }
    if (headers.length > 0) yield { headers, bytes, bounds: payloads }
    if (!goOn) return
  }
}

/** Each line of the input as a payload behind the same header. Ends at a fault after which no more is to be read. */
export async function* payloads<Header>(
  source: AsyncIterable<Buffer>,
  header: Header,
  longest: number,
  faults: Faults,
): AsyncGenerator<Batch<Header>> {
  for await (const { bytes, bounds, first, tooLong } of lines(source, longest)) {
    if (!tooLong) yield { headers: header, bytes, bounds }
    else if (!faults.add(first, `longer than the ${longest} bytes of a payload`)) return
  }
}
