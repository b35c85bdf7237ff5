import { shownMetric, shownShare } from '../figures.ts'
import { type KeyFigure, keyFigures } from '../repeats.ts'
import { coresOf, type Report } from '../report.ts'
import type { Outcome } from '../thresholds.ts'
import { verdictLine, verdictOf } from '../verdict.ts'
import { columns } from './columns.ts'
import { headline } from './headline.ts'
import { block, thresholdLines } from './text.ts'

/** What several runs of one plan have in common, and by what they differ, as lines. */
export function runsText(reports: readonly Report[], thresholds: readonly Outcome[]): readonly string[] {
  const limited = reports.flatMap((report, at) => {
    const line = verdictLine(verdictOf(report.result, coresOf(report)))
    return line === undefined ? [] : [`Run ${at + 1}: ${line}`]
  })
  const partial = reports.flatMap(({ result: { incomplete } }, at) =>
    incomplete === undefined ? [] : [`Run ${at + 1} was not whole: ${incomplete}`],
  )
  const figures = keyFigures(reports.map(({ result }) => result))
  return [
    ...(limited.length === 0 ? [] : [...limited, '']),
    ...headline(reports[0]!),
    ...partial,
    ...block('Runs', columns([header(figures), ...rows(figures, reports.length), ...spread(figures)])),
    ...block('Thresholds', thresholdLines(thresholds)),
  ]
}

function header(figures: readonly KeyFigure[]): string[] {
  return ['', ...figures.map(({ metric }) => metric.name)]
}

function rows(figures: readonly KeyFigure[], runs: number): string[][] {
  return Array.from({ length: runs }, (_, at) => [
    `run ${at + 1}`,
    ...figures.map(({ metric, values }) => shownMetric(metric.unit, values[at]!)),
  ])
}

/** From the least to the most, as a share of the median. */
function spread(figures: readonly KeyFigure[]): string[][] {
  return [
    ['median', ...figures.map(({ metric, median }) => shownMetric(metric.unit, median))],
    ['spread', ...figures.map(({ median, min, max }) => (median === 0 ? '-' : shownShare((max - min) / median)))],
  ]
}
