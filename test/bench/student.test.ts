import { describe, expect, it } from 'vitest'
import { chanceOf, estimateOf } from '../../src/bench/student.ts'

/** As many values of one spread: 1 above and 1 below in turn. */
const alternating = (count: number) => estimateOf(Array.from({ length: count }, (_, at) => (at % 2 === 0 ? 1 : -1)))

describe('what chance makes', () => {
  it.each([
    // Two samples of n: 2n - 2 degrees of freedom, and the quantile that tables have for them.
    [2, 4.303],
    [6, 2.228],
    [16, 2.042],
    [61, 1.98],
    [5001, 1.96],
  ])('of two samples of %d values goes by the t of their degrees of freedom', (count, quantile) => {
    const one = alternating(count)
    expect(chanceOf(one, one) / Math.hypot(one.standardError, one.standardError)).toBeCloseTo(quantile, 2)
  })

  it('goes by the sample with the larger spread, if the other has next to none', () => {
    const [wild, calm] = [estimateOf([90, 100, 110]), estimateOf([100, 100.001, 100])]
    expect(chanceOf(wild, calm) / wild.standardError).toBeCloseTo(4.303, 2)
  })

  it('is nothing where nothing differs', () => {
    expect(chanceOf(estimateOf([5, 5, 5]), estimateOf([7, 7, 7]))).toBe(0)
  })
})
