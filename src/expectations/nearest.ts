import type { View } from './view.ts'

/** What is kept of a message that was seen. */
export interface Sighting {
  readonly topic: string
  /** The beginning of its payload. */
  readonly payload: string
  /** The conditions that it did not meet, with why. */
  readonly failures: readonly string[]
}

/** How many messages to show, and how much of each. */
const MOST = 5
const LONGEST = 160

export function sightingOf(view: View, failures: readonly string[]): Sighting {
  return { topic: shorten(view.topic), payload: beginning(view.bytes), failures: failures.map(shorten) }
}

/** The first of those messages that failed the fewest conditions, a few, however many come. */
export class Nearest {
  #kept: Sighting[] = []

  get all(): readonly Sighting[] {
    return this.#kept
  }

  add(view: View, failures: readonly string[]): void {
    const worst = this.#kept.at(-1)
    if (this.#kept.length === MOST && worst!.failures.length <= failures.length) return
    const better = this.#kept.filter((each) => each.failures.length <= failures.length)
    this.#kept = [...better, sightingOf(view, failures), ...this.#kept.slice(better.length)].slice(0, MOST)
  }
}

function beginning(payload: Buffer): string {
  if (payload.length <= LONGEST) return payload.toString()
  // A character may be cut in two.
  return `${payload.toString('utf8', 0, LONGEST).replace(/\ufffd+$/, '')}… (${payload.length} bytes)`
}

function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
