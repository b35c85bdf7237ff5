import { percentileOf, type Samples } from './latencies.ts'
import type { Measured, Result } from './result.ts'

/** The names under which a user knows what is measured, and what reports call it. */
export const LATENCIES: Readonly<Record<string, { readonly key: keyof Measured; readonly title: string }>> = {
  tcp: { key: 'tcp', title: 'TCP connection' },
  tls: { key: 'tls', title: 'TLS handshake' },
  connack: { key: 'connack', title: 'CONNECT to CONNACK' },
  suback: { key: 'suback', title: 'SUBSCRIBE to SUBACK' },
  return: { key: 'returned', title: 'due to come back to ready' },
  flood: { key: 'flood', title: 'due to subscribe to last retained' },
  schedule: { key: 'schedule', title: 'delay of the generator' },
  waited: { key: 'waited', title: 'waited for window or socket' },
  ack: { key: 'acknowledged', title: 'due to acknowledged' },
  'ack-sent': { key: 'acknowledgedFromSent', title: 'sent to acknowledged' },
  e2e: { key: 'endToEnd', title: 'due to received' },
  'e2e-slow': { key: 'slow', title: 'due to received, slow' },
  'e2e-sent': { key: 'endToEndFromSent', title: 'sent to received' },
}

/** Percentiles that reports show. */
export const PERCENTILES = [50, 75, 90, 95, 99, 99.9, 99.99] as const

/** One number of a result. */
export interface Metric {
  readonly name: string
  /** `time` is in microseconds, `rate` per second. */
  readonly unit: 'time' | 'count' | 'rate'
  /** Undefined when it can't be told; `missing` says why. */
  read(result: Result): number | undefined
  missing(result: Result): string
  /** What a percentage of it is a percentage of. */
  base?(result: Result): number
}

/** What counts are read from. */
export type Counts = Pick<Result, 'connections' | 'messages' | 'slow'>

interface Count {
  readonly read: (counts: Counts) => number | undefined
  readonly base: (counts: Counts) => number
}

/** The total of counts by reason. */
export function totalOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

const counts: Readonly<Record<string, Count>> = {
  sent: { read: ({ messages }) => messages.sent, base: ({ messages }) => messages.intended },
  'not-sent': {
    read: ({ messages }) => messages.intended - messages.sent,
    base: ({ messages }) => messages.intended,
  },
  acknowledged: { read: ({ messages }) => messages.acknowledged, base: ({ messages }) => messages.sent },
  rejected: { read: ({ messages }) => totalOf(messages.rejected), base: ({ messages }) => messages.sent },
  unanswered: { read: ({ messages }) => messages.unanswered, base: ({ messages }) => messages.sent },
  received: { read: ({ messages }) => messages.received, base: ({ messages }) => messages.expected },
  lost: { read: ({ messages }) => messages.lost, base: ({ messages }) => messages.expected },
  duplicates: { read: ({ messages }) => messages.duplicates, base: ({ messages }) => messages.received },
  'out-of-order': { read: ({ messages }) => messages.outOfOrder, base: ({ messages }) => messages.received },
  foreign: { read: ({ messages }) => messages.foreign, base: ({ messages }) => messages.received },
  connected: { read: ({ connections }) => connections.connected, base: ({ connections }) => connections.intended },
  'connect-failed': {
    read: ({ connections }) => totalOf(connections.failed),
    base: ({ connections }) => connections.intended,
  },
  'connections-lost': {
    read: ({ connections }) => totalOf(connections.lost),
    base: ({ connections }) => connections.connected,
  },
  'slow-received': { read: ({ slow }) => slow?.received ?? 0, base: ({ slow }) => slow?.expected ?? 0 },
  'slow-lost': { read: ({ slow }) => slow?.lost ?? 0, base: ({ slow }) => slow?.expected ?? 0 },
  left: { read: ({ connections }) => connections.left, base: ({ connections }) => connections.connected },
  'churn-missed': {
    read: ({ connections }) => connections.missed,
    base: ({ connections }) => connections.left + connections.missed,
  },
  'sessions-lost': {
    read: ({ connections }) => connections.sessionsLost,
    base: ({ connections }) => connections.connected,
  },
  'subscriptions-refused': {
    read: ({ connections }) => totalOf(connections.subscriptionsRefused),
    base: ({ connections }) => connections.intended,
  },
}

