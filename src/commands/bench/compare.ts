import type { Change } from '../../bench/compare.ts'
import { shownMetric } from '../../bench/figures.ts'
import type { Report } from '../../bench/report.ts'
import { columns } from '../../bench/reports/columns.ts'
import { ExitCode } from '../../errors.ts'
import { safeText } from '../../formatters/terminal-safe.ts'
import type { Io } from '../../io.ts'
import { file, flag, percentage } from '../../options/kinds.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { writeOutput } from '../../streams/sink.ts'
import { command } from '../command.ts'
import { printJson } from '../document.ts'
import { noticeTo } from '../session.ts'
import { readReportsFile } from './files.ts'

const options = table({
  base: {
    kind: file,
    group: 'Reports',
    describe: 'Report to compare with, as --json has written it; repeated runs of it by --repeat, or by --base again',
    required: true,
    repeat: true,
  },
  new: {
    kind: file,
    group: 'Reports',
    describe: 'Report to judge; repeated runs of it follow',
    required: true,
    repeat: true,
  },
  tolerance: {
    kind: percentage,
    group: 'Reports',
    describe: 'Change that does not matter',
    default: 0.05,
    defaultText: '5%',
  },
  json: { kind: flag, group: 'Reports', describe: 'Print the changes as JSON' },
})

type Values = ValuesOf<typeof options>

export const benchCompare = command({
  description:
    'Compares rates, latencies and losses. A change counts when it is larger than the tolerance and larger than ' +
    'chance makes it: what the intervals of a run differ by, or with three runs or more of a side what these differ ' +
    'by, which is the better measure. Exit status 6 when something is worse.',
  options,
  positionals: ['base', 'new'],
  examples: [
    {
      run: 'tmqtt bench compare base.json new.json --tolerance 5%',
      shows: 'one run with another; exit status 6 if it is worse',
    },
    {
      run: 'tmqtt bench compare --base a1.json --base a2.json --new b1.json --new b2.json',
      shows: 'the medians of two runs each',
    },
    {
      run: 'tmqtt bench compare before.json after.json',
      shows: 'the runs of bench flow --repeat 5 --json each',
    },
  ],

  async run(values: Values, io: Io) {
    const { compare } = await import('../../bench/compare.ts')
    const [base, fresh] = [values.base.flatMap(readReportsFile), values.new.flatMap(readReportsFile)]
    await sayDifferences([...base, ...fresh], noticeTo(io, 'bench compare'))
    const changes = compare(base, fresh, values.tolerance)
    const isWorse = changes.some(({ verdict }) => verdict === 'worse')
    if (values.json) await printJson(io, changesJson(changes))
    else await writeOutput(io.stdout, changesText(changes))
    return isWorse ? ExitCode.checkFailed : ExitCode.ok
  },
})

/** What is not the same may be what is to be compared: a broker, a setting. */
async function sayDifferences([first, ...others]: readonly Report[], notice: (text: string) => void): Promise<void> {
  const { differences } = await import('../../bench/merge.ts')
  const all = others.flatMap((other) => differences(first!.configuration, other.configuration))
  if (all.length > 0) notice(`the configurations differ in ${[...new Set(all)].join(', ')}`)
}

function changesText(changes: readonly Change[]): string {
  const rows = changes.map(({ metric: { name, unit }, base, fresh, relative, noise, verdict }) => [
    name,
    shownMetric(unit, base),
    shownMetric(unit, fresh),
    shownChange(relative),
    noise === undefined ? '-' : `±${(noise * 100).toFixed(1)} %`,
    verdict,
  ])
  const lines = columns([['', 'base', 'new', 'change', 'noise', ''], ...rows])
  return lines.map((line) => `${safeText(line)}\n`).join('')
}

function shownChange(relative: number): string {
  if (!Number.isFinite(relative)) return 'from none'
  return `${relative < 0 ? '' : '+'}${(relative * 100).toFixed(1)} %`
}

function changesJson(changes: readonly Change[]): string {
  const rows = changes.map(({ metric: { name, unit }, ...change }) => ({ name, unit, ...change }))
  return `${JSON.stringify(rows, null, 2)}\n`
}
