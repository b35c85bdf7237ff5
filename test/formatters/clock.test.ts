import { describe, expect, it } from 'vitest'
import { microseconds, perSecond } from '../../src/formatters/clock.ts'

describe('microseconds', () => {
  it('stays within the millisecond given', () => {
    for (let i = 0; i < 1000; i++) {
      const timeMs = Date.now()
      expect(microseconds(timeMs)).toMatch(new RegExp(`^${String(timeMs % 1000).padStart(3, '0')}\\d{3}$`))
    }
  })

  it('follows a clock that was set', () => {
    expect(microseconds(5_000_123)).toMatch(/^123\d{3}$/)
    expect(microseconds(999_004)).toMatch(/^004\d{3}$/)
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
