import { claimCounts } from './claims.ts'
import { deliveries, drainMs, flow, messages } from './flow.ts'
import { evenRate } from './plan.ts'
import { countsOf, type Scenario } from './scenario.ts'

/** What becomes of messages: every count is exact, however busy the machine. */
export const deliveryScenarios: readonly Scenario[] = [
  ...([4, 5] as const).flatMap((version) =>
    ([0, 1, 2] as const).map(
      (qos): Scenario => ({
        name: `sound-${version === 4 ? '311' : '5'}-qos${qos}`,
        script: {},
        runs: [flow(qos, { version })],
        claims: ([found]) => [
          claimCounts('nothing: all is delivered once and in order', found!, countsOf(messages, deliveries)),
        ],
      }),
    ),
  ),
  {
    name: 'warm-up',
    script: {},
    runs: [{ publish: { segments: evenRate(2000) }, subscribe: {}, phases: { warmupMs: 200, measureMs: 500 } }],
    claims: ([found]) => [
      // The broker's count has the warm-up in it.
      claimCounts(
        'nothing: 200 ms of warm-up and 500 ms that count, at 2,000/s',
        {
          ...found!,
          books: { ...found!.books, published: found!.books.published - 400, delivered: found!.books.delivered - 400 },
        },
        countsOf(1000, 1000),
      ),
    ],
  },
  {
    name: 'drop',
    script: { drop: 100 },
    runs: [flow(1, { phases: { drainMs } })],
    claims: ([found]) => [
      claimCounts(
        '1 of 100 deliveries is dropped: 20 of 2,000',
        found!,
        countsOf(messages, deliveries, { received: deliveries - 20, lost: 20 }),
      ),
    ],
  },
  {
    name: 'duplicate',
    script: { duplicate: 50 },
    runs: [flow(0), flow(2)],
    claims: (both) =>
      both.map((found, at) =>
        claimCounts(
          `1 of 50 deliveries is made twice, at QoS ${at * 2}: 40`,
          found,
          countsOf(messages, deliveries, { duplicates: 40 }),
        ),
      ),
  },
  {
    name: 'resend',
    script: { resend: 50 },
    runs: [flow(2)],
    claims: ([found]) => [
      claimCounts('1 of 50 is sent again at QoS 2, which makes no duplicate', found!, countsOf(messages, deliveries)),
    ],
  },
  {
    name: 'reorder',
    script: { swap: 20 },
    // 1,000 messages of one publisher have 50 that are tenth of twenty, at each of two subscribers.
    runs: [flow(1, { publish: { clients: 1 } })],
    claims: ([found]) => [
      claimCounts(
        '1 of 20 deliveries changes places with the next: 100',
        found!,
        countsOf(messages, deliveries, { outOfOrder: 100 }),
      ),
    ],
  },
  {
    name: 'all-at-once',
    script: { drop: 100, duplicate: 70, swap: 20 },
    runs: [flow(0, { publish: { clients: 1 }, subscribe: { clients: 1 }, phases: { messages: 2100, drainMs } })],
    // Of 2,100: 21 dropped; 27 of 30 made twice at other numbers than 700, 1,400 and 2,100, which are dropped.
    claims: ([found]) => [
      claimCounts(
        '21 dropped, 27 made twice and 104 swapped of 2,100',
        found!,
        countsOf(2100, 2100, { received: 2079, lost: 21, duplicates: 27, outOfOrder: 104 }),
      ),
    ],
  },
]
