import type { Report } from '../../bench/report.ts'
import type { Result } from '../../bench/result.ts'
import type { Outcome } from '../../bench/thresholds.ts'
import type { Case, Suite } from '../../reports/suite.ts'

/** A case for each run as a whole, and one for each `--fail-if`. */
export function suiteOf(reports: readonly Report[], thresholds: readonly Outcome[]): Suite {
  const { command, brokers } = reports[0]!.configuration
  const group = `${command} ${brokers.join(', ')}`
  const runs = reports.map(({ result }, at): Case => {
    const name = reports.length === 1 ? 'the whole run' : `run ${at + 1}`
    const wrong = wrongWith(result)
    const timeMs = result.intervals.at(-1)?.endMs ?? 0
    return wrong === undefined
      ? { group, name, status: 'passed', timeMs }
      : { group, name, status: 'failed', timeMs, message: wrong }
  })
  const cases = thresholds.map(({ threshold, failed, reason }): Case => {
    const name = `fail if ${threshold}`
    return { group, name, status: failed ? 'failed' : 'passed', timeMs: 0, ...(failed ? { message: reason } : {}) }
  })
  return {
    name: `tmqtt ${command}`,
    timeMs: runs.reduce((sum, { timeMs }) => sum + timeMs, 0),
    cases: [...runs, ...cases],
  }
}

function wrongWith({ incomplete, connections: { connected, intended } }: Result): string | undefined {
  return incomplete ?? (connected === 0 && intended > 0 ? 'no client was connected' : undefined)
}
