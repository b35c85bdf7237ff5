import type { Report } from '../../bench/report.ts'
import { failures, type Outcome, parseThreshold } from '../../bench/thresholds.ts'
import { UsageError } from '../../errors.ts'
import { safeText } from '../../formatters/terminal-safe.ts'
import type { Io } from '../../io.ts'
import { file, flag } from '../../options/kinds.ts'
import { InvalidValue, type Kind, table, type ValuesOf } from '../../options/option.ts'
import { writeOutput } from '../../streams/sink.ts'
import { printJson } from '../document.ts'
import { writeReportFile } from './files.ts'
import { suiteOf } from './junit.ts'

/** What the parsers of comparisons read, with their own messages. */
export function comparison<T>(expected: string, read: (text: string) => T): Kind<T> {
  return {
    placeholder: 'COMPARISON',
    expected,
    parse(value) {
      try {
        return read(value)
      } catch (error) {
        if (error instanceof UsageError) throw new InvalidValue(error.message)
        throw error
      }
    },
  }
}

/** In what forms a report is written, and what makes it a failure. */
export const reportOptions = table({
  failIf: {
    kind: comparison("a comparison such as 'e2e.p99>20ms', 'lost>0' or 'rate<9500'", parseThreshold),
    group: 'Report',
    describe:
      'Exit with status 6 when this comparison holds, or when it has too few samples: connack.p99, ack.p99.9, ' +
      'e2e.max, schedule.p99 and so on with us, ms or s; lost, duplicates, out-of-order, unanswered, rejected, ' +
      'not-sent, connect-failed, connections-lost, sessions-lost, churn-missed, slow-lost as number or %; rate, ' +
      'rate.acknowledged, rate.received, rate.drained',
    repeat: true,
  },
  json: { kind: flag, group: 'Report', describe: 'Print the report as one JSON document, for compare, merge and jq' },
  csv: { kind: file, group: 'Report', describe: 'Write the time line to this file, as CSV' },
  hdr: {
    kind: file,
    group: 'Report',
    describe: 'Write the latencies of each interval to this file, as a log of HdrHistogram',
  },
  prometheus: {
    kind: file,
    group: 'Report',
    describe: 'Write the report to this file in the text format of Prometheus',
  },
  junit: {
    kind: file,
    group: 'Report',
    describe: 'Write to this file in the XML of JUnit whether the run was whole, and what became of each --fail-if',
  },
  report: {
    kind: file,
    group: 'Report',
    describe: 'Write the report with charts to this file, as one HTML page that loads nothing else',
  },
})

export type ReportValues = ValuesOf<typeof reportOptions>

export function outcomesOf({ failIf }: ReportValues, { result }: Report): readonly Outcome[] {
  return failures(failIf, result)
}

/** Writes the report to standard output, and to the files that are asked for. */
export async function writeReports(
  report: Report,
  outcomes: readonly Outcome[],
  values: ReportValues,
  io: Io,
): Promise<void> {
  if (values.json) {
    const { reportJson } = await import('../../bench/report.ts')
    await printJson(io, reportJson(report, outcomes))
  } else {
    const { textReport } = await import('../../bench/reports/text.ts')
    await writeLines(textReport(report, outcomes), io)
  }
  if (values.csv !== undefined) {
    const { timeLineCsv } = await import('../../bench/reports/time-line.ts')
    writeReportFile('--csv', values.csv, timeLineCsv(report.result))
  }
  if (values.hdr !== undefined) {
    const { hdrLog } = await import('../../bench/reports/hdr-log.ts')
    writeReportFile('--hdr', values.hdr, hdrLog(report.result))
  }
  if (values.prometheus !== undefined) {
    const { prometheusText } = await import('../../bench/reports/prometheus.ts')
    writeReportFile('--prometheus', values.prometheus, prometheusText(report))
  }
  await writeJunit([report], outcomes, values)
  if (values.report !== undefined) {
    const { htmlReport } = await import('../../bench/reports/page.ts')
    writeReportFile('--report', values.report, htmlReport(report, outcomes))
  }
}

/** Writes lines that may have in them what a broker said. */
export async function writeLines(lines: readonly string[], io: Io): Promise<void> {
  await writeOutput(io.stdout, lines.map((line) => `${safeText(line)}\n`).join(''))
}

/** Writes the file of JUnit, if it is asked for. */
export async function writeJunit(
  reports: readonly Report[],
  outcomes: readonly Outcome[],
  { junit: path }: ReportValues,
): Promise<void> {
  if (path === undefined) return
  const { junit } = await import('../../reports/junit.ts')
  writeReportFile('--junit', path, junit(suiteOf(reports, outcomes)))
}