/** A count that only grows while a run goes on; undefined for any other number. */
export function growingCount(name: string): ((counts: Counts) => number) | undefined {
  if (!Object.hasOwn(counts, name) || SHRINKING.includes(name)) return undefined
  const { read } = counts[name]!
  return (all) => read(all) ?? 0
}

/** What is late is not lost, and the like. */
const SHRINKING = ['not-sent', 'unanswered', 'lost']

/** How many in how many milliseconds. */
const rates: Readonly<Record<string, (result: Result) => readonly [count: number, ms: number]>> = {
  rate: ({ messages, measuredMs }) => [messages.sent, measuredMs],
  'rate.acknowledged': ({ messages, acknowledgingMs }) => [messages.acknowledged, acknowledgingMs],
  'rate.received': ({ messages, receivingMs }) => [messages.received, receivingMs],
  'rate.drained': drained,
}

/** How many were received after the load, and how long that took. */
function drained({ intervals, measuredMs, receivingMs }: Result): readonly [count: number, ms: number] {
  const draining = intervals.filter(({ phase }) => phase === 'drain')
  return [draining.reduce((sum, { received }) => sum + received, 0), receivingMs - measuredMs]
}

const STATISTICS = ['p50', 'p75', 'p90', 'p95', 'p99', 'p99.9', 'p99.99', 'max', 'min', 'mean', 'count']

/** Every name, with the usual percentiles. */
export const metricNames: readonly string[] = [
  ...Object.keys(LATENCIES).flatMap((name) => STATISTICS.map((statistic) => `${name}.${statistic}`)),
  ...Object.keys(counts),
  ...Object.keys(rates),
]

/** What a name such as `e2e.p99.9`, `lost` or `rate` stands for; undefined for any other. */
export function metricOf(name: string): Metric | undefined {
  if (Object.hasOwn(counts, name))
    return {
      name,
      unit: 'count',
      missing: () => 'it takes stamps, and all parts of a run (bench merge)',
      ...counts[name]!,
    }
  if (Object.hasOwn(rates, name)) return rateMetric(name, rates[name]!)
  const dot = name.indexOf('.')
  const latency = dot < 0 || !Object.hasOwn(LATENCIES, name.slice(0, dot)) ? undefined : LATENCIES[name.slice(0, dot)]
  return latency === undefined ? undefined : latencyMetric(name, latency.key, name.slice(dot + 1))
}

function rateMetric(name: string, parts: (result: Result) => readonly [count: number, ms: number]): Metric {
  return {
    name,
    unit: 'rate',
    read(result) {
      const [count, ms] = parts(result)
      return ms > 0 ? (count / ms) * 1000 : undefined
    },
    missing: () => 'nothing was measured',
  }
}

function latencyMetric(name: string, key: keyof Measured, statistic: string): Metric | undefined {
  const read = statisticOf(statistic)
  if (read === undefined) return undefined
  return {
    name,
    unit: statistic === 'count' ? 'count' : 'time',
    read: ({ measured }) => read(measured[key]),
    missing: ({ measured }) => `${measured[key].count} samples are too few`,
  }
}

function statisticOf(name: string): ((samples: Samples) => number | undefined) | undefined {
  if (name === 'count') return ({ count }) => count
  if (name === 'mean') return ({ count, sum }) => (count === 0 ? undefined : sum / count)
  if (name === 'max') return ({ count, max }) => (count === 0 ? undefined : max)
  if (name === 'min') return ({ count, min }) => (count === 0 ? undefined : min)
  const percentile = /^p(\d{1,2}(?:\.\d{1,4})?)$/.exec(name)?.[1]
  if (percentile === undefined || Number(percentile) === 0) return undefined
  return (samples) => percentileOf(samples, Number(percentile))
}
