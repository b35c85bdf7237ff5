import type { Report } from '../../bench/report.ts'
import type { Outcome } from '../../bench/thresholds.ts'
import type { Io } from '../../io.ts'
import { printJson } from '../document.ts'
import { type ReportValues, writeJunit, writeLines } from './reporting.ts'

/** Writes what several runs of one plan have come to. */
export async function writeRuns(
  reports: readonly Report[],
  outcomes: readonly Outcome[],
  values: ReportValues,
  io: Io,
): Promise<void> {
  if (values.json) {
    const { runsJson } = await import('../../bench/report.ts')
    await printJson(io, runsJson(reports, outcomes))
  } else {
    const { runsText } = await import('../../bench/reports/runs-text.ts')
    await writeLines(runsText(reports, outcomes), io)
  }
  await writeJunit(reports, outcomes, values)
}
