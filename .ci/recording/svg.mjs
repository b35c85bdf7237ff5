// The recording of a terminal as an animated SVG that needs nothing but itself.
import { replay } from './screen.mjs'

const CELL = { width: 8.4, height: 19 }
const MARGIN = 16
/** How long the last picture stays before it begins again. */
const REST = 4

// Of text on light and on dark: red, green, yellow, blue, magenta, cyan.
const COLOURS = [
  ['c1', '#b31d28', '#ff7b72'],
  ['c2', '#116329', '#56d364'],
  ['c3', '#7d4e00', '#e3b341'],
  ['c4', '#0550ae', '#79c0ff'],
  ['c5', '#8250df', '#d2a8ff'],
  ['c6', '#1b6f7a', '#56d4dd'],
]

/**
 * @param {readonly (readonly [number, string])[]} recording seconds since the start, text.
 * @param {{ columns: number, rows: number, title: string }} options
 * @returns {string}
 */
export function svgOf(recording, { columns, rows, title }) {
  const { cells, end } = replay(recording, { columns, rows })
  const [width, height] = [columns * CELL.width + 2 * MARGIN, rows * CELL.height + 2 * MARGIN]
  const seconds = end + REST
  const lives = new Map()
  const texts = runs(cells).map((run) => textOf(run, lifeOf(lives, run)))
  const rules = [...lives.values()].map(({ name, since, until }) => {
    const at = (time) => `${((time / seconds) * 100).toFixed(2)}%`
    const born = since > 0 ? `0%{opacity:0}${at(since)}{opacity:1}` : '0%{opacity:1}'
    const gone = until < Number.POSITIVE_INFINITY ? `${at(until)}{opacity:0}` : ''
    return `.${name}{animation-name:${name}}@keyframes ${name}{${born}${gone}}`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(lastPicture(cells, rows))}</desc>
<style>
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#1f2328;white-space:pre}
rect{fill:#f6f8fa;stroke:#d1d9e0}
.bold{font-weight:bold}
.dim{fill:#59636e}
.past{opacity:0}
${COLOURS.map(([name, light]) => `.${name}{fill:${light}}`).join('')}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#0d1117;stroke:#3d444d}.dim{fill:#9198a1}${COLOURS.map(([name, , dark]) => `.${name}{fill:${dark}}`).join('')}}
@media(prefers-reduced-motion:no-preference){text{animation:${seconds.toFixed(2)}s step-end infinite}
${rules.join('\n')}
}
</style>
<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8"/>
${texts.join('\n')}
</svg>
`
}

/** Neighbours that look alike, came together and go together. */
function runs(cells) {
  const found = []
  const inOrder = cells.toSorted((a, b) => a.since - b.since || a.row - b.row || a.column - b.column)
  for (const { row, column, char, style, since, until } of inOrder) {
    const last = found.at(-1)
    const gap = last === undefined ? -1 : column - last.column - [...last.text].length
    const joins = last?.row === row && last.since === since && last.until === until && last.style === style
    if (joins && gap >= 0 && gap <= 1) last.text += ' '.repeat(gap) + char
    else found.push({ row, column, text: char, style, since, until })
  }
  return found
}

function lifeOf(lives, { since, until }) {
  if (since === 0 && until === Number.POSITIVE_INFINITY) return undefined
  const key = `${since} ${until}`
  if (!lives.has(key)) lives.set(key, { name: `k${lives.size}`, since, until })
  return lives.get(key).name
}

function textOf({ row, column, text, style, until }, life) {
  const classes = [style, life, until < Number.POSITIVE_INFINITY ? 'past' : ''].filter(Boolean).join(' ')
  const x = (MARGIN + column * CELL.width).toFixed(1)
  const y = MARGIN + (row + 0.75) * CELL.height
  // Fonts differ in their widths, columns must not.
  const width = [...text].length
  const length = width > 1 ? ` textLength="${(width * CELL.width).toFixed(1)}"` : ''
  return `<text x="${x}" y="${y}"${length}${classes && ` class="${classes}"`}>${escaped(text)}</text>`
}

/** @returns {string} the lines that stay. */
function lastPicture(cells, rows) {
  const lines = Array.from({ length: rows }, () => [])
  for (const { row, column, char, until } of cells) if (until === Number.POSITIVE_INFINITY) lines[row][column] = char
  return lines
    .map((line) => Array.from(line, (char) => char ?? ' ').join(''))
    .join('\n')
    .trimEnd()
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const escaped = (text) => text.replace(/[&<>]/g, (char) => ENTITIES[char])
