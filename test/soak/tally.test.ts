import { describe, expect, it } from 'vitest'
import { lineOf, tallyOf } from './tally.ts'

const output = (numbers: readonly number[], topic = 'a') =>
  numbers.map((number) => `${topic} ${lineOf(number)}\n`).join('')

describe('the tally of a soak', () => {
  it.each([
    { name: 'all is well', numbers: [1, 2, 3], counts: { received: 3, lost: 0, duplicated: 0, outOfOrder: 0 } },
    { name: 'one is lost', numbers: [1, 3], counts: { received: 2, lost: 1, duplicated: 0, outOfOrder: 0 } },
    { name: 'all are lost', numbers: [], counts: { received: 0, lost: 3, duplicated: 0, outOfOrder: 0 } },
    {
      name: 'two come again',
      numbers: [1, 2, 1, 2, 3],
      counts: { received: 5, lost: 0, duplicated: 2, outOfOrder: 0 },
    },
    { name: 'one comes late', numbers: [1, 3, 2], counts: { received: 3, lost: 0, duplicated: 0, outOfOrder: 1 } },
  ])('counts when $name', ({ numbers, counts }) => {
    expect(tallyOf(output(numbers), new Map([['a', 3]]))).toEqual({ counts: new Map([['a', counts]]), unexpected: [] })
  })

  it('counts by topic', () => {
    const sent = new Map([
      ['a', 50],
      ['b', 1],
    ])
    const { counts, unexpected } = tallyOf(output([50, 1]) + output([1], 'b'), sent)
    expect([counts.get('a')!.lost, counts.get('b')!.lost, unexpected]).toEqual([48, 0, []])
  })

  it.each([`a ${lineOf(4)}`, `b ${lineOf(1)}`, 'a 2 x', 'a 01 x', 'a', 'a 0 ', 'a 1.5 x'])(
    'does not expect %j',
    (line) => {
      expect(tallyOf(`${line}\n`, new Map([['a', 3]])).unexpected).toEqual([line])
    },
  )
})
