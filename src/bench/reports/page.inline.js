// Draws the charts of the page with uPlot, in the colours of its style sheet.
const { overTime, percentiles, marks } = JSON.parse(document.getElementById('data').textContent)
const uPlot = window.uPlot
const HEIGHT = 260

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
const seriesColour = (at) => () => colour(`--series-${at % 8}`)

const axis = (more) => ({
  stroke: () => colour('--faint'),
  grid: { stroke: () => colour('--line'), width: 1 },
  ticks: { stroke: () => colour('--line'), width: 1 },
  ...more,
})

/** Four digits at most, with thousands set apart. */
function shown(value) {
  if (value === null || value === undefined) return '-'
  return value >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)))
}

/** `P99` for 100. */
function percentile(value) {
  return `P${Number((100 * (1 - 1 / value)).toPrecision(6))}`
}

/** Dashed lines where a phase of the run begins. */
function drawMarks(plot) {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.strokeStyle = colour('--faint')
  ctx.fillStyle = colour('--faint')
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`
  ctx.setLineDash([4, 4])
  let free = 0
  for (const { at, label } of marks) {
    const x = Math.max(bbox.left, plot.valToPos(at, 'x', true))
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    // A name that would stand on the one before is left out.
    if (x < free || x > bbox.left + bbox.width) continue
    ctx.fillText(label, x + 4, bbox.top + 12 * devicePixelRatio)
    free = x + ctx.measureText(label).width + 12
  }
  ctx.restore()
}

function draw(chart, place, options) {
  const element = document.getElementById(place)
  const series = chart.series.map(({ label }, at) => ({
    label,
    stroke: seriesColour(at),
    width: 2,
    points: { show: chart.x.length < 40, size: 5, fill: seriesColour(at) },
    value: (_plot, value) => shown(value),
  }))
  const plot = new uPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      series: [options.x, ...series],
      scales: { x: { time: false, ...options.scale }, y: chart.isLogarithmic ? { distr: 3 } : { range: fromZero } },
      axes: [
        axis(options.axis),
        axis({
          size: 70,
          label: chart.unit,
          labelSize: 20,
          values: (_plot, splits) => splits.map((value) => (value === null ? '' : shown(value))),
        }),
      ],
      hooks: options.hooks ?? {},
      cursor: { drag: { x: false, y: false } },
    },
    [chart.x, ...chart.series.map(({ values }) => values)],
    element,
  )
  addEventListener('resize', () => plot.setSize({ width: element.clientWidth, height: HEIGHT }))
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot.redraw())
}

function fromZero(_plot, _min, max) {
  return [0, max > 0 ? max * 1.1 : 1]
}

overTime.forEach((chart, at) => {
  if (chart.series.length === 0 || chart.x.length === 0) return
  draw(chart, `chart-${at}`, {
    x: { label: 'seconds', value: (_plot, value) => shown(value) },
    axis: { values: (_plot, splits) => splits.map((value) => `${value} s`) },
    hooks: { draw: [drawMarks] },
  })
})

if (percentiles.series.length > 0) {
  draw(percentiles, 'chart-percentiles', {
    x: { label: 'percentile', value: (_plot, value) => (value === null ? '-' : percentile(value)) },
    scale: { distr: 3 },
    axis: {
      values: (_plot, splits) => splits.map((value) => (value === null || !isTick(value) ? '' : percentile(value))),
    },
  })
}

/** P50, and each power of ten. */
function isTick(value) {
  return value === 2 || Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6)
}
