import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { it } from 'vitest'

/**
 * The ordinary suite tries the same cases each time, so that it fails by a change and not by chance. `npm run fuzz`
 * gives a fresh seed, and the number of packets.
 */
const seed = Number(process.env.FUZZ_SEED ?? 20_261_130)
const packets = Number(process.env.FUZZ_PACKETS ?? 0)
/** Of a failure, with the seed that was printed beside it: only this case. */
const path = process.env.FUZZ_PATH
/** Where a long run keeps its totals, a file for each target. */
const totals = process.env.FUZZ_TOTALS

/** Runs between two looks at the totals. Each slice has a seed of its own. */
const SLICE = 500

/** What takes as long has hung, also on a machine with much else to do. */
const HANG_MS = 60_000

export interface Target<T> {
  readonly name: string
  /** What a case is: one value holds several. */
  readonly unit: 'packets' | 'texts'
  /** Runs in the ordinary suite. */
  readonly runs: number
  /** Cases in a long run, as a share of the packets asked for. */
  readonly share: number
  readonly values: fc.Arbitrary<T>
  /** What has failed once, tried first and always. */
  readonly finds?: readonly T[]
}

/** A test that tries generated values. @param check throws what is wrong, and returns how many cases it has tried. */
export function fuzz<T>(
  title: string,
  { name, unit, runs, share, values, finds = [] }: Target<T>,
  check: (value: T) => number | Promise<number>,
): void {
  const wanted = packets * share
  it(
    `${title} (FUZZ_SEED=${seed})`,
    async () => {
      for (const find of finds) await check(find)
      let tried = 0
      let cases = 0
      const property = fc.asyncProperty(values, async (value) => {
        cases += await check(value)
      })
      const began = Date.now()
      while (wanted > 0 ? cases < wanted : tried < runs) {
        const numRuns = wanted > 0 ? SLICE : Math.min(SLICE, runs - tried)
        const replay = path === undefined ? {} : { path }
        const found = await fc.check(property, { seed: seed + tried, numRuns, timeout: HANG_MS, ...replay })
        if (found.failed) throw failure(title, found)
        if (path !== undefined) break
        tried += numRuns
        report(name, { name, unit, cases, runs: tried, ms: Date.now() - began })
      }
    },
    wanted > 0 ? 0 : 2 * HANG_MS,
  )
}

function failure<T>(title: string, found: fc.RunDetails<[T]>): Error {
  // The first number is the case as it was generated, the others how it was shrunk.
  const [at] = found.counterexamplePath?.split(':') ?? []
  const again = `FUZZ_SEED=${found.seed} FUZZ_PATH=${at} npx vitest run test/fuzz -t '${title}'`
  return new Error(`${again}\n${fc.defaultReportMessage(found)}`, { cause: found.errorInstance })
}

function report(name: string, figures: object): void {
  if (totals === undefined) return
  mkdirSync(totals, { recursive: true })
  writeFileSync(join(totals, `${name.replaceAll(' ', '-')}.json`), JSON.stringify(figures))
}
