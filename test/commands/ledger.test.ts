import { describe, expect, it } from 'vitest'
import { ledger } from '../../src/commands/ledger.ts'

const tally = { sent: 0, acknowledged: 0, sentQos0: 0, rejected: new Map<number, number>(), uncertain: 0, repeated: 0 }

describe('ledger', () => {
  it.each([
    { name: 'nothing was given', given: 0, what: {} },
    { name: 'all is acknowledged', given: 3, what: { sent: 3, acknowledged: 3 } },
    { name: 'all went at QoS 0', given: 3, what: { sent: 3, acknowledged: 3, sentQos0: 3 } },
  ])('has nothing to say where $name', ({ given, what }) => {
    expect(ledger({ given, tally: { ...tally, ...what } })).toBeUndefined()
  })

  it.each([
    [200_000, { sent: 200_000, acknowledged: 199_980 }, 'published 200000, acknowledged 199980, unknown 20'],
    [
      3,
      {
        sent: 3,
        rejected: new Map([
          [151, 2],
          [135, 1],
        ]),
      },
      'published 3, acknowledged 0, refused 3',
    ],
    [9, { sent: 5, acknowledged: 5 }, 'published 5, acknowledged 5, not published 4'],
    [9, { sent: 9, acknowledged: 9, sentQos0: 9, uncertain: 4 }, 'published 9, sent at QoS 0 5, unknown 4'],
    [
      9,
      { sent: 8, acknowledged: 6, sentQos0: 4, uncertain: 1, rejected: new Map([[151, 1]]) },
      'published 8, acknowledged 2, sent at QoS 0 3, refused 1, unknown 2, not published 1',
    ],
  ])('of %d given and %j is: %3$s', (given, what, text) => {
    expect(ledger({ given, tally: { ...tally, ...what } })).toBe(text)
  })
})
