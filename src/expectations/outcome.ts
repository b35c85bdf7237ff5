import type { Case } from '../reports/suite.ts'
import type { Sighting } from './nearest.ts'
import type { Expectation, Tally } from './tally.ts'

/** How a run ended. */
export interface Ending {
  /** Why it was not seen through to its end, which is a failure of its own: no connection, or an interruption. */
  readonly cut: string | undefined
  /** Whether the time ran out. */
  readonly isLate: boolean
  readonly withinMs: number
  readonly elapsedMs: number
  /** What became of the command, if there is one: a failure, as in "ended with exit status 1". */
  readonly command:
    | { readonly name: string; readonly state: 'running' | 'ended'; readonly failure?: string }
    | undefined
}

/** What became of each expectation, in the order in which they are told. */
export function casesOf(tally: Tally, ending: Ending): readonly Case[] {
  const { expectation } = tally
  const base = { group: 'tmqtt expect', timeMs: ending.elapsedMs }
  const verdicts: Verdict[] = [{ name: 'stays subscribed to the end', failure: ending.cut }]
  if (expectation.filters.length > 0) verdicts.push(countVerdict(tally, ending))
  for (const filter of expectation.none) verdicts.push(noneVerdict(tally, filter))
  if (ending.command !== undefined) verdicts.push(commandVerdict(ending.command, ending))
  const isOver = verdicts.every(({ failure }) => failure === undefined)
  return verdicts.map(({ name, failure, details = [], isSettled = false }) => {
    if (failure !== undefined) return { ...base, name, status: 'failed', message: failure, details }
    if (isOver || isSettled || name === verdicts[0]!.name) return { ...base, name, status: 'passed' }
    return { ...base, name, status: 'skipped', message: 'the run was over before this was clear' }
  })
}

interface Verdict {
  readonly name: string
  readonly failure: string | undefined
  readonly details?: readonly string[]
  /** It is met, however the others go. */
  readonly isSettled?: boolean
}

function countVerdict(tally: Tally, { isLate, withinMs }: Ending): Verdict {
  const { counted, breach, expectation, hasEnough } = tally
  const name = `${wanted(expectation)} on ${expectation.filters.map(quoted).join(' or ')}${described(expectation)}`
  if (breach !== undefined && breach.filter === undefined) {
    const failure = `${counted} messages came, more than ${expectation.atMost}`
    return { name, failure, details: [`one too many: ${shown(breach.sighting)}`] }
  }
  if (hasEnough) return { name, failure: undefined, isSettled: expectation.atMost === Number.POSITIVE_INFINITY }
  if (!isLate) return { name, failure: undefined }
  const failure = `${counted} of ${expectation.atLeast} messages came within ${withinMs / 1000} s`
  return { name, failure, details: nearMisses(tally) }
}

function nearMisses({ expectation, nearest, counted, passed, leftOut }: Tally): readonly string[] {
  const awaited = expectation.steps[counted]
  return [
    ...(awaited === undefined ? [] : [`the next to come: ${awaited.typed}`]),
    ...(passed === 0 ? [] : [`${passed} more came that did not count; the nearest:`]),
    ...nearest.all.map((each) => `${shown(each)}; not met: ${each.failures.join(', ')}`),
    ...(leftOut === 0 ? [] : [`${leftOut} retained from before did not count (--retained counts them)`]),
    ...(passed + leftOut === 0
      ? [`nothing ${counted === 0 ? '' : 'else '}came on ${expectation.filters.map(quoted).join(' or ')}`]
      : []),
  ]
}

function noneVerdict({ breach }: Tally, filter: string): Verdict {
  const name = `nothing on ${quoted(filter)}`
  if (breach?.filter !== filter) return { name, failure: undefined }
  return { name, failure: `a message came on ${quoted(breach.sighting.topic)}`, details: [shown(breach.sighting)] }
}

function commandVerdict(
  { name, state, failure }: NonNullable<Ending['command']>,
  { isLate, withinMs }: Ending,
): Verdict {
  if (failure !== undefined) return { name, failure: `${name} ${failure}` }
  if (state === 'ended') return { name, failure: undefined, isSettled: true }
  return { name, failure: isLate ? `${name} did not end within ${withinMs / 1000} s` : undefined }
}

function wanted({ atLeast, atMost, steps }: Expectation): string {
  if (steps.length > 0) return `${messages(steps.length)} in order`
  if (atMost === Number.POSITIVE_INFINITY) return `at least ${messages(atLeast)}`
  if (atLeast === atMost) return `exactly ${messages(atLeast)}`
  return atLeast === 0 ? `at most ${messages(atMost)}` : `${atLeast} to ${messages(atMost)}`
}

function messages(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`
}

function described({ conditions, steps }: Expectation): string {
  return [...conditions, ...steps].map(({ typed }) => ` ${typed}`).join('')
}

function shown({ topic, payload }: Sighting): string {
  return `${quoted(topic)} ${payload}`
}

function quoted(text: string): string {
  return `'${text}'`
}
