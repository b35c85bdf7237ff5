/** What one run at a rate has come to. */
export interface Outcome {
  /** Messages a second that were asked for. */
  readonly rate: number
  readonly held: boolean
  /** The generator was the limit: that the rate failed then says nothing of the broker. */
  readonly generatorLimited: boolean
}

export interface SearchOptions {
  /** Messages a second to begin with. */
  readonly start: number
  /** The search ends when the lowest rate that fails is above the highest that holds by no more than this share. */
  readonly precision: number
  /** Says why no other trial may begin, if so. */
  stopped(trials: number): string | undefined
}

/** What is known at the end, or so far. */
export interface Found<Trial extends Outcome> {
  /** In the order they were made. */
  readonly trials: readonly Trial[]
  /** The highest rate that has held in every trial, below every one that has failed. */
  readonly held: number | undefined
  /** The lowest rate that has failed in some trial. */
  readonly failed: number | undefined
  /** Why the search did not come to its end. */
  readonly stopped: string | undefined
}

/** Trials that a rate has to hold in, and those that the next one has to fail in. */
const HOLDS = 3
const FAILS = 2

/** Beyond these no rate is tried. */
const LOWEST = 1
const HIGHEST = 1e6

/**
 * Searches the highest rate that holds: doubles until one fails, or halves until one holds, then halves the ratio
 * between the two, then repeats both. A rate that fails once when it is repeated counts as one that fails.
 *
 * @param attempt makes a trial; undefined when it was stopped.
 */
export async function findMax<Trial extends Outcome>(
  options: SearchOptions,
  attempt: (rate: number) => Promise<Trial | undefined>,
): Promise<Found<Trial>> {
  const trials: Trial[] = []
  for (;;) {
    const rate = nextRate(trials, options)
    const isOver = rate === undefined || options.stopped(trials.length) !== undefined
    const trial = isOver ? undefined : await attempt(rate)
    if (trial !== undefined) trials.push(trial)
    else return { trials, ...bounds(trials), stopped: rate === undefined ? undefined : options.stopped(trials.length) }
  }
}

/** @returns undefined when all is known. */
function nextRate(trials: readonly Outcome[], { start, precision }: SearchOptions): number | undefined {
  if (trials.length === 0) return start
  const { held, failed } = bounds(trials)
  if (held === undefined) {
    const half = rounded(failed! / 2)
    return half < LOWEST ? undefined : half
  }
  if (failed === undefined && held < HIGHEST) return rounded(Math.min(HIGHEST, held * 2))
  const middle = failed === undefined ? held : rounded(Math.sqrt(held * failed))
  if (failed !== undefined && failed / held > 1 + precision && middle > held && middle < failed) return middle
  if (tally(trials, held).held < HOLDS) return held
  return failed === undefined || tally(trials, failed).trials >= FAILS ? undefined : failed
}

function bounds(trials: readonly Outcome[]): Pick<Found<Outcome>, 'held' | 'failed'> {
  const failed = least(trials.filter(({ held }) => !held))
  const holding = trials.filter(({ held, rate }) => held && (failed === undefined || rate < failed))
  return { held: holding.length === 0 ? undefined : Math.max(...holding.map(({ rate }) => rate)), failed }
}

function least(trials: readonly Outcome[]): number | undefined {
  return trials.length === 0 ? undefined : Math.min(...trials.map(({ rate }) => rate))
}

/** How many trials there were at a rate, and how many of them have held. */
export function tally(
  trials: readonly Outcome[],
  rate: number,
): { readonly trials: number; readonly held: number; readonly generatorLimited: number } {
  const all = trials.filter((trial) => trial.rate === rate)
  return {
    trials: all.length,
    held: all.filter(({ held }) => held).length,
    generatorLimited: all.filter((trial) => !trial.held && trial.generatorLimited).length,
  }
}

/** To three digits: more would say more than the search knows. */
function rounded(rate: number): number {
  return Number(rate.toPrecision(3))
}
