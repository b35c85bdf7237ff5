import { describe, expect, it } from 'vitest'
import { tryWriteJsonString, writeJson, writeJsonString } from '../../src/formatters/json-text.ts'
import { OutputBuffer } from '../../src/formatters/output-buffer.ts'

const ODD_TEXTS = ['', 'plain', '"', '\\', '\0\x1f', 'a/b', '\x7f\x80\x9f', 'ä€😀', '\u2028\u202e', 'x"'.repeat(5000)]

describe('writeJsonString', () => {
  it.each(ODD_TEXTS)('writes %j as JSON.stringify does', (text) => {
    const out = new OutputBuffer()
    const source = Buffer.from(`-${text}-`)
    writeJsonString(out, source, 1, source.length - 1)
    expect(Buffer.concat(out.take()).toString()).toBe(JSON.stringify(text))
  })

  it.each(ODD_TEXTS)('writes %j without controls on a terminal, and means the same', (text) => {
    const out = new OutputBuffer({ terminal: true })
    const source = Buffer.from(text)
    writeJsonString(out, source, 0, source.length)
    const json = Buffer.concat(out.take()).toString()
    expect(json).not.toMatch(/[\0-\x1f\x7f-\x9f\u202e]/)
    expect(JSON.parse(json)).toBe(text)
  })

  it('replaces bytes that are not UTF-8', () => {
    const out = new OutputBuffer()
    writeJsonString(out, Buffer.from([0x61, 0xff, 0x22]), 0, 3)
    expect(Buffer.concat(out.take()).toString()).toBe('"a\ufffd\\""')
  })
})

describe('tryWriteJsonString', () => {
  it('writes nothing where the bytes are not UTF-8', () => {
    const out = new OutputBuffer()
    expect(tryWriteJsonString(out, Buffer.from([0x61, 0xff]), 0, 2)).toBe(false)
    expect(out.length).toBe(0)
    expect(tryWriteJsonString(out, Buffer.from([0x61, 0xff]), 0, 1)).toBe(true)
  })
})

describe('writeJson', () => {
  it('escapes controls in keys and values on a terminal', () => {
    const out = new OutputBuffer({ terminal: true })
    writeJson(out, { 'a\x9b': ['\u2066', 1] })
    expect(Buffer.concat(out.take()).toString()).toBe('{"a\\u009b":["\\u2066",1]}')
  })
})
