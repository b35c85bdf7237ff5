import { createHash } from 'node:crypto'
import plotScript from 'uplot/dist/uPlot.iife.min.js?raw'
import plotStyle from 'uplot/dist/uPlot.min.css?raw'
import { coresOf, type Report } from '../report.ts'
import type { Outcome } from '../thresholds.ts'
import { verdictLine, verdictOf } from '../verdict.ts'
import type { Charts } from './chart.ts'
import { chartsOf } from './charts.ts'
import { headline } from './headline.ts'
import { keyFigures } from './key-figures.ts'
import style from './page.inline.css?raw'
import script from './page.inline.js?raw'
import { textReport } from './text.ts'

/** The report as an HTML page that needs nothing else, nor may load it. */
export function htmlReport(report: Report, outcomes: readonly Outcome[]): string {
  const { result, configuration } = report
  const charts = chartsOf(report)
  const [title = '', ...about] = headline(report)
  const banners = [
    verdictLine(verdictOf(result, coresOf(report))),
    result.incomplete && `Not the whole run: ${result.incomplete}`,
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${[...about, result.began].map((line) => `<p class="about">${escaped(line)}</p>`).join('\n')}
${banners.map((banner) => (banner === undefined ? '' : `<p class="banner">${escaped(banner)}</p>\n`)).join('')}
${outcomes.length === 0 ? '' : thresholdList(outcomes)}
${figureList(report)}
${chartPlaces(charts)}
<h2>All figures</h2>
<pre>${escaped(textReport(report, outcomes).join('\n'))}</pre>
<details>
<summary>Configuration</summary>
<pre>${escaped(JSON.stringify(configuration, null, 2))}</pre>
</details>
<script type="application/json" id="data">${json(charts)}</script>
<script>${plotScript}</script>
<script type="module">${script}</script>
</body>
</html>
`
}

const STYLE = `${plotStyle}\n${style}`

/** Only what is here may run, whatever a broker has brought into the page. */
const POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(plotScript)} ${hashOf(script)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

function thresholdList(outcomes: readonly Outcome[]): string {
  const items = outcomes.map(({ threshold, failed, reason }) => {
    const [name, sign] = failed ? ['failed', '✗'] : ['passed', '✓']
    return `<li class="${name}">${sign} ${escaped(`${threshold}: ${reason}`)}</li>`
  })
  return `<ul class="thresholds">\n${items.join('\n')}\n</ul>`
}

function figureList(report: Report): string {
  const items = keyFigures(report).map(
    ({ label, value, of, isBad }) =>
      `<div${isBad ? ' class="bad"' : ''}><dt>${escaped(label)}</dt><dd class="value">${escaped(value)}</dd><dd class="of">${escaped(of)}</dd></div>`,
  )
  return `<dl class="figures">\n${items.join('\n')}\n</dl>`
}

function chartPlaces({ charts }: Charts): string {
  const places = charts.map(
    ({ title, note, unit }, at) =>
      `<h2>${escaped(title)}</h2>\n<p class="note">${escaped(note)}</p>\n` +
      `<figure id="chart-${at}" role="img" aria-label="${escaped(`${title}, ${unit}`)}"></figure>`,
  )
  return places.join('\n')
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
