import { describe, expect, it } from 'vitest'
import { type Exchange, offsetOf } from '../../../src/bench/parts/offset.ts'

/** A question at this time, to a clock that is ahead, with these times on the way there, there, and back. */
function exchange(
  askedUs: number,
  aheadUs: number,
  [there, inside, back]: readonly [number, number, number],
): Exchange {
  const receivedUs = askedUs + there + aheadUs
  return { askedUs, receivedUs, answeredUs: receivedUs + inside, cameUs: askedUs + there + inside + back }
}

describe('the offset of two clocks', () => {
  it.each([0, 5_000_000, -3_600_000_000])('is exact where both ways take the same time: %d µs', (aheadUs) => {
    expect(offsetOf([exchange(1000, aheadUs, [70, 500, 70])])).toEqual({ aheadUs, errorUs: 70 })
  })

  it('is wrong by no more than half of the round trip, whichever way is slow', () => {
    for (const way of [
      [200, 9, 0],
      [0, 9, 200],
      [150, 9, 50],
    ] as const) {
      const { aheadUs, errorUs } = offsetOf([exchange(0, 12_345, way)])!
      expect(errorUs).toBe(100)
      expect(Math.abs(aheadUs - 12_345)).toBeLessThanOrEqual(errorUs)
    }
  })

  it('is that of the quickest exchange', () => {
    const exchanges = [
      exchange(0, 40, [5000, 1, 1]),
      exchange(10_000, 40, [30, 900, 30]),
      exchange(20_000, 40, [1, 1, 4000]),
    ]
    expect(offsetOf(exchanges)).toEqual({ aheadUs: 40, errorUs: 30 })
  })

  it('is not known without any', () => {
    expect(offsetOf([])).toBeUndefined()
  })
})
