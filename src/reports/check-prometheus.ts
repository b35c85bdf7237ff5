import type { CheckReport, CheckRow } from './check-report.ts'

/** In the text format of Prometheus, for its textfile collector (https://prometheus.io/docs/instrumenting/exposition_formats). */
export function checkPrometheus({ broker, startedAt, timeMs, rows }: CheckReport): string {
  const ran = rows.filter(({ status }) => status === 'passed' || status === 'failed')
  const numbers = rows.flatMap((row) => numbersOf(row).map(([field, value]) => ({ row, field, value })))
  const ok = rows.every(({ status }) => status !== 'failed')
  return [
    ...metric('tmqtt_check_success', 'Whether no check has failed.', [[{ broker }, Number(ok)]]),
    ...metric('tmqtt_check_time_seconds', 'When the checks began, since 1970.', [
      [{ broker }, startedAt.getTime() / 1000],
    ]),
    ...metric('tmqtt_check_total_duration_seconds', 'How long all checks took.', [[{ broker }, timeMs / 1000]]),
    ...metric(
      'tmqtt_check_status',
      'What became of a check: 1 for its status.',
      rows.map(({ name, status }) => [{ broker, check: name, status }, 1]),
    ),
    ...metric(
      'tmqtt_check_duration_seconds',
      'How long a check took.',
      ran.map((row) => [{ broker, check: row.name }, row.timeMs / 1000]),
    ),
    ...metric(
      'tmqtt_check_value',
      'What a check has found: limits of the broker, round trips in milliseconds, days that the certificate is valid.',
      numbers.map(({ row, field, value }) => [{ broker, check: row.name, field }, value]),
    ),
    '',
  ].join('\n')
}

function numbersOf({ fields }: CheckRow): (readonly [string, number])[] {
  return Object.entries(fields).flatMap(([field, value]) =>
    typeof value === 'string' ? [] : [[field, Number(value)] as const],
  )
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

function metric(name: string, help: string, samples: readonly Sample[]): string[] {
  if (samples.length === 0) return []
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
    return `${name}{${pairs.join(',')}} ${value}`
  })
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines]
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
