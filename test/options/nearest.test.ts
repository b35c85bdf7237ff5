import { describe, expect, it } from 'vitest'
import { didYouMean, nearest } from '../../src/options/nearest.ts'

describe('nearest', () => {
  it.each([
    ['pubb', ['pub', 'sub'], 'pub'],
    ['pb', ['pub', 'sub'], 'pub'],
    ['sbu', ['pub', 'sub'], 'sub'],
    ['chekc', ['check', 'expect'], 'check'],
    ['bus', ['pub', 'sub'], undefined],
    ['subscribe', ['pub', 'sub'], undefined],
    ['borker', ['broker'], 'broker'],
    ['--topc', ['--qos', '--topic'], '--topic'],
    ['-topic', ['-t', '--topic'], '--topic'],
    ['--keep-alvie', ['--key', '--keep-alive'], '--keep-alive'],
    ['--protocol', ['--protocol-version', '--proxy'], undefined],
    ['-z', ['-t', '-q', '--qos'], undefined],
    ['z', ['t', 'pub'], undefined],
    ['', ['a'], undefined],
    ['pub', [], undefined],
    ['aXc', ['abc', 'adc'], 'abc'],
  ])('for %j among %j is %s', (typed, known, found) => {
    expect(nearest(typed, known)).toBe(found)
  })
})

describe('didYouMean', () => {
  it('asks behind a message, where there is something to ask', () => {
    expect(didYouMean('pubb', ['pub', 'sub'])).toBe('; did you mean pub?')
    expect(didYouMean('x', ['pub', 'sub'])).toBe('')
  })
})
