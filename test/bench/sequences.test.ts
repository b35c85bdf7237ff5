import { describe, expect, it } from 'vitest'
import { type Arrival, Sequences } from '../../src/bench/sequences.ts'

function counted(...sequences: readonly number[]) {
  const all = new Sequences()
  const arrivals = sequences.map((sequence) => all.add(7, sequence))
  const count = (arrival: Arrival) => arrivals.filter((each) => each === arrival).length
  return { received: count('next') + count('late'), duplicates: count('duplicate'), outOfOrder: count('late') }
}

describe('Sequences', () => {
  it.each([
    ['in order', [0, 1, 2], { received: 3, duplicates: 0, outOfOrder: 0 }],
    ['with a gap', [0, 5], { received: 2, duplicates: 0, outOfOrder: 0 }],
    ['repeated at once', [0, 1, 1], { received: 2, duplicates: 1, outOfOrder: 0 }],
    ['repeated later', [0, 1, 2, 0], { received: 3, duplicates: 1, outOfOrder: 0 }],
    ['swapped', [0, 2, 1, 3], { received: 4, duplicates: 0, outOfOrder: 1 }],
    ['late at each end of a gap', [4, 0, 3, 2, 1], { received: 5, duplicates: 0, outOfOrder: 4 }],
    ['late twice', [4, 2, 2], { received: 2, duplicates: 1, outOfOrder: 1 }],
    ['from elsewhere than 0', [3, 4], { received: 2, duplicates: 0, outOfOrder: 0 }],
  ])('counts messages that come %s', (_how, sequences, counts) => {
    expect(counted(...sequences)).toEqual(counts)
  })

  it('keeps publishers apart', () => {
    const all = new Sequences()
    const arrivals = [1, 2, 1, 2].map((publisher) => all.add(publisher, publisher === 1 ? 0 : 3))
    expect(arrivals).toEqual(['next', 'next', 'duplicate', 'duplicate'])
  })

  it('agrees with a set of numbers, however they come', () => {
    const numbers = Array.from({ length: 5000 }, (_, at) => (at * 7919) % 3001)
    const seen = new Set<number>()
    let [latest, late] = [-1, 0]
    for (const number of numbers) {
      if (!seen.has(number) && number < latest) late++
      seen.add(number)
      latest = Math.max(latest, number)
    }
    expect(counted(...numbers)).toEqual({ received: seen.size, duplicates: 5000 - seen.size, outOfOrder: late })
  })
})
