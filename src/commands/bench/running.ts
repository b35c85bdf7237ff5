import type { Plan } from '../../bench/plan.ts'
import type { Report } from '../../bench/report.ts'
import { brokenForGood, isFinal } from '../../bench/thresholds.ts'
import { ExitCode, type InterruptedError, TmqttError, UsageError } from '../../errors.ts'
import type { Io } from '../../io.ts'
import { openForWriting } from './files.ts'
import type { BenchValues } from './options.ts'
import { outcomesOf, writeReports } from './reporting.ts'
import { failureOf } from './run-failure.ts'
import { runPlan } from './run-plan.ts'

/**
 * Runs a plan and writes its report, whatever became of it.
 *
 * @param command `bench flow` and so on.
 * @returns the exit code.
 * @throws TmqttError when no client was connected, or all connections were lost.
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
  const report = await runPlan(command, plan, values, io)
  const outcomes = outcomesOf(values, report)
  await writeReports(report, outcomes, values, io)
  if (io.signal.aborted) return (io.signal.reason as InterruptedError).exitCode
  const failure = failureOf(report.result)
  if (failure !== undefined) throw endedFast(values, report) ?? failure
  return outcomes.some(({ failed }) => failed) ? ExitCode.checkFailed : ExitCode.ok
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
