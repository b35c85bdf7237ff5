import { describe, expect, it } from 'vitest'
import { compact, decodeBase64, textAt, unescapeText } from '../../src/parsers/json-values.ts'
import { LineFault } from '../../src/parsers/line-fault.ts'
import { Random } from '../support/random.ts'

/** Runs what works in place on bytes that stand between others, which must stay. */
function inPlace(change: (bytes: Buffer, start: number, end: number) => number, text: string | Buffer): Buffer {
  const inner = Buffer.from(text as string)
  const bytes = Buffer.concat([Buffer.from('"\\u'), inner, Buffer.from('"\\udc00')])
  const end = change(bytes, 3, 3 + inner.length)
  expect(bytes.toString('latin1', 0, 3)).toBe('"\\u')
  expect(bytes.toString('latin1', 3 + inner.length)).toBe('"\\udc00')
  return bytes.subarray(3, end)
}

describe('unescapeText', () => {
  it.each([
    ['', ''],
    ['plain ä€😀', 'plain ä€😀'],
    ['\\"\\\\\\/\\b\\f\\n\\r\\t', '"\\/\b\f\n\r\t'],
    ['a\\u0000b', 'a\0b'],
    ['\\u007f\\u0080\\u07ff\\u0800\\uFFFF', '\x7f\x80\u07ff\u0800\uffff'],
    ['\\uD83D\\uDE00\\ud83d\\ude00\\udbff\\udfff\\ud800\\udc00', '😀😀\u{10ffff}\u{10000}'],
    ['\\ufeff\\u2028', '\ufeff\u2028'],
    ['\\\\u0041', '\\u0041'],
  ])('turns %s into what it stands for', (json, text) => {
    expect(inPlace(unescapeText, json).toString()).toBe(text)
    expect(textAt(Buffer.from(`"${json}"`), 1, 1 + Buffer.byteLength(json))).toBe(text)
  })

  it.each(['\\ud83d', '\\ud83d\\ud83d', '\\ude00', '\\ude00\\ud83d', '\\ud83dx', '\\ud83d\\n', '\\uDBFF\\u0041'])(
    'refuses half a pair: %s',
    (json) => {
      expect(() => inPlace(unescapeText, json)).toThrow(LineFault)
    },
  )

  it('is what JSON.parse makes of the same text', () => {
    const random = new Random(1)
    const pieces = ['a', 'ä', '€', '😀', '\\n', '\\"', '\\\\', '\\/', '\\u00e4', '\\u0000', '\\uD83D\\uDE00', '\\u20ac']
    for (let round = 0; round < 1000; round++) {
      const json = random.list(0, 8, () => random.pick(pieces)).join('')
      expect(inPlace(unescapeText, json).toString()).toBe(JSON.parse(`"${json}"`))
    }
  })
})

describe('compact', () => {
  it.each([
    ['5', '5'],
    [' [ 1 ,\t2.50 , 1E400\r] ', '[1,2.50,1E400]'],
    ['{ "b" : 1 , "a" : " x y " , "b" : 12345678901234567890 }', '{"b":1,"a":" x y ","b":12345678901234567890}'],
    ['["\\" ] ", "\\\\" , "\\u0020"]', '["\\" ] ","\\\\","\\u0020"]'],
  ])('takes the blanks out of %s', (json, compacted) => {
    expect(inPlace(compact, json).toString()).toBe(compacted)
  })
})

describe('decodeBase64', () => {
  it('decodes bytes of every length', () => {
    const random = new Random(1)
    const lengths = [0, 1, 2, 3, 4, 5, 49_150, 49_151, 49_152, 49_153, 100_000, 200_001]
    for (const length of lengths) {
      const bytes = Buffer.from(random.list(length, length, () => random.integer(0, 255)))
      expect(inPlace(decodeBase64, bytes.toString('base64')).equals(bytes)).toBe(true)
    }
  })

  it.each(['A', 'AA', 'AAA', 'A===', '====', '=', 'AA=A', 'AA==AAAA', 'AAA*', 'AA A', 'AAAA\n', 'ÄA==', 'AAAAAA==A'])(
    'refuses %j',
    (text) => {
      const bytes = Buffer.from(text)
      expect(decodeBase64(bytes, 0, bytes.length)).toBe(-1)
    },
  )

  it('refuses what is wrong far behind', () => {
    const bytes = Buffer.from(`${'AAAA'.repeat(50_000)}A*AA`)
    expect(decodeBase64(bytes, 0, bytes.length)).toBe(-1)
  })
})
