import { describe, expect, it } from 'vitest'
import { inLines } from '../../src/formatters/json-layout.ts'
import { textOf } from './message-of.ts'

const laidOut = (json: string) =>
  textOf(
    inLines((message, out) => out.bytes(message.payload)),
    { payload: json },
  )

describe('inLines', () => {
  // What cJSON_Print of version 1.7.15 prints.
  it.each([
    ['1', '1'],
    ['"{a: [1,\\"}\\\\"', '"{a: [1,\\"}\\\\"'],
    ['{}', '{\n}'],
    ['[]', '[]'],
    ['{"a":1,"b":"c:d,e"}', '{\n\t"a":\t1,\n\t"b":\t"c:d,e"\n}'],
    ['[1,"a",[],[2,3]]', '[1, "a", [], [2, 3]]'],
    ['{"a":{},"b":{"c":null}}', '{\n\t"a":\t{\n\t},\n\t"b":\t{\n\t\t"c":\tnull\n\t}\n}'],
    ['[{},{"a":[{"b":1},2]}]', '[{\n\t}, {\n\t\t"a":\t[{\n\t\t\t\t"b":\t1\n\t\t\t}, 2]\n\t}]'],
    ['{"a":1}\n', '{\n\t"a":\t1\n}\n'],
  ])('lays %j out', (json, expected) => {
    expect(laidOut(json)).toBe(expected)
  })

  it('changes nothing of what was written before', () => {
    expect(
      textOf((message, out) => {
        out.text('{"a":1} ')
        inLines((_message, inner) => inner.text('{"a":1}'))(message, out)
      }, {}),
    ).toBe('{"a":1} {\n\t"a":\t1\n}')
  })
})
