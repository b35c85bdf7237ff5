import { type CheckReport, countOf } from './check-report.ts'

/** Changes when a key changes its meaning or goes away; new keys may come at any time. */
const FORMAT = 1

/** One JSON document. */
export function checkJson(report: CheckReport): string {
  const { rows, timeMs, startedAt, ...rest } = report
  const document = {
    format: FORMAT,
    ...rest,
    startedAt: startedAt.toISOString(),
    timeMs: rounded(timeMs),
    passed: countOf(rows, 'passed'),
    failed: countOf(rows, 'failed'),
    unsupported: countOf(rows, 'unsupported'),
    skipped: countOf(rows, 'skipped'),
    checks: rows.map((row) => ({ ...row, timeMs: rounded(row.timeMs) })),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function rounded(ms: number): number {
  return Number(ms.toFixed(3))
}
