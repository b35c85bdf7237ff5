import { describe, expect, it } from 'vitest'
import { LocalError } from '../../src/errors.ts'
import { lines } from '../../src/streams/lines.ts'

async function* chunksOf(parts: readonly (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part as string)
}

/** The lines of each batch, as Latin-1; `too long` stands for one without its bytes. Checks their numbers. */
async function batches(parts: readonly (string | Buffer)[], maxLength = 1000): Promise<string[][]> {
  const found: string[][] = []
  for await (const { bytes, bounds, first, tooLong } of lines(chunksOf(parts), maxLength)) {
    expect(first).toBe(found.flat().length + 1)
    const texts: string[] = tooLong ? ['too long'] : []
    for (let at = 0; at < bounds.length; at += 2) texts.push(bytes.toString('latin1', bounds[at], bounds[at + 1]))
    found.push(texts)
  }
  return found
}

describe('lines', () => {
  it.each<[name: string, parts: (string | Buffer)[], found: string[][]]>([
    ['nothing', [], []],
    ['an empty chunk', [''], []],
    ['a chunk', ['a\nb\nc\n'], [['a', 'b', 'c']]],
    ['a last line without LF', ['a\nb'], [['a'], ['b']]],
    ['one line without LF', ['a'], [['a']]],
    ['empty lines', ['\n\na\n\n'], [['', '', 'a', '']]],
    ['one empty line', ['\n'], [['']]],
    ['CR and blanks as they are', [' a \r\n\tb\r'], [[' a \r'], ['\tb\r']]],
    ['NUL as it is', ['a\0b\n'], [['a\0b']]],
    [
      'bytes that are no UTF-8',
      [Buffer.from([0xff, 0x0a, 0x85, 0xe2, 0x80, 0xa8, 0x0a])],
      [['\xff', '\x85\xe2\x80\xa8']],
    ],
    ['a line over two chunks', ['ab', 'cd\n'], [['abcd']]],
    ['a line over many chunks', ['a\nb', '', 'c', 'd', 'e\nf\n', 'g\n'], [['a'], ['bcde'], ['f'], ['g']]],
    ['an LF at the start of a chunk', ['a', '\nb\n'], [['a'], ['b']]],
    ['an LF alone in a chunk', ['a', '\n', '\n'], [['a'], ['']]],
    ['a last line over chunks', ['a', 'b', 'c'], [['abc']]],
  ])('reads %s', async (_name, parts, found) => {
    expect(await batches(parts)).toEqual(found)
  })

  it('finds the same lines however the bytes are cut', async () => {
    const text = 'one\n\ntwo\r\n\n\nthree and four\nä\nlast'
    for (let size = 1; size <= text.length; size++) {
      const bytes = Buffer.from(text)
      const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      )
      expect((await batches(parts)).flat()).toEqual(bytes.toString('latin1').split('\n'))
    }
  })

  it('copies no line that came in one piece', async () => {
    const chunk = Buffer.from('a\nb\n')
    for await (const { bytes } of lines(singly(chunk), 10)) expect(bytes).toBe(chunk)
  })

  it.each<[name: string, parts: string[], found: string[][]]>([
    ['within a chunk', ['a\nb\n12345\nc\n'], [['a', 'b'], ['too long'], ['c']]],
    ['first in a chunk', ['12345\nb\n'], [['too long'], ['b']]],
    ['twice', ['12345\n12345\n', '12345'], [['too long'], ['too long'], ['too long']]],
    ['over two chunks', ['a\n', 'b\n123', '45\nc\n'], [['a'], ['b'], ['too long'], ['c']]],
    ['over many chunks', ['1', '2', '3', '4', '5', '6', '\n', 'b'], [['too long'], ['b']]],
    ['over chunks to the end', ['a\n123', '456', '789'], [['a'], ['too long']]],
    ['at the end of a chunk, before its LF has come', ['a\n12345', '6\nb'], [['a'], ['too long'], ['b']]],
    ['behind a line over two chunks', ['a', 'b\n12345\nc\n'], [['ab'], ['too long'], ['c']]],
  ])('leaves out a line that is too long, %s', async (_name, parts, found) => {
    expect(await batches(parts, 4)).toEqual(found)
    const text = parts.join('')
    expect((await batches(parts, 9)).flat()).toEqual(text.replace(/\n$/, '').split('\n'))
  })

  it('says that an endless line is too long when it is, not at its end', async () => {
    let read = 0
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        read++
        yield Buffer.alloc(10)
      }
    }
    expect((await lines(endless(), 100).next()).value).toMatchObject({ first: 1, tooLong: true })
    expect(read).toBe(11)
  })

  it('hands on why reading failed, behind the lines that came before', async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield Buffer.from('a\nb')
      throw new LocalError('gone')
    }
    const reader = lines(failing(), 100)
    expect((await reader.next()).value).toMatchObject({ bounds: [0, 1] })
    await expect(reader.next()).rejects.toThrow(new LocalError('gone'))
  })
})

async function* singly(chunk: Buffer): AsyncGenerator<Buffer> {
  yield chunk
}
