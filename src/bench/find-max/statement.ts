import { shownRate } from '../figures.ts'
import { type Found, type Outcome, tally } from './search.ts'

/** Whose limit was found: nobody's where the search ended before. */
export function limitOf({ trials, failed }: Found<Outcome>): 'broker' | 'generator' | undefined {
  if (failed === undefined) return undefined
  const { trials: all, held, generatorLimited } = tally(trials, failed)
  return generatorLimited === all - held ? 'generator' : 'broker'
}

/** What was found, and how sure that is. */
export function statement(found: Found<Outcome>): string {
  const { trials, stopped } = found
  const end = stopped === undefined ? '' : ` The search did not end: ${stopped}.`
  return `${trials.length === 0 ? 'Nothing was tried.' : known(found)}${end}`
}

function known(found: Found<Outcome>): string {
  const { trials, held, failed } = found
  if (held === undefined) return `No rate held: ${noneHeld(found)}.`
  const holding = tally(trials, held)
  const holds = `held in ${holding.held} of ${shownTrials(holding.trials)} at ${shownRate(held)}`
  if (failed === undefined) return `The broker takes at least ${shownRate(held)}: ${holds}, and no rate failed.`
  if (limitOf(found) === 'generator')
    return `The broker takes at least ${shownRate(held)}: ${holds}. At ${shownRate(failed)} ${GENERATOR}.`
  return `The broker's limit is between ${shownRate(held)} and ${shownRate(failed)}: ${holds}, ${failedAt(found)}.`
}

const GENERATOR = 'the generator was the limit, not the broker, whose own was not found'

function noneHeld(found: Found<Outcome>): string {
  const { rate, tooFew } = found.trials.at(-1)!
  if (tooFew) return `at ${shownRate(rate)} there were too few samples to tell (a longer --duration has more)`
  return found.failed === undefined || limitOf(found) === 'generator'
    ? `at ${shownRate(rate)} ${GENERATOR}`
    : failedAt(found)
}

function failedAt({ trials, failed }: Found<Outcome>): string {
  const { trials: all, held } = tally(trials, failed!)
  return `failed in ${all - held} of ${shownTrials(all)} at ${shownRate(failed!)}`
}

function shownTrials(count: number): string {
  return count === 1 ? '1 trial' : `${count} trials`
}
