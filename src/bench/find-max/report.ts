import { shownRate, shownTime } from '../figures.ts'
import { type Report, summaryOf } from '../report.ts'
import { headline } from '../reports/headline.ts'
import type { Found } from './search.ts'
import { limitOf, statement } from './statement.ts'
import type { Trial } from './trial.ts'

/** Name and version of the format. */
const SCHEMA = 'tmqtt-bench-find-max/1'

/** A search with what it was asked. */
export interface FoundReport extends Found<Trial> {
  readonly conditions: readonly string[]
  /** Of the search as it was asked for, without a result of its own. */
  readonly about: Omit<Report, 'result'>
}

/** The search as one JSON document with its line end, all trials in it. */
export function foundJson(found: FoundReport): string {
  const { trials, held, failed, stopped, conditions, about } = found
  const brokerVersion = trials.map(({ report }) => report.brokerVersion).find((version) => version !== undefined)
  const document = {
    schema: SCHEMA,
    ...about,
    brokerVersion,
    conditions,
    found: {
      statement: statement(found),
      heldRate: held ?? null,
      failedRate: failed ?? null,
      limit: limitOf(found) ?? null,
      stopped: stopped ?? null,
    },
    trials: trials.map(({ report: { result }, ...trial }) => {
      const { began, measuredMs, incomplete, connections, messages } = result
      return { ...trial, began, measuredMs, incomplete, connections, messages, summary: summaryOf(result) }
    }),
  }
  return `${JSON.stringify(document)}\n`
}

/** The search for a person, as lines. What the broker said is in them as it came. */
export function foundText(found: FoundReport): readonly string[] {
  const { trials, conditions, about } = found
  const [last] = trials.slice(-1)
  const where = last === undefined ? [] : headline(last.report).slice(1)
  const ms = about.configuration.phases.measureMs
  return [
    statement(found),
    '',
    `tmqtt ${about.configuration.command}: ${conditions.join(', ')}; trials of ${shownTime(ms * 1000)}`,
    ...where,
    ...(trials.length === 0 ? [] : ['', 'Trials', ...rows(trials).map((line) => `  ${line}`)]),
  ]
}

function rows(trials: readonly Trial[]): string[] {
  const rates = trials.map(({ rate }) => shownRate(rate))
  const width = Math.max(...rates.map(({ length }) => length))
  return trials.map(
    (trial, at) => `${rates[at]!.padStart(width)}  ${trial.held ? 'held  ' : 'failed'}  ${shownTrial(trial)}`,
  )
}

/** One trial: its figures, or why it failed. */
export function shownTrial({ held, conditions, reasons, generatorLimited, generatorReasons }: Trial): string {
  // What holds although the generator was a limit would do so the more without.
  if (held) return conditions.map(({ reason }) => reason).join(', ')
  const limit = generatorLimited ? `; the generator was the limit: ${generatorReasons.join('; ')}` : ''
  return `${reasons.join(', ')}${limit}`
}
