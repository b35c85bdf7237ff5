import { withoutShare } from '../mqtt/topic.ts'

/** A level of the filters that begin alike. */
class Level {
  readonly next = new Map<string, Level>()
  /** Subscriptions that end here, and those that end here with `#`. */
  here = 0
  below = 0
}

/** Says how many subscriptions match a topic [MQTT 5, 4.7], however many there are. */
export class FanOut {
  readonly #root = new Level()
  readonly #groups = new Set<string>()
  readonly #known = new Map<string, number>()

  /** Adds a subscription. Those of one shared group count as one [MQTT 5, 4.8.2]. */
  add(filter: string): void {
    const plain = withoutShare(filter)
    if (plain !== filter) {
      if (this.#groups.has(filter)) return
      this.#groups.add(filter)
    }
    this.#known.clear()
    let level = this.#root
    for (const name of plain.split('/')) {
      if (name === '#') {
        level.below++
        return
      }
      let next = level.next.get(name)
      if (next === undefined) {
        next = new Level()
        level.next.set(name, next)
      }
      level = next
    }
    level.here++
  }

  count(topic: string): number {
    let count = this.#known.get(topic)
    if (count === undefined) {
      count = countFrom(this.#root, topic.split('/'), 0)
      this.#known.set(topic, count)
    }
    return count
  }
}

function countFrom(level: Level, names: readonly string[], at: number): number {
  // Wildcards don't match what begins with `$` [MQTT-4.7.2-1].
  const isSystem = at === 0 && names[0]!.startsWith('$')
  const below = isSystem ? 0 : level.below
  if (at === names.length) return level.here + below
  const exact = level.next.get(names[at]!)
  const any = isSystem ? undefined : level.next.get('+')
  return (
    below +
    (exact === undefined ? 0 : countFrom(exact, names, at + 1)) +
    (any === undefined ? 0 : countFrom(any, names, at + 1))
  )
}
