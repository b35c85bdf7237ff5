import { describe, expect, it } from 'vitest'
import { isPrintableAscii, safeText, safeUtf8 } from '../../src/formatters/terminal-safe.ts'

const bytes = (...values: number[]) => Buffer.from(values)

describe('safeText', () => {
  it.each([
    ['plain text, ä€😀', 'plain text, ä€😀'],
    ['\x07\b\t\n\v\f\r\x1b', '\\a\\b\\t\\n\\v\\f\\r\\e'],
    ['\0\x01\x1f\x7f', '\\x00\\x01\\x1f\\x7f'],
    ['\x80\x9b31m\x9f\xa0', '\\u{80}\\u{9b}31m\\u{9f}\xa0'],
    ['\u202a\u202e\u2066\u2069', '\\u{202a}\\u{202e}\\u{2066}\\u{2069}'],
    ['\u200e\u200f\u061c', '\\u{200e}\\u{200f}\\u{61c}'],
    ['a\\n stays', 'a\\n stays'],
    ['\x1b]0;title\x07', '\\e]0;title\\a'],
  ])('shows %j as %s', (text, shown) => {
    expect(safeText(text)).toBe(shown)
  })

  it('leaves line feed and tab where the text may have lines', () => {
    expect(safeText('a\tb\r\nc\x1b', true)).toBe('a\tb\\r\nc\\e')
  })
})

describe('safeUtf8', () => {
  it.each([
    ['valid UTF-8', Buffer.from('ä€😀'), 'ä€😀'],
    ['C1 in UTF-8', bytes(0xc2, 0x9b), '\\u{9b}'],
    ['C1 as a single byte', bytes(0x61, 0x9b, 0x62), 'a\\x9bb'],
    ['a lone continuation byte', bytes(0x80, 0x61), '\\x80a'],
    ['an overlong slash', bytes(0xc0, 0xaf), '\\xc0\\xaf'],
    ['an overlong sequence of three', bytes(0xe0, 0x80, 0xaf), '\\xe0\\x80\\xaf'],
    ['an overlong sequence of four', bytes(0xf0, 0x8f, 0xbf, 0xbf), '\\xf0\\x8f\\xbf\\xbf'],
    ['a surrogate', bytes(0xed, 0xa0, 0x80), '\\xed\\xa0\\x80'],
    ['beyond Unicode', bytes(0xf4, 0x90, 0x80, 0x80), '\\xf4\\x90\\x80\\x80'],
    ['a cut sequence', bytes(0x61, 0xe2, 0x82), 'a\\xe2\\x82'],
    ['a sequence that is broken off', bytes(0xe2, 0x82, 0x28), '\\xe2\\x82('],
    ['a valid character between invalid bytes', bytes(0xff, 0xc3, 0xa4, 0x1b, 0xfe), '\\xffä\\e\\xfe'],
    [
      'the limits of each length before a byte that is not UTF-8',
      Buffer.concat([Buffer.from('\u07ff\u0800\ud7ff\uffff\u{10000}\u{10ffff}'), bytes(0xff)]),
      '\u07ff\u0800\ud7ff\uffff\u{10000}\u{10ffff}\\xff',
    ],
  ])('shows %s', (_name, source, shown) => {
    expect(safeUtf8(source, 0, source.length, false)).toBe(shown)
  })

  it('reads between start and end only', () => {
    const source = bytes(0xff, 0x61, 0xc3, 0xa4, 0xff)
    expect(safeUtf8(source, 1, 4, false)).toBe('aä')
    expect(safeUtf8(source, 1, 3, false)).toBe('a\\xc3')
  })

  it('agrees with the runtime on what is UTF-8, for every pair of bytes', () => {
    for (let pair = 0x8080; pair <= 0xffff; pair++) {
      const source = bytes(pair >> 8, pair & 0xff, 0xff)
      expect(safeUtf8(source, 0, 3, false).startsWith('\\x')).toBe(source.toString().startsWith('\ufffd'))
    }
  })
})

describe('isPrintableAscii', () => {
  it.each([
    ['', true],
    ['a b~', true],
    ['a\tb', false],
    ['\x7f', false],
    ['ä', false],
  ])('takes %j for %s', (text, expected) => {
    const source = Buffer.from(`\0${text}\0`)
    expect(isPrintableAscii(source, 1, source.length - 1)).toBe(expected)
  })
})
