import type { Report } from '../report.ts'
import type { Outcome } from '../thresholds.ts'

export function htmlReport(_report: Report, _outcomes: readonly Outcome[]): string {
  return ''
}
