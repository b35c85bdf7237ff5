import { percentileOf } from '../latencies.ts'
import { verdictLine, verdictOf } from '../verdict.ts'
import { claimAbove, claimCounts, claimTime } from './claims.ts'
import { evenRate, subscribeAt } from './plan.ts'
import { countsOf, type Scenario } from './scenario.ts'

const [messages, perSecond] = [2000, 1000]
const stall = { atMessage: 500, forMs: 1000 }
const freeze = { atMessage: 300, forMs: 250 }

/** Unacknowledged messages of the publisher that shows what one does not see who counts from sending. */
const inflight = 10

const answerAfterMs = 40

/**
 * When things happen. Messages are due at fixed times, one each millisecond, whatever else happens: each that is due
 * while the broker stands still has to wait for its end, on any machine. So the lower bounds follow from the plan
 * alone. The upper bounds have the slack of this machine on top: five times what this thread was seen to stand still at
 * worst (a message passes the event loop at most for its timer, twice for each socket, and once for the pause itself to
 * end), and 20 ms for the operating system. An engine that counts from sending, or only some of what waits, breaks the
 * lower ones by far; one that counts too much the upper ones.
 */
export const timingScenarios: readonly Scenario[] = [
  {
    name: 'stall',
    script: { stall },
    runs: [{ publish: { segments: evenRate(perSecond) }, subscribe: {}, phases: { messages } }],
    claims: ([found]) => {
      const { result, books, slackMs } = found!
      const { endToEnd, endToEndFromSent, schedule } = result.measured
      // 20 of 2,000 are above P99: the longest waits, each 1 ms shorter than the one before; 2 ms for the edges.
      const p99Ms = stall.forMs - 22
      const longestMs = books.stalledMs + slackMs
      return [
        claimCounts(`it stands still for 1 s, of 2 s at 1,000/s`, found!, countsOf(messages, messages)),
        claimTime('1 of 100 messages waits nearly 1 s', 'due to received: P99', percentileOf(endToEnd, 99), [
          p99Ms,
          longestMs,
        ]),
        // 500.5 ms, as one bucket may straddle the limit, and 2 for the edges.
        claimAbove('500 messages wait longer than half of it', 'due to received', endToEnd, 500, [
          497,
          502 + longestMs - stall.forMs,
        ]),
        claimTime('at QoS 0 they were sent meanwhile', 'sent to received: P99', percentileOf(endToEndFromSent, 99), [
          0,
          longestMs,
        ]),
        claimTime('the generator went on', 'delay of the generator: P99', percentileOf(schedule, 99), [0, slackMs]),
      ]
    },
  },
  {
    name: 'stall-window',
    script: { stall },
    runs: [
      {
        publish: { qos: 1, segments: evenRate(perSecond), inflight },
        subscribe: { options: subscribeAt(1) },
        phases: { messages },
      },
    ],
    claims: ([found]) => {
      const { result, slackMs } = found!
      const { endToEnd, endToEndFromSent, acknowledged } = result.measured
      // Where this machine itself stands still for half a second, more than the window may be late.
      const most = slackMs < 500 ? inflight : messages
      return [
        claimCounts('the same, and at most 10 may be unacknowledged', found!, countsOf(messages, messages)),
        claimAbove('the others wait to be sent', 'due to received', endToEnd, 500, [497, messages]),
        claimAbove('their acknowledgements with them', 'due to acknowledged', acknowledged, 500, [497, messages]),
        claimAbove('counted from sending, only the 10 were late', 'sent to received', endToEndFromSent, 500, [1, most]),
      ]
    },
  },
  {
    name: 'late-answer',
    script: { answerAfterMs },
    runs: [
      { publish: { qos: 1, segments: evenRate(2000) }, subscribe: { options: subscribeAt(1) }, phases: { messages } },
    ],
    claims: ([found]) => {
      const { result, slackMs } = found!
      const { acknowledged } = result.measured
      const toMs = answerAfterMs + slackMs
      return [
        claimCounts('each PUBACK is 40 ms late', found!, countsOf(messages, messages)),
        claimTime('half of them', 'due to acknowledged: P50', percentileOf(acknowledged, 50), [answerAfterMs, toMs]),
        claimTime('the fastest too', 'due to acknowledged: least', acknowledged.min, [answerAfterMs, toMs]),
      ]
    },
  },
  {
    name: 'generator-stops',
    script: { freeze },
    runs: [{ publish: { segments: evenRate(perSecond) }, subscribe: {}, phases: { messages: 1000 } }],
    claims: ([found]) => {
      const { result } = found!
      const verdict = verdictOf(result, 1)
      return [
        claimCounts('the generator stands still for 250 ms, not the broker', found!, countsOf(1000, 1000)),
        {
          planted: 'the report begins with it',
          reported: verdictLine(verdict) ?? 'nothing of it',
          holds: verdict.reasons.some((reason) => reason.includes('stood still')),
        },
        claimAbove(
          `150 messages have their turn more than 100 ms late`,
          'delay of the generator',
          result.measured.schedule,
          100,
          [147, 1000],
        ),
      ]
    },
  },
  {
    name: 'stops-at-end',
    script: { freeze: { atMessage: 200, forMs: 600 } },
    runs: [
      {
        publish: { qos: 1, segments: evenRate(perSecond) },
        subscribe: { options: subscribeAt(1) },
        phases: { messages: 200, drainMs: 500 },
      },
    ],
    claims: ([found]) => [
      claimCounts('it does so at the end, for longer than is waited: none is lost', found!, countsOf(200, 200)),
    ],
  },
]

/** As the docstring of the scenarios says. @param longestStopMs of this thread, beyond the interval of who looks. */
export function slackOf(longestStopMs: number): number {
  return 20 + 5 * longestStopMs
}
