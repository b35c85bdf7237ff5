import type { Plan } from '../../bench/plan.ts'
import { ExitCode, type InterruptedError } from '../../errors.ts'
import type { Io } from '../../io.ts'
import { openForWriting } from './files.ts'
import type { BenchValues } from './options.ts'
import { outcomesOf, writeReports } from './reporting.ts'
import { failureOf, runPlan } from './run-plan.ts'

/**
 * Runs a plan and writes its report, whatever became of it.
 *
 * @param command `bench flow` and so on.
 * @returns the exit code.
 * @throws TmqttError when no client was connected, or all connections were lost.
 */
export async function runAndReport(command: string, plan: Plan, values: BenchValues, io: Io): Promise<number> {
  const { csv, hdr, prometheus, report: page } = values
  for (const [option, path] of Object.entries({
    '--csv': csv,
    '--hdr': hdr,
    '--prometheus': prometheus,
    '--report': page,
  }))
    if (path !== undefined) openForWriting(option, path)
  const report = await runPlan(command, plan, values, io)
  const outcomes = outcomesOf(values, report)
  await writeReports(report, outcomes, values, io)
  if (io.signal.aborted) return (io.signal.reason as InterruptedError).exitCode
  const failure = failureOf(report.result)
  if (failure !== undefined) throw failure
  return outcomes.some(({ failed }) => failed) ? ExitCode.checkFailed : ExitCode.ok
}
