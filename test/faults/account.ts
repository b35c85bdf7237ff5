/** What became of messages that are all different. */
export interface Account {
  readonly lost: number
  /** Copies beyond the first. */
  readonly duplicated: number
  /** What nobody has sent. */
  readonly unexpected: number
  /** First copies that came behind a later one. */
  readonly misplaced: number
}

export function account(sent: readonly string[], received: readonly string[]): Account {
  const places = new Map(sent.map((message, place) => [message, place]))
  const seen = new Set<string>()
  let [duplicated, unexpected, misplaced, latest] = [0, 0, 0, -1]
  for (const message of received) {
    const place = places.get(message)
    if (place === undefined) unexpected++
    else if (seen.has(message)) duplicated++
    else if (place < latest) misplaced++
    seen.add(message)
    latest = Math.max(latest, place ?? -1)
  }
  return { lost: sent.filter((message) => !seen.has(message)).length, duplicated, unexpected, misplaced }
}
