import { shownShare } from '../figures.ts'
import { coresOf, type Report } from '../report.ts'
import type { Result } from '../result.ts'
import { failures, holds, type Outcome as Judged, type Threshold } from '../thresholds.ts'
import { verdictOf } from '../verdict.ts'
import type { Outcome } from './search.ts'

/** A run at a rate, and how it was judged. */
export interface Trial extends Outcome {
  readonly conditions: readonly { readonly condition: string; readonly holds: boolean; readonly reason: string }[]
  /** Why it has not held; one clause each. */
  readonly reasons: readonly string[]
  /** Why the generator was the limit; one clause each. */
  readonly generatorReasons: readonly string[]
  readonly report: Report
}

/**
 * Share of what was sent, acknowledged and received in all that has to be so before the measurement ends. What the
 * broker only gets through afterwards it has not kept up with: a backlog grew. That of the warm-up makes up for the
 * messages that are on their way at the end.
 */
const KEPT_UP = 0.98

/** Messages that may be on their way at the end, however few there are. */
const ON_THEIR_WAY = 10

/** @param report of a run at this rate with a warm-up. */
export function trialOf(rate: number, report: Report, conditions: readonly Threshold[]): Trial {
  const { result } = report
  const judged = failures(conditions, result).map((each, at) => judgedOf(each, holds(conditions[at]!, result)))
  const share = keptUp(result)
  const backlog = share >= KEPT_UP ? [] : [`only ${shownShare(share)} came through in time`]
  const reasons = [
    ...(result.incomplete === undefined ? [] : [result.incomplete]),
    ...(result.messages.intended > 0 ? [] : ['no message was due in this time (--duration)']),
    ...judged.filter((each) => !each.holds).map(({ reason }) => reason),
    ...backlog,
  ]
  const { generatorLimited, reasons: generatorReasons } = verdictOf(result, coresOf(report))
  const untold = conditions.filter((condition) => holds(condition, result) === undefined).length
  const tooFew = untold > 0 && reasons.length === untold
  return {
    rate,
    held: reasons.length === 0,
    tooFew,
    generatorLimited,
    conditions: judged,
    reasons,
    generatorReasons,
    report,
  }
}

/** A condition holds where `--fail-if` would fail; one that can't be told does not. */
function judgedOf({ threshold, reason }: Judged, isMet: boolean | undefined): Trial['conditions'][number] {
  return { condition: threshold, holds: isMet ?? false, reason }
}

/** Of sending, acknowledging and receiving the least. */
function keptUp({ messages, intervals }: Result): number {
  const { intended, acknowledged, received, duplicates } = messages
  const measured = intervals.filter(({ phase }) => phase === 'measure')
  const during = (key: 'sent' | 'acknowledged' | 'received') => measured.reduce((sum, each) => sum + each[key], 0)
  return Math.min(
    shareOf(during('sent'), intended),
    shareOf(during('acknowledged'), acknowledged),
    shareOf(during('received'), received + duplicates),
  )
}

/** None of none is all. */
function shareOf(part: number, whole: number): number {
  return whole - part <= ON_THEIR_WAY ? 1 : part / whole
}
