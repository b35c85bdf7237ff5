// What a terminal shows, and since when: it knows what bash and tmqtt write, and fails on anything else.

const BLANK = { char: ' ', style: '', since: 0 }
const CONTROL = /\x1b\[([?\d;]*)([A-Za-z])|\x1b\][^\x07]*\x07|[\r\n\b\x07]|\x1b.?|[^\x1b\r\n\b\x07]+/gsu

/**
 * The life of each character on a screen, from what was written when.
 *
 * @param {readonly (readonly [number, string])[]} recording seconds since the start, text.
 * @param {{ columns: number, rows: number }} size
 * @returns {{ cells: { row: number, column: number, char: string, style: string, since: number, until: number }[], end: number }}
 * `until` is Infinity for what stays.
 */
export function replay(recording, { columns, rows }) {
  const cells = []
  const screen = Array.from({ length: rows }, () => [])
  let [row, column, style] = [0, 0, new Set()]
  let now = 0

  const put = (line, at, cell) => {
    const old = screen[line][at] ?? BLANK
    if (old.char === cell.char && old.style === cell.style) return
    if (old.char !== ' ' && old.since < now) cells.push({ row: line, column: at, ...old, until: now })
    screen[line][at] = { ...cell, since: now }
  }
  const clear = (line, from, to) => {
    for (let at = from; at < to; at += 1) put(line, at, BLANK)
  }
  const newLine = () => {
    if (row < rows - 1) {
      row += 1
      return
    }
    const before = screen.map((line) => [...line])
    for (let line = 0; line < rows; line += 1) {
      for (let at = 0; at < columns; at += 1) put(line, at, before[line + 1]?.[at] ?? BLANK)
    }
  }
  const write = (char) => {
    if (column === columns) {
      column = 0
      newLine()
    }
    put(row, column, { char, style: [...style].sort().join(' ') })
    column += 1
  }
  const control = {
    K: (value) => clear(row, value > 0 ? 0 : column, value === 1 ? column + 1 : columns),
    C: (value) => {
      column = Math.min(columns - 1, column + (value || 1))
    },
    m: (...values) => {
      for (const value of values) restyle(style, value)
    },
    h: () => {},
    l: () => {},
  }

  for (const [time, text] of recording) {
    now = time
    for (const [piece, parameters, letter] of text.matchAll(CONTROL)) {
      if (letter !== undefined) {
        const act = control[letter]
        if (act === undefined) throw unknown(piece)
        act(...parameters.replace('?', '').split(';').map(Number))
      } else if (piece === '\r') column = 0
      else if (piece === '\n') newLine()
      else if (piece === '\b') column = Math.max(0, column - 1)
      else if (piece.startsWith('\x1b') && !piece.startsWith('\x1b]')) throw unknown(piece)
      else if (!/^[\x1b\x07]/.test(piece)) for (const char of piece) write(char)
    }
  }
  screen.forEach((line, at) => {
    line.forEach((cell, position) => {
      if (cell.char !== ' ') cells.push({ row: at, column: position, ...cell, until: Number.POSITIVE_INFINITY })
    })
  })
  return { cells, end: now }
}

const unknown = (piece) => new Error(`the recording has ${JSON.stringify(piece)}, which is not known here`)

/** Select Graphic Rendition: bold, dim and the sixteen colours of text. */
function restyle(style, value) {
  const drop = (pattern) => {
    for (const name of style) if (pattern.test(name)) style.delete(name)
  }
  if (value === 0) style.clear()
  else if (value === 1) style.add('bold')
  else if (value === 2) style.add('dim')
  else if (value === 22) drop(/^(bold|dim)$/)
  else if (value === 39) drop(/^c/)
  else if ((value >= 30 && value <= 37) || (value >= 90 && value <= 97)) {
    drop(/^c/)
    style.add(`c${value % 10}`)
  } else throw unknown(`\x1b[${value}m`)
}
