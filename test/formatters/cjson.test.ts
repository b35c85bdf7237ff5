import { describe, expect, it } from 'vitest'
import { reprintJson } from '../../src/formatters/cjson.ts'
import { OutputBuffer } from '../../src/formatters/output-buffer.ts'

/** What is written, or undefined for what is not JSON. */
function reprinted(json: string | Buffer, { terminal = false } = {}): string | undefined {
  const out = new OutputBuffer({ terminal })
  return reprintJson(out, Buffer.from(json)) ? out.take().toString() : undefined
}

// All seen in cJSON 1.7.15.
describe('reprintJson', () => {
  it.each([
    ['leaves blanks away', ' { "a" : [ 1 , null ,\ttrue,\r\nfalse ] , "b" : { } , "c" : [ ] }\n'],
    ['takes any control for a blank', '\x01{"a":\x0b[1,null,true,false],"b":{},"c":[\x1f]}\x0c'],
    ['takes a byte order mark', '\ufeff {"a":[1,null,true,false],"b":{},"c":[]}'],
  ])('%s', (_name, json) => {
    expect(reprinted(json)).toBe('{"a":[1,null,true,false],"b":{},"c":[]}')
  })

  it('keeps keys in their order, with their repeats', () => {
    const json = '{"b":1,"10":2,"a":3,"2":4,"b":5,"":6,"__proto__":{"b":7}}'
    expect(reprinted(json)).toBe(json)
  })

  it.each([
    ['0', '0'],
    ['-0', '-0'],
    ['-0.0', '-0'],
    ['1.0', '1'],
    ['1.50', '1.5'],
    ['01', '1'],
    ['-007', '-7'],
    ['1.', '1'],
    ['1.e2', '100'],
    ['-.5', '-0.5'],
    ['1e5', '100000'],
    ['1E+05', '100000'],
    ['0.0001', '0.0001'],
    ['0.00001', '1e-05'],
    ['1.1e-7', '1.1e-07'],
    ['123456789012345', '123456789012345'],
    ['1234567890123456', '1234567890123456'],
    ['9007199254740993', '9.00719925474099e+15'],
    ['1e15', '1e+15'],
    ['12345678901234567890', '1.2345678901234567e+19'],
    ['1e100', '1e+100'],
    ['0.1', '0.1'],
    ['0.30000000000000004', '0.3'],
    ['123456.7890123456789', '123456.78901234567'],
    ['1.00000762939453125', '1.0000076293945312'],
    ['1.7976931348623157e308', '1.79769313486232e+308'],
    ['2.2250738585072014e-308', '2.2250738585072014e-308'],
    ['5e-324', '4.94065645841247e-324'],
    ['1e-400', '0'],
    ['1e400', 'null'],
    ['-1e400', 'null'],
    ['1'.repeat(300), '1.1111111111111112e+299'],
    [`0.${'1'.repeat(400)}`, '0.1111111111111111'],
  ])('prints %s as %s', (json, printed) => {
    expect(reprinted(json)).toBe(printed)
  })

  it.each([
    ['"a/b\x7fä\u2028😀"', '"a/b\x7fä\u2028😀"'],
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\"\\\\/\\b\\f\\n\\r\\t"'],
    ['"a\nb\x01"', '"a\\nb\\u0001"'],
    ['"\\u0041\\u00E4\\u20ac\\ud83d\\uDE00\\u001f"', '"Aä€😀\\u001f"'],
    ['"cut\\u0000here"', '"cut"'],
    ['{"a\\u0000b":"\\u0000"}', '{"a":""}'],
    ['"no\\uZZZZdigits"', '"no"'],
    ['"no\\u\x10\x11\x12\x13digits"', '"no"'],
  ])('prints %j as %j', (json, printed) => {
    expect(reprinted(json)).toBe(printed)
  })

  it('replaces bytes that are not UTF-8', () => {
    expect(reprinted(Buffer.from('{"\xff":"a\x80\\n"}', 'latin1'))).toBe('{"\ufffd":"a\ufffd\\n"}')
  })

  it('escapes what a terminal may act on', () => {
    expect(reprinted('["\x7f","\\u009b","\u202e"]', { terminal: true })).toBe('["\\u007f","\\u009b","\\u202e"]')
  })

  it.each([
    ...['', ' ', '\ufeff', 'nul', 'nullx', 'True', 'NaN', 'a', "'a'", '1 2', 'true false', '{}{}'],
    ...['-', '+1', '.5', '-.', '.', '1e', '1e+', '0x10', '1-2', '1.2.3', '1e5.0', '-Infinity'],
    ...['[', ']', '[1', '[1,', '[1,]', '[,1]', '[1 2]', '[1}', '{', '}', '{"a"', '{"a":', '{"a":1', '{"a":1,'],
    ...['{"a":1,}', '{,}', '{1:2}', '{"a" 1}', '{"a":1 "b":2}', '{"a":1]', '{null:1}', '{"a":}'],
    ...['"', '"a', '"\\', '"\\"', '"\\x"', '"\\u12"', '"\\ud800"', '"\\udc00"', '"\\ud800\\u0041"', '"\\ud800\\ud800"'],
    ...['"\\ud83d\\ude0"', '"\\ud83dxxxxxx"', '"cut\\u0000\\x"'],
    ...['1\0', '\0', '[1\0]', '"a\0b"', '"\\\0"', '{"a":1}\0', ' \0 '],
  ])('refuses %j', (json) => {
    expect(reprinted(json)).toBeUndefined()
  })

  it.each([
    ['arrays', '[', ']', ''],
    ['objects', '{"a":', '}', '1'],
  ])('takes 1000 %s inside each other, and no more', (_name, open, close, inside) => {
    const nested = (depth: number) => open.repeat(depth) + inside + close.repeat(depth)
    expect(reprinted(nested(1000))).toBe(nested(1000))
    expect(reprinted(nested(1001))).toBeUndefined()
  })

  // Each would take hours if it took the square of its length.
  it.each([
    ['brackets', '['.repeat(4_000_000), undefined],
    ['digits', '1'.repeat(4_000_000), 'null'],
    ['digits with an end that is none', `${'1'.repeat(4_000_000)}e`, undefined],
    ['blanks', ' '.repeat(4_000_000), undefined],
    ['a string without end', `"${'a'.repeat(4_000_000)}`, undefined],
    ['escapes', `"${'\\n'.repeat(2_000_000)}"`, `"${'\\n'.repeat(2_000_000)}"`],
    ['what is cut away', `"\\u0000${'a'.repeat(4_000_000)}"`, '""'],
  ])('is quick with millions of %s', (_name, json, printed) => {
    expect(reprinted(json) === printed).toBe(true)
  })
})
