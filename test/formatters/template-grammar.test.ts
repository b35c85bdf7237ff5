import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { parseTemplate } from '../../src/formatters/template-grammar.ts'

const field = { left: false, zero: false, width: 0, precision: -1, separator: ' ' }

describe('parseTemplate', () => {
  it.each([
    ['', []],
    ['plain ä', [{ text: 'plain ä' }]],
    ['%t %p', [{ field: { ...field, item: 't' } }, { text: ' ' }, { field: { ...field, item: 'p' } }]],
    ['%%', [{ text: '%' }]],
    ['%5%', [{ text: '%' }]],
    ['%012l', [{ field: { ...field, item: 'l', zero: true, width: 12 } }]],
    ['%-12l', [{ field: { ...field, item: 'l', left: true, width: 12 } }]],
    ['%-05l', [{ field: { ...field, item: 'l', left: true, zero: true, width: 5 } }]],
    ['%.3t', [{ field: { ...field, item: 't', precision: 3 } }]],
    ['%.t', [{ field: { ...field, item: 't', precision: 0 } }]],
    ['%20.2:x', [{ field: { ...field, item: 'x', width: 20, precision: 2, separator: ':' } }]],
    ['%--p', [{ field: { ...field, item: 'p', left: true, separator: '-' } }]],
    ['%..x', [{ field: { ...field, item: 'x', precision: 0, separator: '.' } }]],
    ['100% done', [{ text: '100' }, { field: { ...field, item: 'd' } }, { text: 'one' }]],
    ['%{x}', [{ field: { ...field, item: 'x', separator: '{' } }, { text: '}' }]],
    ['%{filter}', [{ field: { ...field, item: 'filter' } }]],
    ['%-9.3{filter}', [{ field: { ...field, item: 'filter', left: true, width: 9, precision: 3 } }]],
    ['%{filter', [{ field: { ...field, item: 'f', separator: '{' } }, { text: 'ilter' }]],
    ['@Y@@@%@ä', [{ time: 'Y' }, { text: '@' }, { time: '%' }, { time: 'ä' }]],
    ['\\\\\\0\\a\\e\\n\\r\\t\\v', [...'\\\0\x07\x1b\n\r\t\v'].map((text) => ({ text }))],
  ])('takes %j apart', (format, expected) => {
    expect(parseTemplate(format)).toEqual(expected)
  })

  it.each([...' !"#$&\'()*+,-./:;<=>?@[\\]^_`{|}~'])('takes "%s" for a separator', (separator) => {
    expect(parseTemplate(`%1.2${separator}X`)).toEqual([
      { field: { ...field, item: 'X', width: 1, precision: 2, separator } },
    ])
  })

  it.each([...'ACDEFIJPRSUXdfjlmpqrtx'])('knows %%%s', (item) => {
    expect(parseTemplate(`%${item}`)).toEqual([{ field: { ...field, item } }])
  })

  it.each([
    ['%', "-F: incomplete format specifier '%' at character 1 ('%%' prints %)"],
    ['%t %-', "-F: incomplete format specifier '%-' at character 4 ('%%' prints %)"],
    ['%0', "-F: incomplete format specifier '%0' at character 1 ('%%' prints %)"],
    ['%12', "-F: incomplete format specifier '%12' at character 1 ('%%' prints %)"],
    ['%1.', "-F: incomplete format specifier '%1.' at character 1 ('%%' prints %)"],
    ['%.2:', "-F: incomplete format specifier '%.2:' at character 1 ('%%' prints %)"],
    ['%5z', "-F: invalid format specifier 'z' at character 3"],
    ['😀%Z', "-F: invalid format specifier 'Z' at character 3"],
    ['%0-5p', "-F: invalid format specifier '5' at character 4"],
    ['%😀', "-F: invalid format specifier '😀' at character 2"],
    ['%\x1b', "-F: invalid format specifier '\\e' at character 2"],
    ['a\n%\n', "-F: invalid format specifier '\\n' at character 4"],
    ['%{}', "-F: invalid format specifier '}' at character 3"],
    ['%t %{topic}', "-F: unknown name in '%{topic}' at character 4 (known: filter)"],
    ['@', "-F: incomplete time specifier '@' at character 1 ('@@' prints @)"],
    ['a\\', "-F: incomplete escape '\\' at character 2 ('\\\\' prints \\)"],
    ['a\\Z', "-F: invalid escape '\\Z' at character 2"],
    ['%999999999999p', "-F: the width or precision of '%999999999999p' at character 1 is larger than 268435455"],
    ['%.268435456f', "-F: the width or precision of '%.268435456f' at character 1 is larger than 268435455"],
  ])('refuses %j', (format, message) => {
    expect(() => parseTemplate(format)).toThrow(new UsageError(message))
  })
})
