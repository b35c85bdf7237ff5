import { arch, cpus, hostname, type as osType, release, totalmem } from 'node:os'
import { configurationOf } from '../../bench/configuration.ts'
import { supplyOf } from '../../bench/machine.ts'
import type { Counts } from '../../bench/metrics.ts'
import type { Plan } from '../../bench/plan.ts'
import type { Host, Report } from '../../bench/report.ts'
import { progressOf } from '../../bench/reports/progress.ts'
import type { Interval, Result } from '../../bench/result.ts'
import { shortagesOf } from '../../bench/shortages.ts'
import { brokenForGood } from '../../bench/thresholds.ts'
import { connectionCounts } from '../../bench/totals.ts'
import { safeText } from '../../formatters/terminal-safe.ts'
import type { Io } from '../../io.ts'
import { LiveLine } from '../../terminal/live-line.ts'
import { version } from '../../version.ts'
import { noticeTo } from '../session.ts'
import type { BenchValues } from './options.ts'
import { withRun } from './planning.ts'
import { withRetained } from './retained.ts'
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
  for (const text of shortagesOf(plan, supplyOf())) line.around(() => notice(text))
  try {
    const whole = withRun(plan)
    const events = {
      ...surroundingsOf(io),
      ...(values.failFast ? { endsFor } : {}),
      notice: (text: string) => line.around(() => notice(text)),
      onPhase: (phase: string) => line.show(`${label}${phase}`),
      onInterval,
    }
    const result = await withRetained(whole, io, events.notice, () => runBench(whole, events))
    const brokerVersion = await brokerVersionOf(plan, result, io)
    return { ...aboutOf(command, plan, io), ...(brokerVersion === undefined ? {} : { brokerVersion }), result }
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

/** Who has just been refused, or is told to stop, does not ask; of several parts, the first does. */
async function brokerVersionOf(plan: Plan, { connections }: Result, io: Io): Promise<string | undefined> {
  if (connections.connected === 0 || plan.shard.index > 0 || io.signal.aborted) return undefined
  const { brokerVersion } = await import('../../bench/broker-version.ts')
  return await brokerVersion(withRun(plan), surroundingsOf(io).host)
}
