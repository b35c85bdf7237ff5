import { readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { argumentsIn, expectUsable } from '../support/shell-words.ts'

const path = 'test/programs/demo.svg'
const svg = readFileSync(path, 'utf8')

const plain = (text: string) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

/** What stands in each line of the picture when all has come. */
function lastPicture(): string[] {
  const lines = new Map<string, string[]>()
  for (const [, x, y, attributes, text] of svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)"(.*?)>(.*?)<\/text>/g)) {
    if (/\bpast\b/.test(attributes!)) continue
    const line = lines.get(y!) ?? []
    lines.set(y!, line)
    const column = Math.round((Number(x) - 16) / 8.4)
    for (const [at, char] of [...plain(text!)].entries()) line[column + at] = char
  }
  return [...lines]
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, line]) => Array.from(line, (char) => char ?? ' ').join(''))
}

const commandLines = lastPicture().flatMap((line) => /^\$ (.+)/.exec(line)?.[1] ?? [])

describe('the picture of the demo (npm run demo:record makes it)', () => {
  it('is well-formed, of one root', () => {
    const open: string[] = []
    const roots: string[] = []
    const rest = svg.replace(/<(\/?)(\w+)((?: [\w-]+="[^"<&]*")*)(\/?)>/g, (_, end, name, __, empty) => {
      if (end) expect(open.pop()).toBe(name)
      else {
        if (open.length === 0) roots.push(name)
        if (!empty) open.push(name)
      }
      return ''
    })
    expect([roots, open]).toEqual([['svg'], []])
    expect(rest.replaceAll(/&(lt|gt|amp);/g, '')).not.toMatch(/[<&]/)
  })

  it('needs nothing but itself, and is small', () => {
    expect(svg).not.toMatch(/<script|<image|<use|<foreignObject|href|url\(|@import|@font-face|\son\w+=/i)
    expect(svg.match(/https?:\/\/[^"\s<]*/g)).toEqual(['http://www.w3.org/2000/svg'])
    expect(statSync(path).size).toBeLessThan(60_000)
  })

  it('shows command lines whose options are right', async () => {
    expect(lastPicture()[0]).toBe(`$ ${commandLines[0]}`)
    expect(commandLines.length).toBeGreaterThanOrEqual(4)
    for (const line of commandLines) {
      const commands = argumentsIn(line)
      expect(commands.length, line).toBe(1)
      for (const argv of commands) await expectUsable(argv)
    }
  })

  it('shows no failure', () => {
    expect(lastPicture().join('\n')).not.toMatch(/tmqtt \w+: |command not found|[1-9]\d* failed/)
  })

  it('tells those who do not see it the same', () => {
    const [, text] = /<desc id="desc">(.*?)<\/desc>/s.exec(svg)!
    expect(
      plain(text!)
        .split('\n')
        .map((line) => line.trimEnd()),
    ).toEqual(lastPicture())
  })
})
