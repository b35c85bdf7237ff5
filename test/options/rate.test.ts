import { describe, expect, it } from 'vitest'
import { InvalidValue } from '../../src/options/option.ts'
import { perSecond, rateProfile } from '../../src/options/rate.ts'

const steady = (rate: number) => [{ from: rate, to: rate, durationMs: Number.POSITIVE_INFINITY }]

describe('perSecond', () => {
  it.each([
    ['500', 500],
    ['20k/s', 20_000],
    ['1.5k/s', 1500],
    ['.5', 0.5],
    ['60/m', 1],
    ['60/min', 1],
    ['7200/h', 2],
    ['1M/s', 1_000_000],
    ['1K', 1000],
  ])('reads %s', (text, rate) => {
    expect(perSecond.parse(text)).toBe(rate)
  })

  it.each(['', 'fast', '-1', '0', '0/s', '1k/d', '1 k', '2M', '1e3', 'max', '1:2s'])('refuses %j', (text) => {
    expect(() => perSecond.parse(text)).toThrow(InvalidValue)
  })
})

const at = (rate: number) => ({ from: rate, to: rate, durationMs: 1000 })
const onAndOff = [at(5000), at(0)]

describe('rateProfile', () => {
  it.each([
    ['20k/s', steady(20_000)],
    ['max', 'max'],
    ['0:1s,5', [{ from: 0, to: 0, durationMs: 1000 }, ...steady(5)]],
    [
      '1k/s:10s,1k..20k/s:60s,20k/s',
      [{ from: 1000, to: 1000, durationMs: 10_000 }, { from: 1000, to: 20_000, durationMs: 60_000 }, ...steady(20_000)],
    ],
    ['(5k/s:1s,0:1s)x3', Array.from({ length: 3 }, () => onAndOff).flat()],
    ['1:1s,(5k/s:1s,0:1s)x1,(2:1s)x2,3', [at(1), ...onAndOff, at(2), at(2), ...steady(3)]],
    ['60..120/m:500ms', [{ from: 1, to: 2, durationMs: 500 }]],
    ['60/m..2/s:1m', [{ from: 1, to: 2, durationMs: 60_000 }]],
  ])('reads %s', (text, expected) => {
    expect(rateProfile.parse(text)).toEqual(expected)
  })

  it.each(['', ',', '1,', '1:2:3', '1..2..3:4s', '1k/s:0', '1k/s:', 'max:3s', '1..:2s'])('refuses %j', (text) => {
    expect(() => rateProfile.parse(text)).toThrow(InvalidValue)
  })

  it.each([
    ['1k,2k', '1k: only the last segment may go on without a time, as in 1k:10s'],
    ['1k..2k', '1k..2k: a ramp needs its time, as in 1k..2k:60s'],
    ['0', 'a rate of 0 sends nothing'],
    ['(0:1s)x3', 'a rate of 0 sends nothing'],
    ['(1:1s)', '(1:1s): what repeats says how often, as in (5k/s:1s,0:1s)x10'],
    ['(1:1s)x0', '(1:1s)x0: what repeats says how often'],
    ['((1:1s)x2)x2', 'what repeats says how often'],
    ['(1:1s)x2x2', 'what repeats says how often'],
    ['(1:1s,2)x2', '2: only the last segment may go on without a time, as in 2:10s'],
    ['(1:1s,2:1s)x6000', 'more than 10000 segments'],
  ])('says what is wrong with %s', (text, reason) => {
    expect(() => rateProfile.parse(text)).toThrow(reason)
  })
})
