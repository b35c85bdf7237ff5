import { describe, expect, it } from 'vitest'
import { readTime, timeOf } from '../../src/retained/time-of.ts'
import { messageOf } from '../formatters/message-of.ts'

const at = Date.UTC(2026, 10, 25, 4, 5, 6)

describe('readTime', () => {
  it.each<[value: unknown, ms: number]>([
    ['2026-11-25T04:05:06Z', at],
    ['2026-11-25T04:05:06', at],
    ['2026-11-25 04:05:06', at],
    ['2026-11-25T04:05:06.789Z', at + 789],
    ['2026-11-25T04:05:06,789z', at + 789],
    ['2026-11-25T04:05Z', at - 6000],
    ['2026-11-25T05:05:06+01:00', at],
    ['2026-11-25T05:05:06+01', at],
    ['2026-11-24T23:35:06-0430', at],
    ['2026-11-25', Date.UTC(2026, 10, 25)],
    [' 2026-11-25\n', Date.UTC(2026, 10, 25)],
    [at / 1000, at],
    [String(at / 1000), at],
    [at / 1000 + 0.5, at + 500],
    [at, at],
    [String(at), at],
    [0, 0],
    [99_999_999_999, 99_999_999_999_000],
    [100_000_000_000, 100_000_000_000],
  ])('reads %j', (value, ms) => {
    expect(readTime(value)).toBe(ms)
  })

  it.each([
    [''],
    ['yesterday'],
    ['2026-13-01'],
    ['2026-11-25T25:00Z'],
    ['25.11.2026'],
    ['-5'],
    ['1e9'],
    [-1],
    [at * 1000],
    [null],
    [true],
    [undefined],
    [[1]],
    [{}],
  ])('can not read %j', (value) => {
    expect(readTime(value)).toBeUndefined()
  })
})

describe('timeOf', () => {
  it.each<[payload: string, field: string, ms: number | undefined]>([
    ['{"ts":5}', 'ts', 5000],
    ['{"meta":{"ts":"1970-01-01T00:00:05Z"}}', 'meta.ts', 5000],
    ['{"list":[{"ts":5}]}', 'list.0.ts', 5000],
    ['{"ts":5}', 'meta.ts', undefined],
    ['{"meta":7}', 'meta.ts', undefined],
    ['{"meta":null}', 'meta.ts', undefined],
    ['"text"', 'length', undefined],
    ['{}', '__proto__', undefined],
    ['{"ts":', 'ts', undefined],
    ['', 'ts', undefined],
  ])('finds in %s the field %s: %s', (payload, field, ms) => {
    expect(timeOf(messageOf({ payload }), { field })).toBe(ms)
  })

  it('finds the first user property of a name', () => {
    const properties = {
      userProperties: [
        ['a', '1'],
        ['ts', '5'],
        ['ts', '6'],
      ],
    } as const
    const message = messageOf({ properties: { userProperties: [...properties.userProperties] } })
    expect(timeOf(message, { property: 'ts' })).toBe(5000)
    expect(timeOf(message, { property: 'other' })).toBeUndefined()
    expect(timeOf(messageOf(), { property: 'ts' })).toBeUndefined()
  })
})
