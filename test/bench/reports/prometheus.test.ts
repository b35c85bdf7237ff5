import { describe, expect, it } from 'vitest'
import { prometheusText } from '../../../src/bench/reports/prometheus.ts'
import { configured, reportOf } from '../reports.ts'
import { evenly, measuredOf, resultOf } from '../results.ts'

describe('the text for Prometheus', () => {
  const text = prometheusText(
    reportOf({
      configuration: configured({}, { brokers: [{ host: 'a"\\\n', port: 1 }] }),
      result: resultOf({
        messages: { lost: 3, rejected: { a: 1, b: 2 } },
        slow: { expected: 9, received: 7, lost: 2, duplicates: 0, outOfOrder: 0, hungUp: {} },
        measured: measuredOf({ endToEnd: evenly(1000, 2_000_000) }),
      }),
    }),
  )
  const labels = 'command="bench flow",broker="a\\"\\\\\\n:1"'

  it.each([
    `tmqtt_bench_messages_total{${labels},state="sent"} 10000`,
    `tmqtt_bench_messages_total{${labels},state="lost"} 3`,
    `tmqtt_bench_messages_total{${labels},state="rejected"} 3`,
    `tmqtt_bench_messages_total{${labels},state="slow_lost"} 2`,
    `tmqtt_bench_connections{${labels},state="connected"} 20`,
    `tmqtt_bench_messages_per_second{${labels},state="received"} 1000`,
    `tmqtt_bench_latency_seconds{${labels},latency="e2e",quantile="0.5"} 1.000447`,
    `tmqtt_bench_latency_seconds_count{${labels},latency="e2e"} 1000`,
    `tmqtt_bench_generator_limited{${labels}} 0`,
  ])('has %s', (line) => {
    expect(text.split('\n')).toContain(line)
  })

  it('leaves out quantiles of too few samples, and what was not measured', () => {
    expect(text).toContain('quantile="0.99"')
    expect(text).not.toContain('quantile="0.999"')
    expect(text).not.toContain('latency="tcp"')
  })

  it('has a type for each name, and in lines of the text format only', () => {
    const shape = /^(# (HELP|TYPE) tmqtt_bench_\w+ .+|tmqtt_bench_\w+\{(\w+="([^"\\\n]|\\.)*",?)+\} [\d.e-]+)$/
    const lines = text.trimEnd().split('\n')
    expect(lines.filter((line) => !shape.test(line))).toEqual([])
    const names = new Set(
      lines.map((line) => /^(tmqtt_bench_\w+)\{/.exec(line)?.[1]).filter((name) => name !== undefined),
    )
    for (const name of names) expect(text).toContain(`# TYPE ${name.replace(/_(sum|count)$/, '')} `)
  })
})
