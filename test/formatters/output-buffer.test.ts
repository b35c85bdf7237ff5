import { describe, expect, it } from 'vitest'
import { OutputBuffer } from '../../src/formatters/output-buffer.ts'

describe('OutputBuffer', () => {
  it('returns what was written since the last take, in order', () => {
    const out = new OutputBuffer()
    out.byte(0x41)
    out.text('bc')
    out.bytes(Buffer.from('-def-'), 1, 4)
    out.integer(42)
    expect(out.length).toBe(8)
    expect(Buffer.concat(out.take()).toString()).toBe('Abcdef42')
    expect(out.length).toBe(0)
    out.text('more')
    expect(Buffer.concat(out.take()).toString()).toBe('more')
    expect(out.take()).toHaveLength(0)
  })

  it('never changes bytes that were taken', () => {
    const out = new OutputBuffer()
    const taken: Buffer[] = []
    for (let i = 0; i < 1000; i++) {
      out.text(`${i}:`)
      out.fill(0x61 + (i % 26), i)
      taken.push(...out.take())
    }
    for (const [i, bytes] of taken.entries()) {
      expect(bytes.toString()).toBe(`${i}:${String.fromCharCode(0x61 + (i % 26)).repeat(i)}`)
    }
  })

  it('grows with a batch larger than its block', () => {
    const out = new OutputBuffer()
    const line = Buffer.from('0123456789'.repeat(10))
    for (let i = 0; i < 10_000; i++) out.bytes(line)
    out.byte(0x0a)
    expect(Buffer.concat(out.take()).equals(Buffer.from(`${line.toString().repeat(10_000)}\n`))).toBe(true)
  })

  it('hands large pieces out where they stand, between what was written before and after', () => {
    const out = new OutputBuffer()
    const large = Buffer.alloc(100_000, 'x')
    out.text('a ')
    out.bytes(large, 1)
    out.byte(0x0a)
    expect(out.length).toBe(100_002)
    const pieces = out.take()
    expect(pieces.map((piece) => piece.length)).toEqual([2, 99_999, 1])
    expect(pieces[1]!.buffer).toBe(large.buffer)
    out.text('b')
    expect(Buffer.concat(out.take()).toString()).toBe('b')
  })

  it('undoes what was written since a length, and returns it', () => {
    const out = new OutputBuffer()
    out.text('taken')
    const taken = Buffer.concat(out.take())
    out.text('kept')
    const length = out.length
    out.text('-undone')
    const undone = out.takeBack(length)
    out.bytes(Buffer.alloc(300_000, 'x'))
    expect(out.takeBack(length)).toHaveLength(300_000)
    out.text('!')
    expect([taken, undone, Buffer.concat(out.take())].map(String)).toEqual(['taken', '-undone', 'kept!'])
  })

  it.each([
    '',
    'a',
    'ä',
    'short ascii',
    'a long ascii text of more than 24 characters',
    '😀 and ä',
    `${'x'.repeat(23)}€`,
  ])('writes %j as UTF-8', (text) => {
    const out = new OutputBuffer()
    out.text('<')
    out.text(text)
    out.text('>')
    expect(Buffer.concat(out.take()).toString()).toBe(`<${text}>`)
  })

  it.each([0, 7, 9, 10, 65535, 268435455, -1, -9, -2147483648])('writes %d in decimal', (value) => {
    const out = new OutputBuffer()
    out.integer(value)
    expect(Buffer.concat(out.take()).toString()).toBe(String(value))
  })

  it.each([-3, 0, 1, 300])('fills %d bytes', (count) => {
    const out = new OutputBuffer()
    out.fill(0x20, count)
    expect(Buffer.concat(out.take()).toString()).toBe(' '.repeat(Math.max(count, 0)))
  })

  it('writes text from the network as it is where stdout is not a terminal', () => {
    const out = new OutputBuffer()
    const source = Buffer.from([0x1b, 0x5b, 0x41, 0xff, 0x0a, 0x80])
    out.untrusted(source, 0, source.length, false)
    out.untrustedText('\x1b\n', false)
    expect(Buffer.concat(out.take())).toEqual(Buffer.concat([source, Buffer.from('\x1b\n')]))
  })

  it('makes control characters from the network visible on a terminal', () => {
    const out = new OutputBuffer({ terminal: true })
    const source = Buffer.from('-a\x1b[2Jb\nc-')
    out.untrusted(source, 1, source.length - 1, false)
    out.byte(0x7c)
    out.untrusted(source, 1, source.length - 1, true)
    out.byte(0x7c)
    out.untrustedText('\r\n', false)
    out.untrustedText('\r\n', true)
    expect(Buffer.concat(out.take()).toString()).toBe('a\\e[2Jb\\nc|a\\e[2Jb\nc|\\r\\n\\r\n')
  })

  it('writes text as it stands inside a JSON string, whatever its length', () => {
    const out = new OutputBuffer()
    const text = `${'"\\\0\b\f\n\r\t\x1f\x7fä€/'.repeat(3000)}end`
    const source = Buffer.from(text)
    out.jsonText(source, 0, source.length)
    expect(Buffer.concat(out.take()).toString()).toBe(JSON.stringify(text).slice(1, -1))
  })
})
