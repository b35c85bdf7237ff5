import { isDeepStrictEqual } from 'node:util'
import { LocalError } from '../errors.ts'
import type { Configuration } from './configuration.ts'
import { merged } from './latencies.ts'
import { LATENCIES } from './metrics.ts'
import { isStamped } from './payloads.ts'
import type { Report } from './report.ts'
import type { GeneratorHealth, Interval, Measured, MessageCounts, Result, SlowCounts } from './result.ts'
import { undecidedOf } from './totals.ts'

/** A report and the file that it is from. */
export interface Named {
  readonly name: string
  readonly report: Report
}

/**
 * Adds up the parts of one run, exactly.
 *
 * @param notice is told when parts are missing, and when parts are of different versions.
 * @throws LocalError when they are not parts of one run, or a part is there twice.
 */
export function mergeReports(all: readonly Named[], notice: (text: string) => void): Report {
  const [first, ...others] = all
  if (first === undefined) throw new LocalError('there is nothing to merge')
  for (const other of others) checkSame(first, other)
  const parts = all.flatMap(({ name, report }) => report.shards.indexes.map((index) => ({ name, index })))
  const { of } = first.report.shards
  parts.forEach(({ name, index }, at) => {
    const twice = parts.slice(0, at).find((part) => part.index === index)
    if (twice === undefined) return
    const what = of === 1 ? 'whole runs' : `part ${index + 1} of ${of}`
    throw new LocalError(`${twice.name} and ${name} are both ${what}: merge adds up parts, compare takes repeated runs`)
  })
  const indexes = parts.map(({ index }) => index).sort((a, b) => a - b)
  const missing = Array.from({ length: of }, (_, index) => index).filter((index) => !indexes.includes(index))
  if (missing.length > 0)
    notice(`of ${of} parts ${missing.length} are missing: ${missing.map((index) => `${index + 1}/${of}`).join(', ')}`)
  const versions = [...new Set(all.map(({ report }) => report.version))]
  if (versions.length > 1) notice(`the parts were run by different versions of tmqtt: ${versions.join(', ')}`)
  const hosts = all.flatMap(({ report }) => report.hosts)
  const brokerVersion = all.map(({ report }) => report.brokerVersion).find((each) => each !== undefined)
  return {
    version: first.report.version,
    configuration: first.report.configuration,
    ...(brokerVersion === undefined ? {} : { brokerVersion }),
    hosts: hosts.filter((host, at) => hosts.findIndex((each) => isDeepStrictEqual(each, host)) === at),
    shards: { indexes, of },
    result: mergeResults(
      all.map(({ report }) => report.result),
      missing.length === 0 ? first.report.configuration : undefined,
    ),
  }
}

/** @throws LocalError that names what differs. */
function checkSame(first: Named, other: Named): void {
  const [one, two] = [first.report, other.report]
  const files = `${first.name} and ${other.name} are not parts of one run`
  if (one.shards.of !== two.shards.of)
    throw new LocalError(`${files}: one is of ${one.shards.of} parts, the other of ${two.shards.of}`)
  const [difference] = differences(one.configuration, two.configuration)
  if (difference !== undefined) throw new LocalError(`${files}: they differ in ${difference}`)
}

/** Where two configurations are not the same: `publish.qos` and so on. */
export function differences(one: Configuration, other: Configuration): string[] {
  return paths(one, other, '')
}

function paths(one: unknown, other: unknown, path: string): string[] {
  if (isDeepStrictEqual(one, other)) return []
  const isBranch = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isBranch(one) || !isBranch(other)) return [path]
  const [a, b] = [one as Record<string, unknown>, other as Record<string, unknown>]
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return keys.flatMap((key) => paths(a[key], b[key], path === '' ? key : `${path}.${key}`))
}

/** Adds up what several processes have come to that ran at the same time. */
/** @param whole the configuration, if these are all parts. */
function mergeResults(results: readonly Result[], whole: Configuration | undefined): Result {
  const connections = results.map((result) => result.connections)
  const incomplete = [...new Set(results.flatMap(({ incomplete: why }) => (why === undefined ? [] : [why])))]
  return {
    began: results.map(({ began }) => began).reduce((a, b) => (a < b ? a : b)),
    measuredMs: largest(results.map(({ measuredMs }) => measuredMs)),
    acknowledgingMs: largest(results.map(({ acknowledgingMs }) => acknowledgingMs)),
    receivingMs: largest(results.map(({ receivingMs }) => receivingMs)),
    incomplete: incomplete.length === 0 ? undefined : incomplete.join('; '),
    connections: {
      ...summed(connections, ['intended', 'connected', 'left', 'missed', 'sessionsLost']),
      ...summedByReason(connections, ['failed', 'lost', 'subscriptionsRefused']),
    },
    messages: mergeMessages(
      results.map(({ messages }) => messages),
      whole,
    ),
    slow: mergeSlow(results.flatMap(({ slow }) => (slow === undefined ? [] : [slow]))),
    measured: mergeMeasured(results.map(({ measured }) => measured)),
    intervals: mergeIntervals(results.map(({ intervals }) => intervals)),
    brokerLimits: Object.assign({}, ...results.map(({ brokerLimits }) => brokerLimits).reverse()),
    clocks: results.flatMap(({ clocks }) => clocks).sort((a, b) => a.part - b.part),
  }
}

