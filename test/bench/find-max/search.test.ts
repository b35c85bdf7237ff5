import { describe, expect, it } from 'vitest'
import { type Found, findMax, type Outcome, type SearchOptions } from '../../../src/bench/find-max/search.ts'
import { limitOf, statement } from '../../../src/bench/find-max/statement.ts'

interface Behaviour extends Partial<SearchOptions> {
  /** Of the trials at a rate, from 0: whether it holds. */
  readonly holds: (rate: number, time: number) => boolean
  readonly isGenerator?: (rate: number) => boolean
  readonly isTooFew?: (rate: number) => boolean
}

async function search({
  holds,
  isGenerator = () => false,
  isTooFew = () => false,
  ...options
}: Behaviour): Promise<Found<Outcome>> {
  const times = new Map<number, number>()
  return await findMax({ start: 1000, precision: 0.05, stopped: () => undefined, ...options }, async (rate) => {
    const time = times.get(rate) ?? 0
    times.set(rate, time + 1)
    return { rate, held: holds(rate, time), generatorLimited: isGenerator(rate), tooFew: isTooFew(rate) }
  })
}

const rates = ({ trials }: Found<Outcome>) => trials.map(({ rate }) => rate)

describe('the search for the highest rate', () => {
  it('doubles until a rate fails, halves the ratio, and repeats both ends', async () => {
    const found = await search({ holds: (rate) => rate <= 6000 })
    expect(rates(found)).toEqual([1000, 2000, 4000, 8000, 5660, 6730, 6170, 5910, 5910, 5910, 6170])
    expect(found).toMatchObject({ held: 5910, failed: 6170, stopped: undefined })
    expect(statement(found)).toBe(
      "The broker's limit is between 5,910/s and 6,170/s: held in 3 of 3 trials at 5,910/s, failed in 2 of 2 trials at 6,170/s.",
    )
  })

  it.each([3, 17, 999, 1000, 1001, 123_456, 987_654])('finds a limit of %d/s within the precision', async (limit) => {
    const { held, failed, trials } = await search({ holds: (rate) => rate <= limit })
    expect(held).toBeLessThanOrEqual(limit)
    expect(failed).toBeGreaterThan(limit)
    // Three digits are all there is.
    expect(failed! / held!).toBeLessThanOrEqual(limit < 100 ? 1.51 : 1.06)
    expect(trials.length).toBeLessThan(30)
  })

  it('halves when the first rate fails, down to one that holds', async () => {
    const found = await search({ holds: (rate) => rate <= 300 })
    expect(rates(found).slice(0, 3)).toEqual([1000, 500, 250])
    expect(found).toMatchObject({ held: 297, failed: 310 })
  })

  it('says that none held when even the lowest fails', async () => {
    const found = await search({ start: 5, holds: () => false })
    expect(found).toMatchObject({ held: undefined, failed: 1.25 })
    expect(statement(found)).toBe('No rate held: failed in 1 of 1 trial at 1.25/s.')
  })

  it('goes lower when a rate that held fails once it is repeated', async () => {
    const found = await search({ holds: (rate, time) => rate <= 5500 || (rate <= 6000 && time < 2) })
    expect(found.failed).toBeLessThanOrEqual(6000)
    expect(found.held).toBeLessThanOrEqual(5500)
    const repeated = found.trials.filter(({ rate }) => rate === found.held)
    expect(repeated.map(({ held }) => held)).toEqual([true, true, true])
  })

  it('says so when a rate that failed holds once it is repeated', async () => {
    const found = await search({ holds: (rate, time) => rate <= 6000 || (rate < 6500 && time > 0) })
    expect(statement(found)).toContain('failed in 1 of 2 trials at 6,170/s')
  })

  it('says at least when the generator was the limit', async () => {
    const found = await search({ holds: (rate) => rate <= 6000, isGenerator: (rate) => rate > 5000 })
    expect(limitOf(found)).toBe('generator')
    expect(statement(found)).toBe(
      'The broker takes at least 5,910/s: held in 3 of 3 trials at 5,910/s. At 6,170/s the generator was the limit, not the broker, whose own was not found.',
    )
  })

  it('blames the broker when the generator was well in one of the trials that failed', async () => {
    let isFirst = true
    const isGenerator = (rate: number) => {
      const isLimited = rate === 6170 && isFirst
      if (rate === 6170) isFirst = false
      return isLimited
    }
    expect(limitOf(await search({ holds: (rate) => rate <= 6000, isGenerator }))).toBe('broker')
  })

  it('tries a rate once more that failed while the generator was the limit', async () => {
    const found = await search({ holds: (rate, time) => rate <= 4000 && time > 0, isGenerator: (rate) => rate < 4000 })
    expect(rates(found).slice(0, 5)).toEqual([1000, 1000, 2000, 2000, 4000])
    expect(found.trials.slice(0, 2).map(({ held }) => held)).toEqual([false, true])
  })

  it('says that none held because of the generator', async () => {
    const found = await search({ start: 1, holds: () => false, isGenerator: () => true })
    expect(rates(found)).toEqual([1, 1])
    expect(statement(found)).toBe(
      'No rate held: at 1/s the generator was the limit, not the broker, whose own was not found.',
    )
  })

  it('goes no lower where there are too few samples', async () => {
    const found = await search({ holds: () => false, isTooFew: (rate) => rate <= 500 })
    expect(rates(found)).toEqual([1000, 500])
    expect(statement(found)).toBe(
      'No rate held: at 500/s there were too few samples to tell (a longer --duration has more).',
    )
  })

  it('ends at a million when nothing fails', async () => {
    const found = await search({ start: 300_000, holds: () => true })
    expect(rates(found)).toEqual([300_000, 600_000, 1e6, 1e6, 1e6])
    expect(statement(found)).toBe(
      'The broker takes at least 1,000,000/s: held in 3 of 3 trials at 1,000,000/s, and no rate failed.',
    )
    expect(limitOf(found)).toBeUndefined()
  })

  it('says what is known when it is stopped', async () => {
    const stopped = (trials: number) => (trials === 2 ? 'it was interrupted' : undefined)
    expect(statement(await search({ holds: () => true, stopped }))).toBe(
      'The broker takes at least 2,000/s: held in 1 of 1 trial at 2,000/s, and no rate failed. The search did not end: it was interrupted.',
    )
    expect(statement(await search({ holds: () => true, stopped: () => 'it was interrupted' }))).toBe(
      'Nothing was tried. The search did not end: it was interrupted.',
    )
  })
})
