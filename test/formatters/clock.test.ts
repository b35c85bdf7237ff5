import { describe, expect, it, vi } from 'vitest'
import { microseconds, now, perSecond, whenChanged } from '../../src/formatters/clock.ts'

describe('now', () => {
  it('stays within the millisecond of the wall clock', () => {
    for (let i = 0; i < 1000; i++) {
      const before = Date.now()
      const time = now()
      expect(time).toBeGreaterThanOrEqual(before)
      expect(Math.floor(time)).toBeLessThanOrEqual(Date.now())
    }
  })

  it('follows a clock that was set', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 5_000_123 })
    expect(Math.floor(now())).toBe(5_000_123)
    vi.setSystemTime(999_004)
    expect(Math.floor(now())).toBe(999_004)
    vi.useRealTimers()
    expect(Math.abs(now() - Date.now())).toBeLessThan(100)
  })
})

describe('microseconds', () => {
  it.each([
    [5_000_123, '123000'],
    [999_004.25, '004250'],
    [1_790_000_000_000.5, '000500'],
  ])('of %d are %s', (timeMs, digits) => {
    expect(microseconds(timeMs)).toBe(digits)
  })
})

describe('whenChanged', () => {
  it('renders once for a value that stays', () => {
    const rendered: number[] = []
    const text = whenChanged((value) => String(rendered.push(value)))
    expect([1, 1, 2, 1].map((value) => text(value).toString())).toEqual(['1', '1', '2', '3'])
  })
})

describe('perSecond', () => {
  it('renders once for all times of a second', () => {
    const rendered: number[] = []
    const text = perSecond((date) => String(rendered.push(date.getTime())))
    expect([1000, 1999, 2000, 2001, 1500].map((timeMs) => text(timeMs).toString())).toEqual(['1', '1', '2', '2', '3'])
    expect(rendered).toEqual([1000, 2000, 1000])
  })
})
