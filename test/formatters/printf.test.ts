import { describe, expect, it } from 'vitest'
import { OutputBuffer } from '../../src/formatters/output-buffer.ts'
import { type Layout, printBlank, printBytes, printInteger, printNumber } from '../../src/formatters/printf.ts'

const layout = (parts: Partial<Layout>): Layout => ({ left: false, zero: false, width: 0, precision: -1, ...parts })

function printed(print: (out: OutputBuffer) => void): string {
  const out = new OutputBuffer()
  print(out)
  return Buffer.concat(out.take()).toString('latin1')
}

describe('printInteger', () => {
  it.each([
    [42, {}, '42'],
    [42, { width: 5 }, '   42'],
    [42, { width: 5, zero: true }, '00042'],
    [42, { width: 5, left: true }, '42   '],
    [42, { width: 5, left: true, zero: true }, '42   '],
    [-42, { width: 5 }, '  -42'],
    [-42, { width: 5, zero: true }, '-0042'],
    [12345, { width: 3, zero: true }, '12345'],
    [42, { zero: true, precision: 5 }, '42'],
  ])('prints %d with %j as "%s"', (value, parts, text) => {
    expect(printed((out) => printInteger(out, value, layout(parts)))).toBe(text)
  })
})

describe('printNumber', () => {
  it('pads with blanks where zeros are not wanted', () => {
    expect(printed((out) => printNumber(out, '-inf', layout({ width: 6, zero: true }), false))).toBe('  -inf')
  })
})

describe('printBytes', () => {
  it.each([
    [{}, 'abcde'],
    [{ width: 7 }, '  abcde'],
    [{ width: 7, zero: true }, '  abcde'],
    [{ width: 7, left: true }, 'abcde  '],
    [{ width: 3 }, 'abcde'],
    [{ precision: 2 }, 'ab'],
    [{ precision: 0, width: 2 }, '  '],
    [{ precision: 9 }, 'abcde'],
    [{ precision: 2, width: 4 }, '  ab'],
    [{ precision: 2, width: 4, left: true }, 'ab  '],
  ])('prints with %j "%s"', (parts, text) => {
    const source = Buffer.from('-abcde-')
    expect(printed((out) => printBytes(out, source, 1, 6, layout(parts)))).toBe(text)
  })

  it('counts bytes, as C does', () => {
    const source = Buffer.from('ä')
    expect(printed((out) => printBytes(out, source, 0, 2, layout({ width: 3 })))).toBe(' \xc3\xa4')
    expect(printed((out) => printBytes(out, source, 0, 2, layout({ precision: 1 })))).toBe('\xc3')
  })
})

describe('printBlank', () => {
  it.each([
    [{}, ''],
    [{ width: 3 }, '   '],
    [{ width: 3, zero: true }, '000'],
    [{ width: 3, zero: true, left: true }, '000'],
  ])('prints with %j "%s"', (parts, text) => {
    expect(printed((out) => printBlank(out, layout(parts)))).toBe(text)
  })
})
