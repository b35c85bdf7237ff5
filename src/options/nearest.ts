/** The known word that differs from what was typed by the fewest edits, if it is near enough to be meant. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const { length } = typed.replace(/^-+/, '')
  // Any two letters differ by one edit.
  const limit = length > 1 ? Math.max(1, Math.floor(length / 3)) : 0
  let best: string | undefined
  let bestDistance = limit + 1
  for (const word of known) {
    const distance = editDistance(typed, word)
    if (distance < bestDistance) [best, bestDistance] = [word, distance]
  }
  return best
}

/** Insertions, deletions, substitutions and swaps of neighbours: the optimal string alignment distance. */
function editDistance(one: string, other: string): number {
  let before: number[] = []
  let row = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const substitution = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      const swap = isSwap ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY
      next.push(Math.min(substitution, swap, row[j]! + 1, next[j - 1]! + 1))
    }
    before = row
    row = next
  }
  return row[other.length]!
}

/** The hint behind a message about a word that is not known; '' where there is none. */
export function didYouMean(typed: string, known: readonly string[]): string {
  const match = nearest(typed, known)
  return match === undefined ? '' : `; did you mean ${match}?`
}
