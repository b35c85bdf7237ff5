import { ExitCode } from '../../errors.ts'
import type { Io } from '../../io.ts'
import { file } from '../../options/kinds.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { command } from '../command.ts'
import { noticeTo } from '../session.ts'
import { readReportFile } from './files.ts'
import { outcomesOf, reportOptions, writeReports } from './reporting.ts'

const options = table({
  part: {
    kind: file,
    group: 'Reports',
    describe: 'Reports of the parts, as --json has written them',
    required: true,
    repeat: true,
  },
  ...reportOptions,
})

type Values = ValuesOf<typeof options>

export const benchMerge = command({
  description:
    'Adds up reports of one run that --shard has divided, exactly: the percentiles are those that one process would ' +
    'have measured. Parts of different configurations are refused; parts that are missing are named.',
  options,
  positionals: ['part'],
  examples: [
    { run: 'tmqtt bench merge part-*.json', shows: 'what all parts come to' },
    {
      run: 'tmqtt bench merge part-1.json part-2.json --json > whole.json',
      shows: 'as a report that merge and compare read',
    },
  ],

  async run(values: Values, io: Io) {
    const { mergeReports } = await import('../../bench/merge.ts')
    const all = values.part.map((name) => ({ name, report: readReportFile(name) }))
    const report = mergeReports(all, noticeTo(io, 'bench merge'))
    const outcomes = outcomesOf(values, report)
    await writeReports(report, outcomes, values, io)
    return outcomes.some(({ failed }) => failed) ? ExitCode.checkFailed : ExitCode.ok
  },
})
