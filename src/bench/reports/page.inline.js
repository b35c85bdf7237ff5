// Draws the charts of the page with uPlot, in the colours of its style sheet.
const { charts, bands } = JSON.parse(document.getElementById('data').textContent)
const HEIGHT = 280
/** Lines that lie on each other show all the same: those below are wider. */
const WIDTHS = [7, 4, 1.5]

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** Three digits at most below 1000, with thousands set apart above. */
function shownNumber(value) {
  return value >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)))
}

/** @param ms milliseconds. */
function shownTime(ms) {
  if (ms < 0.9995) return `${shownNumber(ms * 1000)} µs`
  return ms < 999.5 ? `${shownNumber(ms)} ms` : `${shownNumber(ms / 1000)} s`
}

/** `P99` for 100. */
function shownPercentile(x) {
  return `P${Number((100 * (1 - 1 / x)).toPrecision(6))}`
}

function shownValue(unit, value) {
  if (value === null || value === undefined) return ''
  return unit === 'time' ? shownTime(value) : `${shownNumber(value)}${unit === '%' ? ' %' : ''}`
}

/** Places on a logarithmic axis: fewer of each power of ten the more there are. */
function logarithmicSplits(_plot, _axis, min, max) {
  const powers = Math.log10(max / min)
  const steps = powers > 4 ? [1] : powers > 1.5 ? [1, 3] : [1, 2, 3, 5, 7]
  const splits = []
  for (let power = Math.floor(Math.log10(min)); power <= Math.log10(max); power++)
    for (const step of steps) splits.push(Number((step * 10 ** power).toPrecision(6)))
  return splits.filter((split) => split >= min && split <= max)
}

/** Percentiles that people name, as far as there is room for them. */
function percentileSplits(plot, _axis, _min, max) {
  const tens = [10, 100, 1000, 1e4, 1e5, 1e6, 1e7].filter((x) => x <= max * 1.001)
  const others = plot.bbox.width / devicePixelRatio > 150 * (tens.length + 1) ? [4, 20] : []
  return [2, ...others, ...tens].sort((a, b) => a - b)
}

/** Parts of the run that are not measured, shaded. */
function drawBands(plot) {
  const { ctx, bbox } = plot
  ctx.fillStyle = colour('--shade')
  for (const { from, to, label } of bands) {
    if (label === 'measure') continue
    const [left, right] = [placeOf(plot, from), placeOf(plot, to)]
    ctx.fillRect(left, bbox.top, right - left, bbox.height)
  }
}

function placeOf(plot, seconds) {
  const { left, width } = plot.bbox
  return Math.min(left + width, Math.max(left, plot.valToPos(seconds, 'x', true)))
}

function drawBandNames(plot) {
  const { ctx, bbox } = plot
  ctx.fillStyle = colour('--faint')
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`
  ctx.textAlign = 'left'
  for (const { from, to, label } of bands) {
    const [left, right] = [placeOf(plot, from), placeOf(plot, to)]
    const room = 4 * devicePixelRatio
    if (ctx.measureText(label).width + 2 * room > right - left) continue
    ctx.fillText(label, left + room, bbox.top + 12 * devicePixelRatio)
  }
}

/** Shades where the samples of each column are, the fullest darkest. */
function drawDensity(plot, { spans, edges, counts }) {
  const { ctx, bbox } = plot
  const rows = edges.map((edge) => plot.valToPos(edge, 'y', true))
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  ctx.fillStyle = colour('--density')
  counts.forEach((column, at) => {
    const [from, to] = spans[at]
    const [left, right] = [placeOf(plot, from), placeOf(plot, to)]
    const sum = column.reduce((a, b) => a + b, 0)
    column.forEach((count, row) => {
      if (count === 0) return
      ctx.globalAlpha = 0.08 + 0.62 * Math.sqrt(count / sum)
      ctx.fillRect(left, rows[row + 1], Math.max(1, right - left), rows[row] - rows[row + 1])
    })
  })
  ctx.restore()
}

function axis(more) {
  return {
    stroke: () => colour('--faint'),
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { stroke: () => colour('--line'), width: 1 },
    font: '12px system-ui, sans-serif',
    // Else a logarithmic axis names powers of ten only.
    filter: (_plot, splits) => splits,
    ...more,
  }
}

function horizontal({ over, x }) {
  if (over === 'percentile')
    return {
      series: { label: '', value: (_plot, value) => (value === null ? '' : shownPercentile(value)) },
      scale: { time: false, distr: 3, range: () => [x[0], Math.max(x.at(-1), 4)] },
      axis: axis({ splits: percentileSplits, values: (_plot, splits) => splits.map(shownPercentile) }),
    }
  return {
    series: { label: '', value: (_plot, value) => (value === null ? '' : `${shownNumber(value)} s`) },
    scale: { time: false, range: () => [0, bands.at(-1)?.to ?? 1] },
    axis: axis({ values: (_plot, splits) => splits.map((value) => `${shownNumber(value)} s`) }),
  }
}

function vertical({ unit }) {
  const values = (_plot, splits) => splits.map((value) => shownValue(unit, value))
  if (unit !== 'time')
    return { scale: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.12 : 1] }, axis: axis({ size: 64, values }) }
  const range = (_plot, min, max) => (min > 0 ? [min / 2, max * 1.7] : [0.1, 10])
  return { scale: { distr: 3, range }, axis: axis({ size: 64, values, splits: logarithmicSplits }) }
}

function optionsOf(chart, width) {
  const [x, y] = [horizontal(chart), vertical(chart)]
  const isOverTime = chart.over === 'time'
  const series = chart.series.map(({ label, colour: number, isDashed }, at) => ({
    label,
    stroke: () => colour(`--series-${number}`),
    width: isOverTime && chart.unit === 'messages/s' ? WIDTHS[at + WIDTHS.length - chart.series.length] : 2,
    dash: isDashed ? [6, 4] : [],
    points: { show: isOverTime && chart.x.length < 40, size: 5, fill: () => colour(`--series-${number}`) },
    value: (_plot, value) => shownValue(chart.unit, value),
  }))
  return {
    width,
    height: HEIGHT,
    series: [x.series, ...series],
    scales: { x: x.scale, y: y.scale },
    axes: [x.axis, y.axis],
    legend: { markers: { width: 3, dash: (_plot, at) => (chart.series[at - 1]?.isDashed ? 'dashed' : 'solid') } },
    hooks: isOverTime
      ? {
          drawClear: [drawBands],
          drawAxes: chart.density === undefined ? [] : [(plot) => drawDensity(plot, chart.density)],
          draw: [drawBandNames],
        }
      : {},
    cursor: { drag: { x: false, y: false } },
  }
}

function drawAll() {
  charts.forEach((chart, at) => {
    const element = document.getElementById(`chart-${at}`)
    element.replaceChildren()
    const columns = [chart.x, ...chart.series.map(({ values }) => values)]
    new window.uPlot(optionsOf(chart, element.clientWidth), columns, element)
  })
}

let drawnWidth = document.body.clientWidth
drawAll()
addEventListener('resize', () => {
  if (drawnWidth === document.body.clientWidth) return
  drawnWidth = document.body.clientWidth
  drawAll()
})
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll)
