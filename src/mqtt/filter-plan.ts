import type { Message } from './message.ts'
import { matches, overlap } from './topic.ts'

/** Finds which of the filters given brought a message. */
export type FilterFinder = (message: Message) => readonly string[]

/** Every filter that matches the topic, in the order given. */
export function byTopic(filters: readonly string[]): FilterFinder {
  return (message) => {
    const { topic } = message
    return filters.filter((filter) => matches(filter, topic))
  }
}

/**
 * The filters whose subscription identifiers the broker has put on the message [MQTT 5, 3.3.4], be it one copy for
 * all matching subscriptions or one copy for each. A message without any is left over from a subscription without
 * identifier, so its topic decides.
 */
export function byIdentifier(identifiers: ReadonlyMap<number, string>): FilterFinder {
  const fallback = byTopic([...identifiers.values()])
  return (message) => {
    const found = message.properties.subscriptionIdentifiers
    if (found === undefined) return fallback(message)
    return [...identifiers].filter(([identifier]) => found.includes(identifier)).map(([, filter]) => filter)
  }
}

/** The largest subscription identifier [MQTT 5, 3.8.2.1.2]. */
const LARGEST_IDENTIFIER = 268_435_455

/**
 * A subscription identifier for each filter, in the order given. It depends on the text of the filter alone (but for
 * collisions), so that a message that waited in a persistent session is known by the filter that brought it,
 * whatever the order of the filters was then.
 */
export function identifiersOf(filters: readonly string[]): Map<number, string> {
  const identifiers = new Map<number, string>()
  for (const filter of filters) {
    let identifier = hash(filter)
    while (identifiers.has(identifier)) identifier = (identifier % LARGEST_IDENTIFIER) + 1
    identifiers.set(identifier, filter)
  }
  return identifiers
}

/** FNV-1a, folded to 1 … 268,435,455. */
function hash(text: string): number {
  let value = 0x811c_9dc5
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x0100_0193) >>> 0
  return (value % LARGEST_IDENTIFIER) + 1
}

/**
 * Parts filters into groups in which no two overlap. A connection that subscribes to one such group gets every
 * message once: only for overlapping subscriptions may a broker send further copies [MQTT-3.3.5-1, 3.1.1], which
 * nothing before MQTT 5 tells apart from a message published twice.
 */
export function withoutOverlap(filters: readonly string[]): string[][] {
  const groups: string[][] = []
  for (const filter of filters) {
    const group = groups.find((each) => each.every((other) => !overlap(filter, other)))
    if (group === undefined) groups.push([filter])
    else group.push(filter)
  }
  return groups
}
