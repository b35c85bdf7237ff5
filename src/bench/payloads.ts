import type { SizeShare } from '../options/size-distribution.ts'
import { expand, type Names } from './names.ts'
import { payloadOf } from './payload.ts'
import type { PayloadPlan } from './plan.ts'
import { uniform } from './random.ts'
import { STAMP_SIZE } from './stamp.ts'

/** The payloads of one publisher: `bytes`, from 0 to `length`, is the one that `next` has come to. */
export interface Payloads {
  readonly bytes: Buffer
  readonly length: number
  /** @param sequence number of the message, from 0. */
  next(sequence: number): void
}

/** What is known of payloads, also from a report. */
export interface PayloadFacts {
  readonly payloadSize: number
  readonly payload?: { readonly kind: PayloadPlan['kind']; readonly sizes?: readonly SizeShare[] } | undefined
  readonly unstamped?: boolean
}

/** Whether each payload has a stamp. One that is made up begins with it; one that is given comes behind it. */
export function isStamped({ payloadSize, payload, unstamped = false }: PayloadFacts): boolean {
  const sizes = payload === undefined ? [payloadSize] : (payload.sizes ?? []).map(({ from }) => from)
  return !unstamped && sizes.every((size) => size >= STAMP_SIZE)
}

/** What all publishers of a thread take their payloads from: it is made once. */
export type PayloadMaker = (names: Names) => Payloads

export function payloadMaker(
  publish: PayloadFacts & { readonly payload?: PayloadPlan | undefined },
  seed: number,
): PayloadMaker {
  const { payload, payloadSize } = publish
  const head = isStamped(publish) ? Buffer.alloc(STAMP_SIZE) : Buffer.alloc(0)
  if (payload?.kind === 'content') return always(Buffer.concat([head, payload.content]))
  if (payload?.kind === 'template') return (names) => new FromTemplate(payload.text, names, head)
  if (payload === undefined) return always(payloadOf(payloadSize, seed))
  const bytes = payloadOf(Math.max(...payload.sizes.map(({ to }) => to)), seed)
  return ({ number }) => new OfSizes(payload.sizes, bytes, uniform(seed ^ Math.imul(number + 1, 0x9e3779b1)))
}

function always(bytes: Buffer): PayloadMaker {
  const payloads = { bytes, length: bytes.length, next: () => {} }
  return () => payloads
}

/** Beginnings of the same bytes, of sizes that are drawn. */
class OfSizes implements Payloads {
  readonly bytes: Buffer
  length = 0
  readonly #sizes: readonly SizeShare[]
  readonly #random: () => number

  constructor(sizes: readonly SizeShare[], bytes: Buffer, random: () => number) {
    this.#sizes = sizes
    this.bytes = bytes
    this.#random = random
  }

  next(): void {
    let rest = this.#random()
    let at = 0
    while (at < this.#sizes.length - 1 && rest >= this.#sizes[at]!.share) rest -= this.#sizes[at++]!.share
    const { from, to } = this.#sizes[at]!
    this.length = from === to ? from : from + Math.floor(this.#random() * (to - from + 1))
  }
}

/** A text in which the number of the message stands. */
class FromTemplate implements Payloads {
  readonly bytes: Buffer
  length = 0
  /** What stands between the numbers. */
  readonly #parts: readonly Buffer[]
  readonly #start: number

  constructor(template: string, names: Names, head: Buffer) {
    this.#parts = template.split(/(?<=(?:^|[^%])(?:%%)*)%n/).map((part) => Buffer.from(expand(part, names)))
    this.#start = head.length
    const size = this.#parts.reduce((sum, part) => sum + part.length, 0) + this.#parts.length * LONGEST_NUMBER
    this.bytes = Buffer.concat([head, Buffer.alloc(size)])
  }

  next(sequence: number): void {
    const number = String(sequence)
    let at = this.#start
    for (const [index, part] of this.#parts.entries()) {
      if (index > 0) at += this.bytes.write(number, at, 'latin1')
      at += part.copy(this.bytes, at)
    }
    this.length = at
  }
}

const LONGEST_NUMBER = 16
