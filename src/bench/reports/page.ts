import plotScript from 'uplot/dist/uPlot.iife.min.js?raw'
import plotStyle from 'uplot/dist/uPlot.min.css?raw'
import { shownMetric } from '../figures.ts'
import { metricOf } from '../metrics.ts'
import { coresOf, type Report } from '../report.ts'
import type { Outcome } from '../thresholds.ts'
import { verdictLine, verdictOf } from '../verdict.ts'
import { chartsOf } from './charts.ts'
import { headline } from './headline.ts'
import style from './page.inline.css?raw'
import script from './page.inline.js?raw'
import { textReport } from './text.ts'

/** The report as an HTML page that needs nothing else, nor may load it. */
export function htmlReport(report: Report, outcomes: readonly Outcome[]): string {
  const { result } = report
  const charts = chartsOf(result)
  const [title = '', ...about] = headline(report)
  const verdict = verdictLine(verdictOf(result, coresOf(report)))
  const drawn = charts.overTime.map((chart, at) => ({ ...chart, id: `chart-${at}` }))
  const figures = [...drawn, { ...charts.percentiles, id: 'chart-percentiles' }].filter(
    ({ series }) => series.length > 0,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>
${plotStyle}
${style}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${[...about, result.began].map((line) => `<p class="about">${escaped(line)}</p>`).join('\n')}
${verdict === undefined ? '' : `<p class="verdict">${escaped(verdict)}</p>`}
${outcomes.length === 0 ? '' : thresholdList(outcomes)}
${keyFigures(report)}
${figures.map(({ id, title, unit }) => `<h2>${escaped(title)}</h2>\n<figure id="${id}" role="img" aria-label="${escaped(`${title}, ${unit}`)}"></figure>`).join('\n')}
<h2>All figures</h2>
<pre>${escaped(textReport(report, outcomes).join('\n'))}</pre>
<script type="application/json" id="data">${json(charts)}</script>
<script>${plotScript}</script>
<script>
${script}</script>
</body>
</html>
`
}

function thresholdList(outcomes: readonly Outcome[]): string {
  const items = outcomes.map(({ threshold, failed, reason }) => {
    const [name, sign] = failed ? ['failed', '✗'] : ['passed', '✓']
    return `<li class="${name}">${sign} ${escaped(`${threshold}: ${reason}`)}</li>`
  })
  return `<ul class="thresholds">\n${items.join('\n')}\n</ul>`
}

const KEY_FIGURES = [
  ['sent', 'rate'],
  ['acknowledged', 'rate.acknowledged'],
  ['received', 'rate.received'],
  ['P50, due to received', 'e2e.p50'],
  ['P99, due to received', 'e2e.p99'],
  ['P50, due to acknowledged', 'ack.p50'],
  ['P99, due to acknowledged', 'ack.p99'],
  ['lost', 'lost'],
  ['connections', 'connected'],
] as const

/** Those that can be told, and are about something that the run did. */
function keyFigures({ configuration, result }: Report): string {
  const { publish, subscribe } = configuration
  const isThere = (name: string) => {
    if (name === 'rate') return publish !== undefined
    if (name === 'rate.acknowledged') return publish !== undefined && publish.qos > 0
    return name === 'rate.received' ? subscribe !== undefined : name !== 'lost' || (publish && subscribe) !== undefined
  }
  const items = KEY_FIGURES.filter(([, name]) => isThere(name)).flatMap(([label, name]) => {
    const metric = metricOf(name)!
    const value = metric.read(result)
    return value === undefined
      ? []
      : [`<div><dt>${label}</dt><dd>${escaped(shownMetric(metric.unit, value))}</dd></div>`]
  })
  return `<dl class="figures">\n${items.join('\n')}\n</dl>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text that may be the broker's. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}

/** JSON that ends no script element. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}
