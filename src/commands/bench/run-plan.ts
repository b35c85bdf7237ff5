import { arch, cpus, hostname, type as osType, release, totalmem } from 'node:os'
import { configurationOf } from '../../bench/configuration.ts'
import type { Counts } from '../../bench/metrics.ts'
import type { Plan } from '../../bench/plan.ts'
import type { Host, Report } from '../../bench/report.ts'
import { progressOf } from '../../bench/reports/progress.ts'
import type { Interval, Result } from '../../bench/result.ts'
import { brokenForGood } from '../../bench/thresholds.ts'
import { connectionCounts } from '../../bench/totals.ts'
import { ConnectionLostError, ExitCode, RefusedError, TmqttError, UnreachableError } from '../../errors.ts'
import { safeText } from '../../formatters/terminal-safe.ts'
import type { Io } from '../../io.ts'
import { LiveLine } from '../../terminal/live-line.ts'
import { version } from '../../version.ts'
import { noticeTo } from '../session.ts'
import type { BenchValues } from './options.ts'
import { withRun } from './planning.ts'
import { surroundingsOf } from './surroundings.ts'

/**
 * Runs a plan once, and shows on a terminal how it goes.
 *
 * @param command `bench flow` and so on.
 * @param label in front of what is shown, where there are several runs.
 */
export async function runPlan(
  command: string,
  plan: Plan,
  values: Pick<BenchValues, 'progress' | 'failFast' | 'failIf'>,
  io: Io,
  label = '',
): Promise<Report> {
  const { runBench } = await import('../../bench/run.ts')
  const line = new LiveLine(io, `${label}connecting`)
  const notice = noticeTo(io, command)
  const endsFor = (counts: Counts) => {
    const broken = brokenForGood(values.failIf, counts)
    return broken === undefined ? undefined : `${broken.text} (--fail-fast)`
  }
  const progress = progressOf(plan.phases, connectionCounts(plan, []).intended)
  const onInterval = (interval: Interval) => {
    const text = `${label}${safeText(progress(interval))}`
    if (values.progress) line.around(() => io.stderr.write(`${text}\n`))
    line.show(text)
  }
  try {
    const result = await runBench(withRun(plan), {
      ...surroundingsOf(io),
      ...(values.failFast ? { endsFor } : {}),
      notice: (text) => line.around(() => notice(text)),
      onPhase: (phase) => line.show(`${label}${phase}`),
      onInterval,
    })
    return { ...aboutOf(command, plan, io), result }
  } finally {
    line.end()
  }
}

/** All that a report of this plan says besides the result. */
export function aboutOf(command: string, plan: Plan, io: Io): Omit<Report, 'result'> {
  return {
    version,
    configuration: configurationOf(command, plan),
    hosts: [thisHost(io)],
    shards: { indexes: [plan.shard.index], of: plan.shard.of },
  }
}

function thisHost({ nodeVersion }: Io): Host {
  const all = cpus()
  return {
    name: hostname(),
    os: `${osType()} ${release()} ${arch()}`,
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryBytes: totalmem(),
    node: nodeVersion,
  }
}

/** Why there is nothing, or only a part; undefined when the run was one. */
export function failureOf({ connections, incomplete, measuredMs }: Result): TmqttError | undefined {
  const [worst] = Object.entries(connections.failed).sort(([, a], [, b]) => b - a)
  if (connections.connected === 0 && connections.intended > 0) {
    const reason = worst === undefined ? 'no CONNACK in time (--connect-timeout)' : worst[0]
    const code = reasonCode(reason)
    const text = `no client was connected: ${reason}`
    return code === undefined ? new UnreachableError(text) : new RefusedError(text, code)
  }
  if (incomplete === undefined) return undefined
  return measuredMs === 0 ? new TmqttError(incomplete, ExitCode.checkFailed) : new ConnectionLostError(incomplete)
}

/** Of a refusal: what stands in brackets behind its name. */
function reasonCode(reason: string): number | undefined {
  const code = / \((\d+)\)/.exec(reason)?.[1]
  return code === undefined ? undefined : Number(code)
}
