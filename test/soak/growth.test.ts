import { describe, expect, it } from 'vitest'
import { Random } from '../support/random.ts'
import { type Growth, growthOf, isGrowing } from './growth.ts'

const MINUTES = 25
const PER_MINUTE = 120

/** A heap that fills and is collected, in KiB. */
function samples(more: (minute: number) => number): number[] {
  const random = new Random(7)
  return Array.from({ length: MINUTES * PER_MINUTE }, (_, at) => {
    const minute = at / PER_MINUTE
    return 40_000 + ((at * 97) % 5000) + random.integer(0, 400) + more(minute)
  })
}

const growth = (more: (minute: number) => number): Growth => growthOf(samples(more), 60_000 / PER_MINUTE)

describe('the growth of a process', () => {
  it.each([
    { name: 'that only fills and is collected', more: () => 0 },
    { name: 'that shrinks', more: (minute: number) => -100 * minute },
    { name: 'that has needed more once', more: (minute: number) => (minute > 12 ? 4000 : 0) },
    { name: 'with a short peak', more: (minute: number) => (Math.floor(minute) === 20 ? 30_000 : 0) },
  ])('is not above zero for one $name', ({ more }) => {
    expect(isGrowing(growth(more))).toBe(false)
  })

  it('is what leaks', () => {
    const leak = growth((minute) => 200 * minute)
    expect(isGrowing(leak)).toBe(true)
    expect(Math.abs(leak.perMinute - 200)).toBeLessThan(leak.uncertainty)
    expect(leak.uncertainty).toBeLessThan(100)
  })
})
