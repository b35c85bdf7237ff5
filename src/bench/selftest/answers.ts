import { reasonName } from '../../mqtt/reason-codes.ts'
import { claimConnections, claimCounts } from './claims.ts'
import { deliveries, drainMs, flow, messages } from './flow.ts'
import { evenRate } from './plan.ts'
import { connectionsOf, countsOf, type Scenario } from './scenario.ts'

const [QUOTA, NOT_AUTHORIZED, BUSY, SHUTTING_DOWN] = [151, 135, 137, 139]

/** What the broker answers, or does not: every count is exact. */
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
