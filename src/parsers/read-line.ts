import type { QoS } from '../mqtt/message.ts'
import type { Property } from '../mqtt/property-table.ts'

/** What a line says of its message besides the payload. */
export interface Head {
  readonly topic: string
  readonly qos: QoS
  readonly retain: boolean
  readonly properties: readonly Property[]
}

/** The message of a line: what was made of its head, and where in the line's buffer the payload stands. */
export interface LineMessage<Header> {
  readonly header: Header
  readonly start: number
  readonly end: number
}

/**
 * Reads a line; may rewrite its bytes. Returns undefined for a line that has no message and no fault.
 *
 * @throws LineFault
 */
export type ReadLine<Header> = (bytes: Buffer, start: number, end: number) => LineMessage<Header> | undefined

/** Keeps what was made for the last few thousand keys, so that what repeats is made once. */
export class Cache<T> {
  readonly #values = new Map<string, T>()

  get(key: string, make: () => T): T {
    const known = this.#values.get(key)
    if (known !== undefined) return known
    const made = make()
    if (key.length > LONGEST_KEY) return made
    if (this.#values.size >= MOST_KEYS) this.#values.clear()
    this.#values.set(key, made)
    return made
  }
}

const LONGEST_KEY = 1000
const MOST_KEYS = 4096
