import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { InterruptedError, LocalError } from '../../src/errors.ts'
import { chunks, readAll } from '../../src/streams/source.ts'

const never = new AbortController().signal

async function collect(source: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const all: Buffer[] = []
  for await (const chunk of source) all.push(chunk)
  return all
}

describe('chunks', () => {
  it('hands on every chunk as bytes', async () => {
    const stream = Readable.from([Buffer.from([0, 255]), 'ä', Buffer.from('\n')])
    expect(await collect(chunks(stream, never))).toEqual([Buffer.from([0, 255]), Buffer.from('ä'), Buffer.from('\n')])
  })

  it('ends with the stream', async () => {
    expect(await collect(chunks(new PassThrough().end(), never))).toEqual([])
  })

  it('ends when the signal is aborted, while the producer is silent', async () => {
    const controller = new AbortController()
    const stream = new PassThrough()
    const reader = chunks(stream, controller.signal)
    stream.write('a')
    expect((await reader.next()).value).toEqual(Buffer.from('a'))
    const next = reader.next()
    const reason = new InterruptedError('interrupted', 130)
    controller.abort(reason)
    await expect(next).rejects.toBe(reason)
    expect(stream.destroyed).toBe(true)
  })

  it('reads nothing when the signal was aborted before', async () => {
    const reason = new InterruptedError('interrupted', 143)
    const reader = chunks(new PassThrough().end('a'), AbortSignal.abort(reason))
    await expect(reader.next()).rejects.toBe(reason)
  })

  it('says why reading failed', async () => {
    const stream = new PassThrough()
    const next = chunks(stream, never).next()
    stream.destroy(new Error('read EIO'))
    await expect(next).rejects.toThrow(new LocalError('cannot read standard input: read EIO'))
  })
})

describe('readAll', () => {
  const source = () => chunks(Readable.from([Buffer.from('ab'), Buffer.from('cd')]), never)

  it('joins the chunks', async () => {
    expect(await readAll(source(), 4)).toEqual(Buffer.from('abcd'))
  })

  it('refuses more than what fits a payload', async () => {
    const message = 'standard input is longer than the 3 bytes of a payload'
    await expect(readAll(source(), 3)).rejects.toThrow(new LocalError(message))
  })
})
