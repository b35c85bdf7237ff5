import { describe, expect, it } from 'vitest'
import { verboseFormatter } from '../../src/formatters/verbose.ts'
import { bytesOf, textOf } from './message-of.ts'

describe('verbose', () => {
  it.each([
    ['topic and payload', { topic: 'tock/1', payload: 'x y' }, true, 'tock/1 x y\n'],
    ['no line end with -N', { topic: 'tock/1', payload: 'x' }, false, 'tock/1 x'],
    ['(null) for an empty payload', { topic: 'tock/1' }, true, 'tock/1 (null)\n'],
    ['nothing for an empty payload with -N', { topic: 'tock/1' }, false, ''],
    ['any bytes', { topic: 't', payload: Buffer.from([0xff, 0]) }, true, 't \xff\0\n'],
  ])('prints %s', (_name, parts, newline, printed) => {
    expect(bytesOf(verboseFormatter({ newline }), parts)).toBe(printed)
  })

  it('colours the topic and nothing else', () => {
    const format = verboseFormatter({ newline: true, style: { open: '<', close: '>' } })
    expect(textOf(format, { topic: 'a/b', payload: 'x' })).toBe('<a/b> x\n')
    expect(textOf(format, { topic: 'a/b' })).toBe('<a/b> (null)\n')
  })

  it('makes control characters visible on a terminal, but not those of the style', () => {
    const format = verboseFormatter({ newline: true, style: { open: '\x1b[1m', close: '\x1b[22m' } })
    expect(textOf(format, { topic: 'a\n\x1b[2J', payload: 'b\n\x9b' }, { terminal: true })).toBe(
      '\x1b[1ma\\n\\e[2J\x1b[22m b\n\\u{9b}\n',
    )
  })
})
