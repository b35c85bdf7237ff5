import { describe, expect, it } from 'vitest'
import { jsonErrorPosition } from '../../src/options/json-error.ts'

describe('jsonErrorPosition', () => {
  it.each<[text: string, line: number, column: number]>([
    ['', 1, 1],
    ['  \n ', 2, 2],
    ['x', 1, 1],
    ['{"a": x}', 1, 7],
    ['{"a": 1,}', 1, 9],
    ['{"a": 1\n "b": 2}', 2, 2],
    ['{\n  "a": [1, 2,\n  ]\n}', 3, 3],
    ['{"a" 1}', 1, 6],
    ['{a: 1}', 1, 2],
    ["{'a': 1}", 1, 2],
    ['{"a": "b}', 1, 7],
    ['{"a": "\\x"}', 1, 7],
    ['{"a": "\t"}', 1, 7],
    ['{"a": 01}', 1, 8],
    ['{"a": 1.}', 1, 8],
    ['{"a": tru}', 1, 7],
    ['{"a": 1', 1, 8],
    ['[1, 2', 1, 6],
    ['{} {}', 1, 4],
    ['{}]', 1, 3],
    ['// no comments\n{}', 1, 1],
  ])('of %j is line %d, column %d', (text, line, column) => {
    expect(() => JSON.parse(text)).toThrow()
    expect(jsonErrorPosition(text)).toEqual({ line, column })
  })

  it.each(['{}', '[]', ' {"a": [1, -2.5e+3, true, false, null, "\\u00e9\\n", {}]}\n', '"x"', '0'])(
    'of %j, which is JSON, is its end',
    (text) => {
      JSON.parse(text)
      const lines = text.split('\n')
      expect(jsonErrorPosition(text)).toEqual({ line: lines.length, column: lines.at(-1)!.length + 1 })
    },
  )
})
