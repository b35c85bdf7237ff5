import { percentileOf, type Samples } from '../latencies.ts'
import { LATENCIES, metricOf, PERCENTILES, totalOf } from '../metrics.ts'
import { coresOf, type Report } from '../report.ts'
import type { Result } from '../result.ts'
import { verdictOf } from '../verdict.ts'

type Labels = Readonly<Record<string, string>>

/** The whole run as text that Prometheus reads, as by the textfile collector of its node exporter. */
export function prometheusText(report: Report): string {
  const { result, configuration } = report
  const labels = { command: configuration.command, broker: configuration.brokers.join(',') }
  return [
    ...family('messages_total', 'counter', 'Messages of the measurement, by what became of them.'),
    ...byState('messages_total', messageStates(result), labels),
    ...family('connections', 'gauge', 'Connections, by what became of them.'),
    ...byState('connections', connectionStates(result), labels),
    ...family('messages_per_second', 'gauge', 'Rates over the measurement.'),
    ...byState('messages_per_second', rates(result), labels),
    ...family('latency_seconds', 'summary', 'Latencies of the measurement.'),
    ...Object.entries(LATENCIES).flatMap(([name, { key }]) =>
      summary(result.measured[key], { ...labels, latency: name }),
    ),
    ...family('generator_limited', 'gauge', 'Whether the generator was the limit, not the broker.'),
    line('generator_limited', labels, verdictOf(result, coresOf(report)).generatorLimited ? 1 : 0),
    '',
  ].join('\n')
}

function messageStates({ messages, slow }: Result): Readonly<Record<string, number>> {
  const { rejected, duplicates, outOfOrder, lost, ...counts } = messages
  const told = lost === undefined ? counts : { ...counts, lost }
  const lostApart = slow?.lost === undefined ? {} : { slow_lost: slow.lost }
  const apart = slow === undefined ? {} : { slow_received: slow.received, ...lostApart }
  return { ...told, ...apart, rejected: totalOf(rejected), duplicate: duplicates, out_of_order: outOfOrder }
}

function connectionStates({ connections }: Result): Readonly<Record<string, number>> {
  const { intended, connected, left, missed, failed, lost } = connections
  return { intended, connected, left, missed, failed: totalOf(failed), lost: totalOf(lost) }
}

function rates(result: Result): Readonly<Record<string, number>> {
  const read = (name: string) => metricOf(name)!.read(result) ?? 0
  return { sent: read('rate'), acknowledged: read('rate.acknowledged'), received: read('rate.received') }
}

function summary(samples: Samples, labels: Labels): string[] {
  if (samples.count === 0) return []
  const quantiles = PERCENTILES.flatMap((percentile) => {
    const us = percentileOf(samples, percentile)
    const quantile = String(Number((percentile / 100).toFixed(6)))
    return us === undefined ? [] : [line('latency_seconds', { ...labels, quantile }, us / 1e6)]
  })
  return [
    ...quantiles,
    line('latency_seconds_sum', labels, samples.sum / 1e6),
    line('latency_seconds_count', labels, samples.count),
  ]
}

function byState(name: string, counts: Readonly<Record<string, number>>, labels: Labels): string[] {
  return Object.entries(counts).map(([state, count]) => line(name, { ...labels, state }, count))
}

function family(name: string, type: 'counter' | 'gauge' | 'summary', help: string): string[] {
  return [`# HELP tmqtt_bench_${name} ${help}`, `# TYPE tmqtt_bench_${name} ${type}`]
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `tmqtt_bench_${name}{${pairs.join(',')}} ${value}`
}

function escaped(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')
}
