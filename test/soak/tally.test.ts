import { describe, expect, it } from 'vitest'
import { lineOf, tallyOf } from './tally.ts'

const output = (numbers: readonly number[], topic = 'a') =>
  numbers.map((number) => `${topic} ${number + 7} ${lineOf(number)}\n`).join('')

const none = new Set()

describe('the tally of a soak', () => {
  it.each([
    {
      name: 'all is well',
      numbers: [1, 2, 3],
      counts: { received: 3, lost: 0, duplicated: 0, anew: none, outOfOrder: 0 },
    },
    {
      name: 'one is lost',
      numbers: [1, 3],
      counts: { received: 2, lost: 1, duplicated: 0, anew: none, outOfOrder: 0 },
    },
    { name: 'all are lost', numbers: [], counts: { received: 0, lost: 3, duplicated: 0, anew: none, outOfOrder: 0 } },
    {
      name: 'two come again',
      numbers: [1, 2, 1, 2, 3],
      counts: { received: 5, lost: 0, duplicated: 2, anew: none, outOfOrder: 0 },
    },
    {
      name: 'one comes late',
      numbers: [1, 3, 2],
      counts: { received: 3, lost: 0, duplicated: 0, anew: none, outOfOrder: 1 },
    },
  ])('counts when $name', ({ numbers, counts }) => {
    expect(tallyOf(output(numbers), new Map([['a', 3]]))).toEqual({ counts: new Map([['a', counts]]), unexpected: [] })
  })

  it('tells what comes again from what comes as another message', () => {
    const again = `${output([1, 2, 1])}a 99 ${lineOf(2)}\n`
    const { duplicated, anew } = tallyOf(again, new Map([['a', 2]])).counts.get('a')!
    expect({ duplicated, anew }).toEqual({ duplicated: 2, anew: new Set([2]) })
  })

  it('counts by topic', () => {
    const sent = new Map([
      ['a', 50],
      ['b', 1],
    ])
    const { counts, unexpected } = tallyOf(output([50, 1]) + output([1], 'b'), sent)
    expect([counts.get('a')!.lost, counts.get('b')!.lost, unexpected]).toEqual([48, 0, []])
  })

  it.each([`a 1 ${lineOf(4)}`, `b 1 ${lineOf(1)}`, 'a 1 2 x', 'a 1 01 x', 'a', 'a 1', 'a 1 0 ', 'a 1 1.5 x'])(
    'does not expect %j',
    (line) => {
      expect(tallyOf(`${line}\n`, new Map([['a', 3]])).unexpected).toEqual([line])
    },
  )
})
