import { describe, expect, it } from 'vitest'
import { shownBytes, shownCount, shownRate, shownShare, shownTime } from '../../src/bench/figures.ts'

describe('figures', () => {
  it.each([
    [0, '0 µs'],
    [7, '7 µs'],
    [-7, '-7 µs'],
    [12.34, '12.3 µs'],
    [312, '312 µs'],
    [999.6, '1.00 ms'],
    [1250, '1.25 ms'],
    [19_960, '20.0 ms'],
    [999_600, '1.00 s'],
    [3_400_000, '3.40 s'],
    [120_000_000, '120 s'],
  ])('%d µs is %s', (us, text) => {
    expect(shownTime(us)).toBe(text)
  })

  it('puts digits in threes', () => {
    expect([shownCount(1_234_567), shownRate(9998.4), shownRate(0.5), shownRate(12.34)]).toEqual([
      '1,234,567',
      '9,998/s',
      '0.5/s',
      '12.3/s',
    ])
  })

  it('knows units of bytes, and shares', () => {
    expect([shownBytes(999), shownBytes(1234), shownBytes(5e7), shownShare(0.12345)]).toEqual([
      '999 B',
      '1.23 kB',
      '50 MB',
      '12.3 %',
    ])
  })
})
