import { describe, expect, it } from 'vitest'
import { JsonReader } from '../../src/parsers/json-reader.ts'
import { LineFault } from '../../src/parsers/line-fault.ts'
import { Random } from '../support/random.ts'

function readerOf(json: string | Buffer): JsonReader {
  const text = Buffer.from(json as string)
  const bytes = Buffer.concat([Buffer.from('"}'), text, Buffer.from(',1}')])
  return new JsonReader(bytes, 2, 2 + text.length)
}

/** Keys and values of an object, as they are written. */
function membersOf(json: string | Buffer): string[] {
  const bytes = Buffer.from(json as string)
  const found: string[] = []
  new JsonReader(bytes, 0, bytes.length).object((keyStart, keyEnd, start, end) => {
    found.push(`${bytes.toString('utf8', keyStart, keyEnd)}: ${bytes.toString('utf8', start, end)}`)
  })
  return found
}

const ignore = () => {}

describe('JsonReader', () => {
  it.each<[json: string, members: string[]]>([
    ['{}', []],
    [' \t\r\n{ } ', []],
    ['{"a":1}', ['a: 1']],
    ['{ "a" : -0.5e+10 , "b":"" }', ['a: -0.5e+10', 'b: ""']],
    ['{"a":{"b":[1,{"c":"}"}],"d":"]"},"a":[]}', ['a: {"b":[1,{"c":"}"}],"d":"]"}', 'a: []']],
    ['{"\\"":"\\\\","ä\\u00e4":"\\"\\uD83D\\ude00"}', ['\\": "\\\\"', 'ä\\u00e4: "\\"\\uD83D\\ude00"']],
    ['{"a":true,"b":false,"c":null,"":0}', ['a: true', 'b: false', 'c: null', ': 0']],
    ['{"__proto__":1,"constructor":{}}', ['__proto__: 1', 'constructor: {}']],
    ['{"a":"\u2028\u2029\ufeff\x7f"}', ['a: "\u2028\u2029\ufeff\x7f"']],
    [`{"a":1${'0'.repeat(5000)}}`, [`a: 1${'0'.repeat(5000)}`]],
  ])('finds the members of %s', (json, members) => {
    expect(membersOf(json)).toEqual(members)
  })

  it('finds the items of an array', () => {
    const bytes = Buffer.from(' [1, [2,3] ,"," , {}]')
    const found: string[] = []
    new JsonReader(bytes, 0, bytes.length).array((start, end) => found.push(bytes.toString('utf8', start, end)))
    expect(found).toEqual(['1', '[2,3]', '","', '{}'])
  })

  it.each<[json: string | Buffer, message: string]>([
    ['x', 'not JSON: unexpected "x" at column 1'],
    ['{"a":1}}', 'not JSON: unexpected "}" at column 8'],
    ['{"a":1}\0', 'not JSON: unexpected "\\u0000" at column 8'],
    ['{"a":1} {"a":2}', 'not JSON: unexpected "{" at column 9'],
    ['{"a":1,}', 'not JSON: unexpected "}" at column 8'],
    ['{"ä":1,😀}', 'not JSON: unexpected "😀" at column 8'],
    ["{'a':1}", 'not JSON: unexpected "\'" at column 2'],
    ['{a:1}', 'not JSON: unexpected "a" at column 2'],
    ['{"a" 1}', 'not JSON: unexpected "1" at column 6'],
    ['{"a":01}', 'not JSON: unexpected "1" at column 7'],
    ['{"a":1.}', 'not JSON: unexpected "}" at column 8'],
    ['{"a":.5}', 'not JSON: unexpected "." at column 6'],
    ['{"a":-}', 'not JSON: unexpected "}" at column 7'],
    ['{"a":+1}', 'not JSON: unexpected "+" at column 6'],
    ['{"a":1e}', 'not JSON: unexpected "}" at column 8'],
    ['{"a":NaN}', 'not JSON: unexpected "N" at column 6'],
    ['{"a":truE}', 'not JSON: unexpected "E" at column 9'],
    ['{"a":"\t"}', 'not JSON: unexpected "\\t" at column 7'],
    ['{"a":"\\x"}', 'not JSON: unexpected "x" at column 8'],
    ['{"a":"\\u00g0"}', 'not JSON: unexpected "g" at column 11'],
    ['{"a":[1,]}', 'not JSON: unexpected "]" at column 9'],
    ['{"a":[1}', 'not JSON: unexpected "}" at column 8'],
    ['{', 'incomplete: a message has to stand on one line (jq -c)'],
    ['{"a":', 'incomplete: a message has to stand on one line (jq -c)'],
    ['{"a":"b\\', 'incomplete: a message has to stand on one line (jq -c)'],
    ['{"a":"b\\u00', 'incomplete: a message has to stand on one line (jq -c)'],
    ['{"a":tru', 'incomplete: a message has to stand on one line (jq -c)'],
    ['{"a":1', 'incomplete: a message has to stand on one line (jq -c)'],
    ['5', 'not a JSON object'],
    ['[{}]', 'not a JSON object'],
    ['"{}"', 'not a JSON object'],
    [Buffer.from('{"a":"\xe4"}', 'latin1'), 'not UTF-8'],
    [Buffer.from('{"a":"\xed\xa0\x80"}', 'latin1'), 'not UTF-8'],
    [Buffer.from('{\xff', 'latin1'), 'not UTF-8'],
    [`{"a":${'['.repeat(1_000_000)}`, 'JSON nested more than 1000 deep'],
    [`{"a":${'{"b":'.repeat(1_000_000)}`, 'JSON nested more than 1000 deep'],
  ])('refuses %.60s', (json, message) => {
    expect(() => readerOf(json).object(ignore)).toThrow(new LineFault(message))
  })

  it('reads what is nested 1000 deep', () => {
    readerOf(`{"a":${'['.repeat(999)}${']'.repeat(999)}}`).object(ignore)
  })

  it('tells a blank line', () => {
    expect(['', ' \t\r', 'x', ' {}'].map((text) => readerOf(text).isBlank())).toEqual([true, true, false, false])
  })

  it('takes and refuses what JSON.parse does', () => {
    const random = new Random(1)
    let taken = 0
    for (let round = 0; round < 20_000; round++) {
      const json = mutated(random, JSON.stringify({ a: anyValue(random, 0), 'ä"': anyValue(random, 0) }))
      const isTaken = accepts(() => readerOf(json).object(ignore))
      expect(isTaken, json).toBe(accepts(() => expect(JSON.parse(json)).toBeTypeOf('object')) && /^\s*\{/.test(json))
      if (isTaken) taken++
    }
    expect(taken).toBeGreaterThan(2000)
    expect(taken).toBeLessThan(18_000)
  })
})

function accepts(read: () => void): boolean {
  try {
    read()
    return true
  } catch {
    return false
  }
}

function anyValue(random: Random, depth: number): unknown {
  switch (random.integer(0, depth > 3 ? 3 : 5)) {
    case 0:
      return random.pick<unknown>([true, false, null])
    case 1:
      return random.pick([0, -1, 1.5, 1e300, -2.5e-7, 123456789])
    case 2:
    case 3:
      return random.pick<string>(['', 'a', '\\', '"', '\n\u2028', 'ä😀', '\0'])
    case 4:
      return random.list(0, 3, () => anyValue(random, depth + 1))
    default:
      return Object.fromEntries(random.list(0, 3, () => [random.pick('abc'), anyValue(random, depth + 1)]))
  }
}

/** The text as it is, or with some characters changed. */
function mutated(random: Random, text: string): string {
  const characters = [...text]
  for (let count = random.integer(0, 2); count > 0; count--) {
    const at = random.integer(0, characters.length - 1)
    const put = random.pick<string>(['', '', ' ', '\t', '\n', ...'{}[],:"\\u0123456789.eE+-tfnx/bä', '\0'])
    characters.splice(at, random.integer(0, 1), put)
  }
  return characters.join('')
}
