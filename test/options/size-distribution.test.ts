import { describe, expect, it } from 'vitest'
import { InvalidValue } from '../../src/options/option.ts'
import { sizeDistribution } from '../../src/options/size-distribution.ts'

const { parse } = sizeDistribution(0, 1024 ** 2)

describe('sizes of payloads', () => {
  it.each([
    ['100', [{ from: 100, to: 100, share: 1 }]],
    ['0', [{ from: 0, to: 0, share: 1 }]],
    ['100..2k', [{ from: 100, to: 2048, share: 1 }]],
    [
      '100:90%,10k:10%',
      [
        { from: 100, to: 100, share: 0.9 },
        { from: 10_240, to: 10_240, share: 0.1 },
      ],
    ],
    [
      '16..32:99.5%,1M:.5%',
      [
        { from: 16, to: 32, share: 0.995 },
        { from: 1024 ** 2, to: 1024 ** 2, share: 0.005 },
      ],
    ],
  ])('are read from %s', (text, sizes) => {
    expect(parse(text)).toEqual(sizes)
  })

  it('have shares that come to a whole, as far as digits go', () => {
    const sum = parse('1:33.3%,2:33.3%,3:33.3%').reduce((total, { share }) => total + share, 0)
    expect(sum).toBeCloseTo(1, 12)
    expect(() => parse('1:50%,2:49%')).toThrow('the shares come to 99 %, not to 100 %')
    expect(() => parse('1:50%,2:51%')).toThrow('the shares come to 101 %')
  })

  it.each(['', 'x', '-1', '2k..100', '1..2..3', '2M', '1,2', '1:100', '1:90%,2', '1:0%,2:100%', '1:50%:2', '1..:100%'])(
    'are not read from %j',
    (text) => {
      expect(() => parse(text)).toThrow(InvalidValue)
    },
  )
})
