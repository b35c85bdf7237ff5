import { reasonName } from '../../mqtt/reason-codes.ts'
import { claimConnections, claimCounts } from './claims.ts'
import { evenRate, type PlanParts, subscribeAt } from './plan.ts'
import { connectionsOf, countsOf, type Scenario } from './scenario.ts'

/** Publishers and subscribers of all topics: each message makes `subscribers` deliveries. */
const [publishers, subscribers, messages] = [3, 2, 1000]
const deliveries = messages * subscribers

function flow(qos: 0 | 1 | 2, others: PlanParts = {}): PlanParts {
  return {
    ...others,
    publish: { clients: publishers, qos, ...others.publish },
    subscribe: { clients: subscribers, options: subscribeAt(qos), ...others.subscribe },
    phases: { messages, ...others.phases },
  }
}

/** Long enough for what is late on a busy machine; all of it is waited for where something never comes. */
const drainMs = 1500

const [QUOTA, NOT_AUTHORIZED, BUSY, SHUTTING_DOWN] = [151, 135, 137, 139]

/** What becomes of messages and connections: every count is exact, however busy the machine. */
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

/** What the broker answers. */
export const answerScenarios: readonly Scenario[] = [
  {
    name: 'no-answer',
    script: { ignore: 50 },
    runs: [flow(1, { phases: { drainMs } })],
    claims: ([found]) => [
      claimCounts(
        '1 of 50 PUBLISH packets gets no PUBACK: 20',
        found!,
        countsOf(messages, deliveries, { acknowledged: messages - 20, unanswered: 20 }),
      ),
    ],
  },
  {
    name: 'reject',
    script: { reject: { every: 20, codes: [QUOTA, NOT_AUTHORIZED] } },
    runs: [flow(1), flow(2)],
    claims: (both) =>
      both.map((found, at) =>
        claimCounts(
          `1 of 20 messages is rejected, at QoS ${at + 1}: 25 each by two reasons`,
          found,
          countsOf(messages, deliveries - 100, {
            acknowledged: messages - 50,
            rejected: { [reasonName(QUOTA)]: 25, [reasonName(NOT_AUTHORIZED)]: 25 },
          }),
        ),
      ),
  },
  {
    name: 'refuse-connect',
    script: { refuseConnect: { every: 10, code: BUSY } },
    runs: [{ idle: 30, phases: { measureMs: 1 } }],
    claims: ([found]) => [
      claimConnections(
        '1 of 10 connections is refused: 3',
        found!,
        connectionsOf(30, 27, { failed: { [reasonName(BUSY)]: 3 } }),
      ),
    ],
  },
  {
    name: 'refuse-subscribe',
    script: { refuseSubscribe: { every: 4, code: NOT_AUTHORIZED } },
    runs: [flow(0, { subscribe: { clients: 4 } })],
    claims: ([found]) => [
      claimConnections(
        '1 of 4 subscriptions is refused',
        found!,
        connectionsOf(7, 7, { subscriptionsRefused: { [reasonName(NOT_AUTHORIZED)]: 1 } }),
      ),
      claimCounts('what it would have had is not missed', found!, countsOf(messages, 3 * messages)),
    ],
  },
  {
    name: 'hang-up',
    script: { hangUp: { atMessage: 300, code: SHUTTING_DOWN } },
    runs: [
      flow(1, { publish: { clients: 2, segments: evenRate(2000) }, subscribe: { clients: 1 }, phases: { drainMs } }),
    ],
    claims: ([found]) => {
      const { result, books } = found!
      const { sent, expected } = result.messages
      return [
        claimConnections(
          'one publisher is hung up on',
          found!,
          connectionsOf(3, 3, { lost: { [reasonName(SHUTTING_DOWN)]: 1 } }),
        ),
        claimCounts(
          'what it had sent is unanswered and lost, what was due not sent',
          found!,
          countsOf(messages, sent, {
            sent,
            acknowledged: books.acknowledged,
            unanswered: sent - books.acknowledged,
            received: books.delivered,
            lost: expected - books.delivered,
          }),
        ),
      ]
    },
  },
]

/** What has to come to the same, whoever of the generator's threads does it. */
export const workerScenarios: readonly Scenario[] = [
  {
    name: 'workers',
    script: { duplicate: 50 },
    runs: [1, 2].map((workers) =>
      flow(1, { workers, publish: { clients: 4, poisson: true }, subscribe: { clients: 4, filter: 'selftest/%i' } }),
    ),
    claims: (both) =>
      both.map((found, at) =>
        claimCounts(
          `the same with ${threads(at)}: 1 of 50 deliveries is made twice`,
          found,
          countsOf(messages, messages, { duplicates: 20 }),
        ),
      ),
  },
  {
    name: 'shared-group',
    script: { drop: 100, duplicate: 40 },
    runs: [1, 2].map((workers) =>
      flow(1, { workers, subscribe: { clients: 4, filter: '$share/g/selftest/+' }, phases: { drainMs } }),
    ),
    claims: (both) =>
      both.map((found, at) =>
        // Of 25 that two members would have had, 5 are dropped.
        claimCounts(
          `a group, ${threads(at)}: 10 of 1,000 are dropped, two members have 20`,
          found,
          countsOf(messages, messages, { received: messages - 10, lost: 10, duplicates: 20 }),
        ),
      ),
  },
]

function threads(at: number): string {
  return at === 0 ? '1 worker' : '2 workers'
}
