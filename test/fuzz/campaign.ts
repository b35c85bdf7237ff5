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

/** Runs between two looks at the totals. */
const SLICE = 100

/** Tests that a long run is divided into: what each of them has to clean up is kept until it ends. */
const PARTS = 25

/** Between the seeds of two parts. */
const APART = 10_000_000

/** What takes as long has hung, also on a machine with much else to do. */
const HANG_MS = 60_000

export interface Target<T, C> {
  readonly name: string
  /** What a case is: one value may hold several. */
  readonly unit: 'packets' | 'texts'
  /** Runs in the ordinary suite. */
  readonly runs: number
  /** Cases in a long run, as a share of the packets asked for. */
  readonly share: number
  readonly values: fc.Arbitrary<T>
  /** What has failed once, tried first and always: as it is, since a seed makes something else of a changed generator. */
  readonly finds?: readonly T[]
  /** Makes what all values of a test are tried with. */
  readonly prepare?: () => Promise<C>
}

/** A test that tries generated values. @param check throws what is wrong, and returns how many cases it has tried. */
export function fuzz<T, C = undefined>(
  title: string,
  target: Target<T, C>,
  check: (value: T, context: C) => number | Promise<number>,
): void {
  const { name, unit, runs, share, values, finds = [], prepare } = target
  const figures = { name, unit, cases: 0, runs: 0, ms: 0 }
  const parts = packets > 0 && path === undefined ? PARTS : 1
  for (let part = 0; part < parts; part++) {
    const first = seed + part * APART
    const cases = (packets * share) / parts
    const test = async () => {
      const context = (await prepare?.()) as C
      const property = fc.asyncProperty(values, async (value) => {
        figures.cases += await check(value, context)
      })
      for (const find of finds) await check(find, context)
      const began = Date.now() - figures.ms
      const until = figures.cases + cases
      for (let tried = 0; packets > 0 ? figures.cases < until : tried < runs; ) {
        const left = packets > 0 ? until - figures.cases : runs - tried
        const numRuns = Math.min(SLICE, Math.ceil(left))
        const replay = path === undefined ? {} : { path }
        const found = await fc.check(property, { seed: first + tried, numRuns, timeout: HANG_MS, ...replay })
        if (found.failed) throw failure(title, found)
        if (path !== undefined) break
        tried += numRuns
        figures.runs += numRuns
        figures.ms = Date.now() - began
        report(figures)
      }
    }
    it(`${title} (FUZZ_SEED=${first})`, test, packets > 0 ? 0 : 2 * HANG_MS)
  }
}

function failure<T>(title: string, found: fc.RunDetails<[T]>): Error {
  // The first number is the case as it was generated, the others how it was shrunk.
  const [at] = found.counterexamplePath?.split(':') ?? []
  const again = `FUZZ_SEED=${found.seed} FUZZ_PATH=${at} npx vitest run test/fuzz -t '${title}'`
  return new Error(`${again}\n${fc.defaultReportMessage(found)}`, { cause: found.errorInstance })
}

function report(figures: { readonly name: string }): void {
  if (totals === undefined) return
  mkdirSync(totals, { recursive: true })
  writeFileSync(join(totals, `${figures.name.replaceAll(' ', '-')}.json`), JSON.stringify(figures))
}
