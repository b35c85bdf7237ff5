import { describe, expect, it } from 'vitest'
import { payloadFormatter } from '../../src/formatters/payload.ts'
import { bytesOf } from './message-of.ts'

describe('payload', () => {
  it.each([
    ['text', 'hello', true, 'hello\n'],
    ['text with -N', 'hello', false, 'hello'],
    ['text that ends its line', 'hello\n', true, 'hello\n\n'],
    ['any bytes', Buffer.from([0, 0xff, 0x1b]), true, '\0\xff\x1b\n'],
    ['nothing for an empty payload', '', true, ''],
    ['nothing for an empty payload with -N', '', false, ''],
  ])('prints %s', (_name, payload, newline, printed) => {
    expect(bytesOf(payloadFormatter({ newline }), { payload })).toBe(printed)
  })

  it('keeps lines and tabs on a terminal', () => {
    const payload = 'a\n\tb\x1b[2J'
    expect(bytesOf(payloadFormatter({ newline: true }), { payload }, { terminal: true })).toBe('a\n\tb\\e[2J\n')
  })
})
