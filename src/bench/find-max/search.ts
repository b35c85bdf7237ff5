/** What one run at a rate has come to. */
export interface Outcome {
  /** Messages a second that were asked for. */
  readonly rate: number
  readonly held: boolean
  /** The generator was the limit: that the rate failed then says nothing of the broker. */
  readonly generatorLimited: boolean
  /** It failed only since there were too few samples to tell: no lower rate has more. */
  readonly tooFew: boolean
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
  /** The highest rate that has held, below every one that has failed. */
  readonly held: number | undefined
  /** The lowest rate that has failed: once, or where the generator was the limit twice. */
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
 * between the two, then repeats both. A rate that fails once when it is repeated counts as one that fails; where the
 * generator was the limit, which may be chance, it is tried once more first.
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
  const last = trials.at(-1)
  if (last === undefined) return start
  if (!last.held && !hasFailed(trials, last.rate)) return last.rate
  const { held, failed } = bounds(trials)
  if (held === undefined) {
    const half = rounded(last.rate / 2)
    return half < LOWEST || last.tooFew ? undefined : half
  }
  if (failed === undefined && held < HIGHEST) return rounded(Math.min(HIGHEST, held * 2))
  const middle = failed === undefined ? held : rounded(Math.sqrt(held * failed))
  if (failed !== undefined && failed / held > 1 + precision && middle > held && middle < failed) return middle
  if (tally(trials, held).held < HOLDS) return held
  return failed === undefined || tally(trials, failed).trials >= FAILS ? undefined : failed
}

function bounds(trials: readonly Outcome[]): Pick<Found<Outcome>, 'held' | 'failed'> {
  const rates = [...new Set(trials.map(({ rate }) => rate))]
  const failed = rates.filter((rate) => hasFailed(trials, rate)).reduce(least, undefined)
  const holding = trials.filter(({ held, rate }) => held && (failed === undefined || rate < failed))
  return { held: holding.map(({ rate }) => rate).reduce(most, undefined), failed }
}

/** Once for certain, or twice for whatever reason. */
function hasFailed(trials: readonly Outcome[], rate: number): boolean {
  const failed = trials.filter((trial) => trial.rate === rate && !trial.held)
  return failed.length > 1 || failed.some(({ generatorLimited }) => !generatorLimited)
}

const least = (a: number | undefined, b: number) => Math.min(a ?? b, b)
const most = (a: number | undefined, b: number) => Math.max(a ?? b, b)

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
