import { describe, expect, it } from 'vitest'
import { Backlog } from '../../src/bench/backlog.ts'
import { uniform } from '../../src/bench/random.ts'

describe('Backlog', () => {
  it('gives back what came first, however it grows and shrinks', () => {
    const backlog = new Backlog()
    const random = uniform(1)
    const expected: number[] = []
    for (let step = 0; step < 10_000; step++) {
      // In turn it grows to some hundreds, and is emptied again.
      if (random() < (step % 1000 < 500 ? 0.8 : 0.2)) {
        backlog.push(step)
        expected.push(step)
      } else if (expected.length > 0) expect(backlog.shift()).toBe(expected.shift())
      expect(backlog.length).toBe(expected.length)
    }
  })

  it('is empty when cleared, and starts anew', () => {
    const backlog = new Backlog()
    for (let time = 0; time < 10; time++) backlog.push(time)
    backlog.shift()
    backlog.clear()
    backlog.push(42)
    expect([backlog.length, backlog.shift(), backlog.length]).toEqual([1, 42, 0])
  })
})
