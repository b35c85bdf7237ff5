import type { runBench } from '../../bench/run.ts'
import type { Claim, Scenario } from '../../bench/selftest/scenario.ts'
import { ExitCode, TmqttError, UsageError } from '../../errors.ts'
import { safeText } from '../../formatters/terminal-safe.ts'
import type { Io } from '../../io.ts'
import { type ColorValues, colorOptions } from '../../options/color.ts'
import { connectionOptions } from '../../options/connection.ts'
import { flag, textOf } from '../../options/kinds.ts'
import { didYouMean } from '../../options/nearest.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { resolve } from '../../options/resolve.ts'
import { BrokenPipeError, Sink } from '../../streams/sink.ts'
import { LiveLine } from '../../terminal/live-line.ts'
import { statusPainter } from '../../terminal/style.ts'
import { version } from '../../version.ts'
import { type Body, command } from '../command.ts'
import { noticeTo } from '../session.ts'
import { surroundingsOf } from './surroundings.ts'

const options = table({
  scenario: {
    kind: textOf('NAME', 'the name of a scenario, as the table has it'),
    group: 'Selftest',
    describe: 'Plant only these faults',
    repeat: true,
  },
  json: { kind: flag, group: 'Selftest', describe: 'Print the outcome as one JSON document' },
  ...colorOptions,
})

type Values = ValuesOf<typeof options>

/** A claim and the scenario that it belongs to. */
interface Row extends Claim {
  readonly scenario: string
}

/** Name and version of the JSON document. */
const SCHEMA = 'tmqtt-bench-selftest/1'

/** @param engine what is tested. */
export function benchSelftest(engine: () => Promise<typeof runBench>): Body {
  return command({
    description:
      'Runs the engine of bench against a broker of its own on a free port of 127.0.0.1 that is known to be at fault: it ' +
      'stands still, drops, duplicates, reorders, rejects, answers late or never, refuses and hangs up. Prints what was ' +
      'planted and what the report says of it, line by line. Counts have to be exact; times have bounds that follow from ' +
      'the plan, with room for what this machine was seen to stand still. Exit status 6 when a line is wrong.',
    options,
    positionals: ['scenario'],
    examples: [
      { run: 'tmqtt bench selftest', shows: 'all faults, in some twenty seconds' },
      { run: 'tmqtt bench selftest stall drop', shows: 'two of them' },
    ],
    run: async (values: Values, io: Io) => await selftest(values, await engine(), io),
  })
}

async function selftest({ scenario: names, json, color }: Values, engine: typeof runBench, io: Io): Promise<number> {
  const { plant, scenarios } = await import('../../bench/selftest/selftest.ts')
  const chosen = names.length === 0 ? scenarios : names.map((name) => scenarioOf(name, scenarios))
  const options = {
    engine,
    values: resolve(connectionOptions, []),
    ...surroundingsOf(io),
    notice: noticeTo(io, 'bench selftest'),
  }
  const line = new LiveLine(io, 'selftest')
  const show = printer(chosen, io, color)
  const sink = new Sink(io.stdout)
  const write = (text: string) => sink.write([Buffer.from(text)]).catch(unlessNobodyReads)
  const rows: Row[] = []
  try {
    for (const [at, scenario] of chosen.entries()) {
      line.show(`${scenario.name} (${at + 1} of ${chosen.length})`)
      const claims = scenario.claims(await plant(scenario, options))
      const fresh = claims.map((claim) => ({ scenario: scenario.name, ...claim }))
      rows.push(...fresh)
      if (!json) await line.around(() => write(fresh.map(show).join('')))
    }
  } finally {
    line.end()
  }
  if (json) await write(documentOf(rows))
  const wrong = rows.filter(({ holds }) => !holds)
  if (wrong.length === 0) {
    if (!json) await write(`${rows.length === 1 ? 'the line holds' : `all ${rows.length} lines hold`}\n`)
    return ExitCode.ok
  }
  const where = [...new Set(wrong.map(({ scenario }) => scenario))].join(', ')
  throw new TmqttError(`${wrong.length} of ${rows.length} lines are wrong: ${where}`, ExitCode.checkFailed)
}

/** The exit status tells all the same. */
function unlessNobodyReads(error: unknown): void {
  if (!(error instanceof BrokenPipeError)) throw error
}

/** @throws UsageError */
function scenarioOf(name: string, scenarios: readonly Scenario[]): Scenario {
  const found = scenarios.find((each) => each.name === name)
  if (found !== undefined) return found
  const names = scenarios.map((each) => each.name)
  const hint = didYouMean(name, names)
  throw new UsageError(`--scenario: no scenario '${name}'${hint === '' ? `; there are ${names.join(', ')}` : hint}`)
}

/** Columns have their width before all lines are known. */
const PLANTED_WIDTH = 64

/** Terminals that are narrower have what is reported on a line of its own. */
const WIDE = 150

function printer(scenarios: readonly Scenario[], io: Io, color: ColorValues['color']): (row: Row) => string {
  const { stdout } = io
  const paint = statusPainter(io, color)
  const width = Math.max(...scenarios.map(({ name }) => name.length))
  const isNarrow = stdout.isTTY === true && (stdout.columns ?? 0) < WIDE
  return ({ scenario, planted, reported, holds }) => {
    const mark = holds ? paint('passed', '✓') : paint('failed', '✗')
    const [what, found] = [`${scenario.padEnd(width)}  ${planted}`, safeText(reported)]
    if (isNarrow) return `${mark} ${what}\n    ${found}\n`
    return `${mark} ${what.padEnd(width + 2 + PLANTED_WIDTH)}  ${found}\n`
  }
}

function documentOf(rows: readonly Row[]): string {
  const document = { schema: SCHEMA, version, passed: rows.every(({ holds }) => holds), lines: rows }
  return `${JSON.stringify(document)}\n`
}
