import { describe, expect, it } from 'vitest'
import { uniform } from '../../src/bench/random.ts'
import { type Arrival, GapMemory, Sequences } from '../../src/bench/sequences.ts'

function counted(...sequences: readonly number[]) {
  const all = new Sequences(new GapMemory())
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
    const all = new Sequences(new GapMemory())
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

  /** What becomes of these numbers of one publisher, where so many gaps are remembered. */
  function arrivals(gaps: number, sequences: readonly number[]): { arrivals: Arrival[]; left: number } {
    const memory = new GapMemory(gaps)
    const all = new Sequences(memory)
    return { arrivals: sequences.map((sequence) => all.add(0, sequence)), left: memory.left }
  }

  it('remembers no more gaps than it may, and says what it does not know', () => {
    const missing = Array.from({ length: 1000 }, (_, at) => 2 * at + 1)
    expect(arrivals(3, [...missing, 1996, 1998, 1994, 1992, 0, 1997])).toEqual({
      arrivals: [...missing.map(() => 'next'), 'late', 'late', 'late', 'undecided', 'undecided', 'duplicate'],
      left: 3,
    })
  })

  it('takes for undecided only what is below a gap that it has forgotten', () => {
    expect(arrivals(0, [5, 6, 6, 3, 5]).arrivals).toEqual(['next', 'next', 'duplicate', 'undecided', 'duplicate'])
    // Filling the middle of the only gap leaves two: the lower one is forgotten.
    expect(arrivals(1, [10, 4, 6, 5, 2, 6, 8, 8, 9])).toEqual({
      arrivals: ['next', 'late', 'late', 'undecided', 'undecided', 'duplicate', 'late', 'duplicate', 'late'],
      left: 1,
    })
  })

  it('shares its memory among publishers, and gives it back', () => {
    const memory = new GapMemory(2)
    const all = [new Sequences(memory), new Sequences(memory)]
    expect(all.map((each) => each.add(0, 1))).toEqual(['next', 'next'])
    expect(memory.left).toBe(0)
    expect(all[0]!.add(1, 1)).toBe('next')
    expect(all[0]!.add(1, 0)).toBe('undecided')
    expect(all.map((each) => each.add(0, 0))).toEqual(['late', 'late'])
    expect(memory.left).toBe(2)
  })

  it('never takes a message for one that has come, or the other way round, however little it remembers', () => {
    const random = uniform(3)
    for (const gaps of [0, 1, 5, 40]) {
      const all = new Sequences(new GapMemory(gaps))
      const seen = new Set<number>()
      for (let step = 0; step < 3000; step++) {
        const sequence = Math.floor(step / 4 + random() * 300)
        const arrival = all.add(0, sequence)
        if (arrival !== 'undecided') expect(arrival === 'duplicate').toBe(seen.has(sequence))
        seen.add(sequence)
      }
    }
  })
})
