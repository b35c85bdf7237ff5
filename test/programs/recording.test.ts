import { describe, expect, it } from 'vitest'
import { replay } from '../../.ci/recording/screen.mjs'
import { svgOf } from '../../.ci/recording/svg.mjs'

const size = { columns: 10, rows: 3 }

/** The lines of the screen at a time. */
function screenAt(time: number, recording: [number, string][]): string[] {
  const lines: string[][] = Array.from({ length: size.rows }, () => [])
  for (const { row, column, char, since, until } of replay(recording, size).cells) {
    if (since <= time && time < until) lines[row]![column] = char
  }
  return lines.map((line) => Array.from(line, (char) => char ?? ' ').join(''))
}

const written = (text: string) => screenAt(0, [[0, text]])

describe('the terminal of the recorder', () => {
  it.each([
    ['lines', 'a\r\nb', ['a', 'b', '']],
    ['a line feed that keeps the column', 'ab\nc', ['ab', '  c', '']],
    ['a carriage return', 'abc\rx', ['xbc', '', '']],
    ['a backspace', 'abc\b\bx', ['axc', '', '']],
    ['a line that is full and no more', '0123456789\r\na', ['0123456789', 'a', '']],
    ['a line that is too long', '0123456789a', ['0123456789', 'a', '']],
    ['more lines than there is room for', 'a\r\nb\r\nc\r\nd', ['b', 'c', 'd']],
    ['erasing to the end of the line', 'abc\r\x1b[Kx', ['x', '', '']],
    ['erasing to the cursor', 'abc\b\b\x1b[1K', ['  c', '', '']],
    ['erasing the line', 'abc\x1b[2K', ['', '', '']],
    ['a cursor that moves right', 'a\x1b[2Cb', ['a  b', '', '']],
    ['modes, titles and bells, which show nothing', '\x1b[?25l\x1b]0;title\x07\x07a', ['a', '', '']],
    ['characters beyond ASCII', '✓ é😀', ['✓ é😀', '', '']],
  ])('shows %s', (_, text, lines) => {
    expect(written(text)).toEqual(lines)
  })

  it('knows when each character came and went', () => {
    const recording: [number, string][] = [
      [1, 'ab'],
      [2, '\rx'],
      [3, '\ry'],
    ]
    expect([0, 1, 2, 3].map((time) => screenAt(time, recording)[0])).toEqual(['', 'ab', 'xb', 'yb'])
  })

  it('has no character that went at once', () => {
    const { cells } = replay([[1, 'ab\rx']], size)
    expect(cells.map(({ char }) => char)).toEqual(['x', 'b'])
  })

  it('leaves alone what is written once more', () => {
    const { cells } = replay(
      [
        [1, 'ab'],
        [2, '\rab'],
      ],
      size,
    )
    expect(cells.map(({ since }) => since)).toEqual([1, 1])
  })

  it('gives characters their weight and colour', () => {
    const { cells } = replay([[0, 'a\x1b[1;32mb\x1b[39mc\x1b[2m\x1b[22md\x1b[91me\x1b[mf']], size)
    expect(cells.map(({ char, style }) => `${char} ${style}`.trim())).toEqual([
      'a',
      'b bold c2',
      'c bold',
      'd',
      'e c1',
      'f',
    ])
  })

  it.each(['\x1b[2J', '\x1b[48;5;1m', '\x1b7'])('fails on %j, which it does not know', (text) => {
    expect(() => written(text)).toThrow('not known')
  })
})

describe('the picture of the recorder', () => {
  const picture = (recording: [number, string][]) => svgOf(recording, { ...size, title: 'A & B' })

  it('shows text where it stands, from the time when it came', () => {
    const svg = picture([
      [0, 'a <b'],
      [6, '\r\ncd'],
    ])
    expect(svg).toContain('<title id="title">A &amp; B</title>')
    expect(svg).toContain('<desc id="desc">a &lt;b\ncd</desc>')
    expect(svg).toContain('>a &lt;b</text>')
    const [, row, life] = /<text x="16\.0" y="([\d.]+)" textLength="16\.8" class="(\w+)">cd<\/text>/.exec(svg)!
    expect(Number(row)).toBeGreaterThan(16 + 19)
    expect(svg).toContain(`.${life}{animation-name:${life}}@keyframes ${life}{0%{opacity:0}60.00%{opacity:1}}`)
  })

  it('hides what has gone from whoever wants no motion', () => {
    const svg = picture([
      [0, 'a'],
      [6, '\rb'],
    ])
    const [, life] = /class="(\w+) past">a</.exec(svg)!
    expect(svg).toContain(`@keyframes ${life}{0%{opacity:1}60.00%{opacity:0}}`)
    const [still, moving] = svg.split('@media(prefers-reduced-motion:no-preference)')
    expect(still).toContain('.past{opacity:0}')
    expect(still).not.toContain('animation')
    expect(moving).toContain('animation:10.00s step-end infinite')
  })
})
