import type { FoundReport } from '../../bench/find-max/report.ts'
import type { Trial } from '../../bench/find-max/trial.ts'
import type { Plan } from '../../bench/plan.ts'
import { parseConditions } from '../../bench/thresholds.ts'
import { ExitCode, type InterruptedError, TmqttError, UsageError } from '../../errors.ts'
import type { Io } from '../../io.ts'
import { duration, integer, percentage } from '../../options/kinds.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { printJson } from '../document.ts'
import { noticeTo } from '../session.ts'
import type { BenchValues, LoadValues } from './options.ts'
import { atRate, planOf, type Work } from './planning.ts'
import { comparison, writeLines } from './reporting.ts'
import { failureOf } from './run-failure.ts'
import { aboutOf, runPlan } from './run-plan.ts'
import { runAndReport } from './running.ts'

const group = 'Search'

/** For commands that publish on a schedule. */
export const findOptions = table({
  findMax: {
    kind: comparison("comparisons with commas between, such as 'e2e.p99<20ms,lost=0'", parseConditions),
    group,
    describe:
      'Search the highest rate at which all of these hold, and at which the broker keeps up: 98 % of what it takes and ' +
      'delivers in all it does before the time is over. Begins at --rate, doubles until a trial fails, goes on between ' +
      'the two, and repeats both ends: three trials have to hold, two to fail. Names as for --fail-if',
    excludes: ['shard', 'messages', 'repeat', 'failIf', 'csv', 'hdr', 'prometheus', 'junit', 'report'],
  },
  precision: {
    kind: percentage,
    group,
    describe: 'End the search when the rate that fails is higher than the one that holds by no more than this',
    default: 0.05,
    defaultText: '5%',
    requires: ['findMax'],
  },
  maxTrials: {
    kind: integer(1, 1000),
    group,
    describe: 'Make no more trials than these',
    default: 50,
    requires: ['findMax'],
  },
  maxTime: {
    kind: duration(1),
    group,
    describe: 'Begin no trial after this time',
    default: 600_000,
    defaultText: '10m',
    requires: ['findMax'],
  },
})

type FindValues = ValuesOf<typeof findOptions>

type Values = BenchValues & LoadValues & FindValues

/** How long a trial measures unless told otherwise. */
const TRIAL_MS = 3000

/**
 * @param isSteady publishers go on as long as the load does.
 * @throws UsageError where there is not one rate to begin with, or no broker could keep up.
 */
export function checkFind({ findMax, rate }: Pick<Values, 'findMax' | 'rate'>, isSteady = true): void {
  if (findMax === undefined) return
  if (!isSteady) throw new UsageError('--find-max needs a steady load, which --shape wills is not')
  if (rate === undefined) return
  const begins = rate !== 'max' && rate.length === 1 && rate[0]!.durationMs === Number.POSITIVE_INFINITY
  if (!begins) throw new UsageError('--find-max begins at one --rate such as 1k/s: no segments, and not max')
}

/** Makes one run of the work, or as many as it takes to find the highest rate. @returns the exit code. */
export async function runOrFind(command: string, work: Work, values: Values, io: Io): Promise<number> {
  if (values.findMax === undefined) return await runAndReport(command, await planOf(work, io), values, io)
  const plan = await planOf({ ...work, durationMs: TRIAL_MS }, io)
  const { foundJson, foundText } = await import('../../bench/find-max/report.ts')
  const { found, failure } = await search(command, plan, values, io)
  if (values.json) await printJson(io, foundJson(found))
  else await writeLines(foundText(found), io)
  if (io.signal.aborted) return (io.signal.reason as InterruptedError).exitCode
  if (failure !== undefined) throw failure
  if (found.held === undefined) throw new TmqttError('no rate held', ExitCode.checkFailed)
  return ExitCode.ok
}

async function search(
  command: string,
  plan: Plan,
  values: Values,
  io: Io,
): Promise<{ readonly found: FoundReport; readonly failure: TmqttError | undefined }> {
  const { findMax } = await import('../../bench/find-max/search.ts')
  const { trialOf } = await import('../../bench/find-max/trial.ts')
  const { shownTrial } = await import('../../bench/find-max/report.ts')
  const { shownRate } = await import('../../bench/figures.ts')
  const conditions = values.findMax ?? []
  const notice = noticeTo(io, command)
  const beganMs = performance.now()
  let failure: TmqttError | undefined
  let count = 0
  const attempt = async (rate: number): Promise<Trial | undefined> => {
    const label = `trial ${++count}, ${shownRate(rate)}: `
    const report = await runPlan(command, atRate(plan, rate, values), values, io, label)
    // Where nobody gets in, no rate is to blame; what a broker under load does is a trial that has failed.
    if (report.result.connections.connected === 0) failure = failureOf(report.result)
    if (io.signal.aborted || failure !== undefined) return undefined
    const trial = trialOf(rate, report, conditions)
    notice(`${label}${trial.held ? 'held' : 'failed'}, ${shownTrial(trial)}`)
    return trial
  }
  const stopped = (trials: number) => {
    if (io.signal.aborted) return 'it was interrupted'
    if (failure !== undefined) return failure.message
    if (trials >= values.maxTrials) return `${values.maxTrials} trials were made (--max-trials)`
    return performance.now() - beganMs < values.maxTime ? undefined : 'its time is over (--max-time)'
  }
  const start = plan.publish!.segments![0]!.to
  const found = await findMax({ start, precision: values.precision, stopped }, attempt)
  const about = aboutOf(command, plan, io)
  return { found: { ...found, conditions: conditions.map(({ text }) => text), about }, failure }
}