/** What one part has sent another may have received: what is lost shows only in all of them. */
function mergeMessages(all: readonly MessageCounts[], whole: Configuration | undefined): MessageCounts {
  const { received, duplicates, ...counts } = {
    ...summed(all, ['intended', 'sent', 'acknowledged', 'unanswered', 'expected', 'received']),
    ...summed(all, ['duplicates', 'outOfOrder', 'foreign']),
    ...undecidedOf(all.reduce((sum, { undecided = 0 }) => sum + undecided, 0)),
    ...summedByReason(all, ['rejected']),
  }
  // Two members of a shared group in different parts don't know of each other.
  const isStampedFlow = whole?.subscribe !== undefined && whole.publish !== undefined && isStamped(whole.publish)
  const surplus = isStampedFlow ? Math.max(0, received - counts.expected) : 0
  const told = { ...counts, received: received - surplus, duplicates: duplicates + surplus }
  if (isStampedFlow || whole?.subscribe?.retained !== undefined)
    return { ...told, lost: counts.expected - told.received }
  const expectsNone = whole !== undefined && (whole.publish === undefined || whole.subscribe === undefined)
  return { ...told, lost: expectsNone ? 0 : undefined }
}

function mergeSlow(all: readonly SlowCounts[]): SlowCounts | undefined {
  if (all.length === 0) return undefined
  const counts = summed(all, ['expected', 'received', 'duplicates', 'outOfOrder'])
  return { ...counts, lost: Math.max(0, counts.expected - counts.received), ...summedByReason(all, ['hungUp']) }
}

function summed<Key extends string>(all: readonly Readonly<Record<Key, number>>[], keys: readonly Key[]) {
  const total = (key: Key) => all.reduce((sum, each) => sum + each[key], 0)
  return Object.fromEntries(keys.map((key) => [key, total(key)])) as Record<Key, number>
}

function summedByReason<Key extends string>(
  all: readonly Readonly<Record<Key, Readonly<Record<string, number>>>>[],
  keys: readonly Key[],
) {
  const total = (key: Key) => {
    const counts = new Map<string, number>()
    for (const each of all)
      for (const [reason, count] of Object.entries(each[key])) counts.set(reason, (counts.get(reason) ?? 0) + count)
    return Object.fromEntries(counts)
  }
  return Object.fromEntries(keys.map((key) => [key, total(key)])) as Record<Key, Record<string, number>>
}

function largest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0)
}

function mergeMeasured(all: readonly Measured[]): Measured {
  const entries = Object.values(LATENCIES).map(({ key }) => [key, merged(all.map((each) => each[key]))])
  return Object.fromEntries(entries) as Measured
}

/**
 * Processes begin at different moments, and their phases take different times: what belongs together is the nth interval
 * of a phase.
 */
function mergeIntervals(all: readonly (readonly Interval[])[]): Interval[] {
  const groups = new Map<string, Interval[]>()
  for (const intervals of all) {
    const seen = new Map<string, number>()
    for (const interval of intervals) {
      const number = seen.get(interval.phase) ?? 0
      seen.set(interval.phase, number + 1)
      const key = `${interval.phase} ${number}`
      groups.set(key, [...(groups.get(key) ?? []), interval])
    }
  }
  return [...groups.values()].map(mergeInterval).sort((a, b) => a.startMs - b.startMs)
}

function mergeInterval(all: readonly Interval[]): Interval {
  return {
    phase: all[0]!.phase,
    startMs: all.map(({ startMs }) => startMs).reduce((a, b) => Math.min(a, b)),
    endMs: largest(all.map(({ endMs }) => endMs)),
    ...summed(all, ['connected', 'sent', 'acknowledged', 'received', 'bytesSent', 'bytesReceived']),
    measured: mergeMeasured(all.map(({ measured }) => measured)),
    health: mergeHealth(all.map(({ health }) => health)),
  }
}

function mergeHealth(all: readonly GeneratorHealth[]): GeneratorHealth {
  return {
    loopDelayMaxMs: largest(all.map(({ loopDelayMaxMs }) => loopDelayMaxMs)),
    loopDelayP99Ms: largest(all.map(({ loopDelayP99Ms }) => loopDelayP99Ms)),
    utilization: largest(all.map(({ utilization }) => utilization)),
    ...summed(all, ['gcMs', 'cpuCores', 'socketBacklog', 'waiting']),
  }
}
