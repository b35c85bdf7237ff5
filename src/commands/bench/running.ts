import { arch, cpus, hostname, type as osType, release, totalmem } from 'node:os'
import { configurationOf } from '../../bench/configuration.ts'
import { supplyOf } from '../../bench/machine.ts'
import { totalOf } from '../../bench/metrics.ts'
import type { Plan } from '../../bench/plan.ts'
import type { Host, Report } from '../../bench/report.ts'
import { progressOf } from '../../bench/reports/progress.ts'
import type { Interval, Result } from '../../bench/result.ts'
import { shortagesOf } from '../../bench/shortages.ts'
import { connectionCounts } from '../../bench/totals.ts'
import {
  ConnectionLostError,
  ExitCode,
  type InterruptedError,
  RefusedError,
  TmqttError,
  UnreachableError,
} from '../../errors.ts'
import { safeText } from '../../formatters/terminal-safe.ts'
import type { Io } from '../../io.ts'
import { LiveLine } from '../../terminal/live-line.ts'
import { version } from '../../version.ts'
import { noticeTo } from '../session.ts'
import { openForWriting } from './files.ts'
import type { BenchValues } from './options.ts'
import { withRun } from './planning.ts'
import { outcomesOf, writeReports } from './reporting.ts'
import { surroundingsOf } from './surroundings.ts'

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
  const result = await run(command, plan, values, io)
  const brokerVersion = await brokerVersionOf(plan, result, io)
  const report: Report = {
    version,
    configuration: configurationOf(command, plan),
    ...(brokerVersion === undefined ? {} : { brokerVersion }),
    hosts: [thisHost(io)],
    shards: { indexes: [plan.shard.index], of: plan.shard.of },
    result,
  }
  const outcomes = outcomesOf(values, report)
  await writeReports(report, outcomes, values, io)
  if (io.signal.aborted) return (io.signal.reason as InterruptedError).exitCode
  const failure = failureOf(result)
  if (failure !== undefined) throw failure
  return outcomes.some(({ failed }) => failed) ? ExitCode.checkFailed : ExitCode.ok
}

async function run(command: string, plan: Plan, values: BenchValues, io: Io): Promise<Result> {
  const { runBench } = await import('../../bench/run.ts')
  const line = new LiveLine(io, 'connecting')
  const notice = noticeTo(io, command)
  const progress = progressOf(plan.phases, connectionCounts(plan, []).intended)
  const onInterval = (interval: Interval) => {
    const text = safeText(progress(interval))
    if (values.progress) line.around(() => io.stderr.write(`${text}\n`))
    line.show(text)
  }
  for (const text of shortagesOf(plan, supplyOf())) line.around(() => notice(text))
  try {
    return await runBench(withRun(plan), {
      ...surroundingsOf(io),
      notice: (text) => line.around(() => notice(text)),
      onPhase: (phase) => line.show(phase),
      onInterval,
    })
  } finally {
    line.end()
  }
}

/** Who has just been refused, or is told to stop, does not ask; of several parts, the first does. */
async function brokerVersionOf(plan: Plan, { connections }: Result, io: Io): Promise<string | undefined> {
  if (connections.connected === 0 || plan.shard.index > 0 || io.signal.aborted) return undefined
  const { brokerVersion } = await import('../../bench/broker-version.ts')
  return await brokerVersion(withRun(plan), surroundingsOf(io).host)
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
function failureOf(result: Result): TmqttError | undefined {
  const { connections, incomplete, measuredMs } = result
  const [worst] = Object.entries(connections.failed).sort(([, a], [, b]) => b - a)
  if (connections.connected === 0 && connections.intended > 0) {
    const reason = worst === undefined ? 'no CONNACK in time (--connect-timeout)' : worst[0]
    const code = reasonCode(reason)
    const text = `no client was connected: ${reason}`
    return code === undefined ? new UnreachableError(text) : new RefusedError(text, code)
  }
  if (incomplete === undefined) return allRefused(result)
  return measuredMs === 0 ? new TmqttError(incomplete, ExitCode.checkFailed) : new ConnectionLostError(incomplete)
}

/** A run of which the broker has taken nothing has measured nothing but that. */
function allRefused({ connections, messages }: Result): TmqttError | undefined {
  const { connected, subscriptionsRefused } = connections
  const refused = totalOf(subscriptionsRefused)
  if (refused > 0 && (refused >= connected || (messages.sent > 0 && messages.expected === 0)))
    return refusalOf('every subscription was refused', subscriptionsRefused)
  const rejected = totalOf(messages.rejected)
  if (rejected > 0 && rejected === messages.sent) return refusalOf('every message was rejected', messages.rejected)
  return undefined
}

function refusalOf(what: string, reasons: Readonly<Record<string, number>>): RefusedError {
  const [reason = ''] = Object.keys(reasons)
  return new RefusedError(`${what}: ${reason}`, reasonCode(reason) ?? ExitCode.connectionLost)
}

/** Of a refusal: what stands in brackets behind its name. */
function reasonCode(reason: string): number | undefined {
  const code = / \((\d+)\)/.exec(reason)?.[1]
  return code === undefined ? undefined : Number(code)
}
