import { merged } from './latencies.ts'
import { type Counted, MEASURED } from './meter.ts'
import { isStamped } from './payloads.ts'
import type { Plan } from './plan.ts'
import type { ConnectionCounts, Measured, MessageCounts, Result, SlowCounts } from './result.ts'
import { numbersOf, roles } from './roster.ts'
import { type Reasons, Tally } from './tally.ts'

/** Adds up exactly, whoever measured. */
export function mergedMeasured(all: readonly Measured[]): Measured {
  return Object.fromEntries(
    MEASURED.map((name) => [name, merged(all.map((each) => each[name]))]),
  ) as unknown as Measured
}

function sumOf<T>(all: readonly T[], amountOf: (each: T) => number): number {
  return all.reduce((sum, each) => sum + amountOf(each), 0)
}

function tallyOf(all: readonly Reasons[]): Tally {
  const tally = new Tally()
  for (const reasons of all) tally.addAll(reasons)
  return tally
}

export function connectionCounts(plan: Plan, all: readonly Counted[]): ConnectionCounts {
  const workers = Array.from({ length: plan.workers }, (_, worker) => worker)
  return {
    intended:
      sumOf(roles, (role) => sumOf(workers, (worker) => numbersOf(plan, role, worker).length)) +
      sumOf(all, ({ returns }) => returns),
    connected: sumOf(all, ({ connected }) => connected),
    left: sumOf(all, ({ left }) => left),
    missed: sumOf(all, ({ missed }) => missed),
    sessionsLost: sumOf(all, ({ sessionsLost }) => sessionsLost),
    failed: tallyOf(all.map(({ failed }) => failed)).counts,
    lost: tallyOf(all.map(({ lost }) => lost)).counts,
    subscriptionsRefused: tallyOf(all.map((each) => each.subscriptionsRefused)).counts,
  }
}

export function messageCounts(plan: Plan, all: readonly Counted[]): MessageCounts {
  const rejected = tallyOf(all.map((each) => each.rejected))
  const [sent, acknowledged] = [sumOf(all, (each) => each.sent), sumOf(all, (each) => each.acknowledged)]
  const expected = sumOf(all, (each) => each.expected)
  const distinct = sumOf(all, (each) => each.received)
  // What a broker delivers that it should not: a message that it has rejected. A shard receives what others send.
  const surplus =
    plan.publish === undefined || !isStamped(plan.publish) || plan.shard.of > 1 ? 0 : Math.max(0, distinct - expected)
  return {
    intended: sumOf(all, (each) => each.intended),
    sent,
    acknowledged,
    rejected: rejected.counts,
    unanswered: sent - acknowledged - rejected.total,
    expected,
    received: distinct - surplus,
    lost: lostOf(plan, expected - (distinct - surplus)),
    duplicates: sumOf(all, (each) => each.duplicates) + surplus,
    outOfOrder: sumOf(all, (each) => each.outOfOrder),
    ...undecidedOf(sumOf(all, (each) => each.undecided)),
    foreign: sumOf(all, (each) => each.foreign),
  }
}

/** Undefined where no subscriber is slow. */
export function slowCounts(plan: Plan, all: readonly Counted[]): SlowCounts | undefined {
  if (plan.subscribe?.slow === undefined) return undefined
  const expected = sumOf(all, ({ slowExpected }) => slowExpected)
  const received = sumOf(all, ({ slow }) => slow.received)
  return {
    expected,
    received,
    lost: expected - received,
    duplicates: sumOf(all, ({ slow }) => slow.duplicates),
    outOfOrder: sumOf(all, ({ slow }) => slow.outOfOrder),
    hungUp: tallyOf(all.map(({ slow }) => slow.hungUp)).counts,
  }
}

/** Nearly always there are none. */
export function undecidedOf(undecided: number): Pick<MessageCounts, 'undecided'> {
  return undecided === 0 ? {} : { undecided }
}

/** Undefined in a part of a run, which receives what others have sent, and where nothing says what it is. */
function lostOf({ publish, subscribe, shard }: Plan, missing: number): number | undefined {
  if (subscribe?.retained !== undefined) return missing
  if (publish === undefined || subscribe === undefined) return 0
  return shard.of === 1 && isStamped(publish) ? missing : undefined
}

/** What the first broker that said something has said. */
export function brokerLimitsOf(all: readonly Counted[]): Result['brokerLimits'] {
  return all.map((each) => each.brokerLimits).find((limits) => Object.keys(limits).length > 0) ?? {}
}
