import type { Plan } from '../../bench/plan.ts'
import { judgeRuns } from '../../bench/repeats.ts'
import type { Report } from '../../bench/report.ts'
import { brokenForGood, isFinal } from '../../bench/thresholds.ts'
import { ExitCode, type InterruptedError, TmqttError, UsageError } from '../../errors.ts'
import type { Io } from '../../io.ts'
import { openForWriting } from './files.ts'
import type { BenchValues } from './options.ts'
import { writeRuns } from './repeating.ts'
import { outcomesOf, writeReports } from './reporting.ts'
import { failureOf } from './run-failure.ts'
import { runPlan } from './run-plan.ts'

/**
 * Runs a plan, as often as asked for, and writes what came of it.
 *
 * @param command `bench flow` and so on.
 * @returns the exit code.
 * @throws TmqttError when no client was connected, or all connections were lost, in any run.
 */
export async function runAndReport(command: string, plan: Plan, values: BenchValues, io: Io): Promise<number> {
  checkFailFast(values)
  const { csv, hdr, prometheus, junit, report: page } = values
  for (const [option, path] of Object.entries({
    '--csv': csv,
    '--hdr': hdr,
    '--prometheus': prometheus,
    '--junit': junit,
    '--report': page,
  }))
    if (path !== undefined) openForWriting(option, path)
  const reports =
    values.repeat === 1 ? [await runPlan(command, plan, values, io)] : await repeat(command, plan, values, io)
  const outcomes =
    reports.length === 1
      ? outcomesOf(values, reports[0]!)
      : judgeRuns(
          values.failIf,
          reports.map(({ result }) => result),
        )
  if (values.repeat === 1) await writeReports(reports[0]!, outcomes, values, io)
  else await writeRuns(reports, outcomes, values, io)
  if (io.signal.aborted) return (io.signal.reason as InterruptedError).exitCode
  for (const report of reports) {
    const failure = endedFast(values, report) ?? failureOf(report.result)
    if (failure !== undefined) throw failure
  }
  return outcomes.some(({ failed }) => failed) ? ExitCode.checkFailed : ExitCode.ok
}

/** @returns the runs that were made: a run that the user has stopped is left out, unless it is the first. */
async function repeat(command: string, plan: Plan, values: BenchValues, io: Io): Promise<readonly Report[]> {
  const reports: Report[] = []
  for (let run = 1; run <= values.repeat; run++) {
    const report = await runPlan(command, plan, values, io, `run ${run} of ${values.repeat}: `)
    if (reports.length === 0 || !io.signal.aborted) reports.push(report)
    // What is over for good will not be otherwise in the next run.
    const isOver = report.result.connections.connected === 0 || endedFast(values, report) !== undefined
    if (io.signal.aborted || isOver) break
  }
  return reports
}

/** @throws UsageError where no comparison can end a run early. */
function checkFailFast({ failFast, failIf }: BenchValues): void {
  if (failFast && !failIf.some(isFinal))
    throw new UsageError(
      "--fail-fast needs a --fail-if that can fail for good, such as 'rejected>0' or 'duplicates>10'",
    )
}

/** Clients were connected, and the run was ended since a threshold was not met. */
function endedFast({ failFast, failIf }: BenchValues, { result }: Report): TmqttError | undefined {
  const { incomplete, connections } = result
  if (!failFast || incomplete === undefined || connections.connected === 0) return undefined
  if (brokenForGood(failIf, result) === undefined) return undefined
  return new TmqttError(incomplete, ExitCode.checkFailed)
}
