import type { Report } from '../../bench/report.ts'
import type { Outcome } from '../../bench/thresholds.ts'
import type { Case, Suite } from '../../reports/suite.ts'

/** A case for the run as a whole, and one for each `--fail-if`. */
export function suiteOf({ configuration, result }: Report, thresholds: readonly Outcome[]): Suite {
  const { command, brokers } = configuration
  const group = `${command} ${brokers.join(', ')}`
  const timeMs = result.intervals.at(-1)?.endMs ?? 0
  const { connected, intended } = result.connections
  const wrong = result.incomplete ?? (connected === 0 && intended > 0 ? 'no client was connected' : undefined)
  const run: Case =
    wrong === undefined
      ? { group, name: 'the whole run', status: 'passed', timeMs }
      : { group, name: 'the whole run', status: 'failed', timeMs, message: wrong }
  const cases = thresholds.map(({ threshold, failed, reason }): Case => {
    const name = `fail if ${threshold}`
    return { group, name, status: failed ? 'failed' : 'passed', timeMs: 0, ...(failed ? { message: reason } : {}) }
  })
  return { name: `tmqtt ${command}`, timeMs, cases: [run, ...cases] }
}
