import { percentileOf } from '../latencies.ts'
import { LATENCIES } from '../metrics.ts'
import type { Interval, Result } from '../result.ts'

const LATENCY_COLUMNS = ['connack', 'ack', 'ack-sent', 'e2e', 'e2e-sent', 'schedule']
const STATISTICS: readonly (readonly [name: string, percentile: number])[] = [
  ['p50', 50],
  ['p99', 99],
  ['max', 100],
]

/** The run as CSV [RFC 4180], a line for each interval. A figure that can't be told is empty. */
export function timeLineCsv({ intervals }: Result): string {
  const rows = intervals.map((interval) => cells(interval))
  const names = Object.keys(rows[0] ?? cells(NOTHING))
  return [names, ...rows.map((row) => Object.values(row))].map((row) => `${row.join(',')}\r\n`).join('')
}

const NOTHING = { measured: {}, health: {} } as Interval

function cells(interval: Interval): Record<string, string | number> {
  const { phase, startMs, endMs, connected, health } = interval
  const perSecond = (count: number) => rounded((count / Math.max(1, endMs - startMs)) * 1000)
  return {
    phase,
    start_s: rounded(startMs / 1000),
    end_s: rounded(endMs / 1000),
    connected,
    sent_per_s: perSecond(interval.sent),
    acknowledged_per_s: perSecond(interval.acknowledged),
    received_per_s: perSecond(interval.received),
    bytes_sent_per_s: perSecond(interval.bytesSent),
    bytes_received_per_s: perSecond(interval.bytesReceived),
    ...latencies(interval),
    loop_utilization: rounded(health.utilization),
    loop_delay_p99_ms: rounded(health.loopDelayP99Ms),
    loop_delay_max_ms: rounded(health.loopDelayMaxMs),
    gc_ms: rounded(health.gcMs),
    cpu_cores: rounded(health.cpuCores),
    waiting: health.waiting,
    socket_backlog_bytes: health.socketBacklog,
  }
}

function latencies({ measured }: Interval): Record<string, string | number> {
  const columns = LATENCY_COLUMNS.flatMap((name) =>
    STATISTICS.map(([statistic, percentile]) => {
      const samples = measured[LATENCIES[name]!.key]
      const us = samples === undefined ? undefined : percentileOf(samples, percentile)
      return [`${name.replace('-', '_')}_${statistic}_ms`, us === undefined ? '' : rounded(us / 1000)] as const
    }),
  )
  return Object.fromEntries(columns)
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
