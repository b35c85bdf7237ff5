import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { OutputBuffer } from '../../src/formatters/output-buffer.ts'
import { compileTemplate } from '../../src/formatters/template.ts'
import { MalformedPacketError } from '../../src/mqtt/malformed.ts'
import { bytesOf, messageOf } from './message-of.ts'

describe('compileTemplate', () => {
  it.each([
    ['ends each line', '%t %p', 'tock/1 x\n'],
    ['ends the line of a format of its own', '%p\\n', 'x\n\n'],
    ['prints an empty format as an empty line', '', '\n'],
    ['prints text as UTF-8', 'ä %p €', '\xc3\xa4 x \xe2\x82\xac\n'],
    ['prints escapes', '\\\\\\0\\a\\e\\n\\r\\t\\v', '\\\0\x07\x1b\n\r\t\v\n'],
    ['prints @ and %', '%%@@', '%@\n'],
  ])('%s', (_name, format, printed) => {
    expect(bytesOf(compileTemplate(format), { topic: 'tock/1', payload: 'x' })).toBe(printed)
  })

  it('prints a line for an empty payload', () => {
    expect(bytesOf(compileTemplate('[%p]'), {})).toBe('[]\n')
    expect(bytesOf(compileTemplate('%p'), {})).toBe('\n')
  })

  it('leaves the line end away with -N', () => {
    expect(bytesOf(compileTemplate('%t %p', { newline: false }), { topic: 't', payload: 'x' })).toBe('t x')
  })

  it('formats many messages one after the other', () => {
    const format = compileTemplate('%t=%p %C')
    const out = new OutputBuffer()
    for (let i = 0; i < 3; i++) {
      format(messageOf({ topic: `t${i}`, payload: `p${i}`, ...(i === 1 && { properties: { contentType: 'c' } }) }), out)
    }
    expect(Buffer.concat(out.take()).toString()).toBe('t0=p0 \nt1=p1 c\nt2=p2 \n')
  })

  it('refuses a format when it is compiled, not when it is used', () => {
    expect(() => compileTemplate('%z')).toThrow(UsageError)
  })

  it('writes nothing of a message whose properties are malformed, and reads them only where printed', () => {
    const out = new OutputBuffer()
    const message = messageOf({ payload: 'x', propertyBytes: Buffer.from([0xee]) })
    expect(() => compileTemplate('%t %P')(message, out)).toThrow(MalformedPacketError)
    expect(out.length).toBe(0)
    compileTemplate('%t %p')(message, out)
    expect(Buffer.concat(out.take()).toString()).toBe('t x\n')
  })
})

describe('-F: time', () => {
  beforeEach(() => {
    vi.stubEnv('TZ', 'Europe/Berlin')
    vi.useFakeTimers({ now: new Date('2026-11-22T02:21:12.045Z'), toFake: ['Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllEnvs()
  })

  it.each([
    ['%I', /^2026-11-22T03:21:12\+0100$/],
    ['%26I|%-26I|%.10I', /^ {2}2026-11-22T03:21:12\+0100\|2026-11-22T03:21:12\+0100 {2}\|2026-11-22$/],
    ['%U', /^1795314072\.045\d{3}000$/],
    ['@s.@N', /^1795314072\.045\d{3}000$/],
    ['@Y-@m-@d @H:@M:@S @z @Z', /^2026-11-22 03:21:12 \+0100 CET$/],
    ['@Q|@%|@ |@-', /^%Q\|%\|% \|%-$/],
  ])('prints %s', (format, printed) => {
    expect(bytesOf(compileTemplate(format, { newline: false }), {})).toMatch(printed)
  })

  it('goes on with the clock', () => {
    const format = compileTemplate('@S %I')
    expect(bytesOf(format, {})).toBe('12 2026-11-22T03:21:12+0100\n')
    vi.setSystemTime('2026-11-22T02:21:13.000Z')
    expect(bytesOf(format, {})).toBe('13 2026-11-22T03:21:13+0100\n')
  })
})
