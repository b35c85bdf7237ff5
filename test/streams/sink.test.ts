import { Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { LocalError } from '../../src/errors.ts'
import { BrokenPipeError, Sink, writeAll } from '../../src/streams/sink.ts'

type Done = (error?: Error) => void

/** A stream whose writes wait in `pending` for the test to complete them. */
function stalling() {
  const pending: { text: string; done: Done }[] = []
  const stream = new Writable({ write: (chunk, _encoding, done) => void pending.push({ text: String(chunk), done }) })
  return { stream, pending }
}

/** A stream that fails every write with this code. */
function failing(code: string): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done(errorWith(code)) })
}

function errorWith(code: string): Error {
  return Object.assign(new Error(`write ${code}`), { code })
}

/** Whether it is, after everything has run that was due. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  return (await Promise.race([promise.then(() => false), setImmediate(true)])) === true
}

describe('Sink', () => {
  it('waits until the stream has taken the bytes', async () => {
    const { stream, pending } = stalling()
    const written = new Sink(stream).write([Buffer.from('one')])
    expect(await isPending(written)).toBe(true)
    expect(pending.map(({ text }) => text)).toEqual(['one'])
    pending[0]!.done()
    await written
  })

  it('writes several pieces one after the other, and waits for the last', async () => {
    const { stream, pending } = stalling()
    const written = new Sink(stream).write([Buffer.from('one'), Buffer.from('two')])
    pending[0]!.done()
    expect(await isPending(written)).toBe(true)
    expect(pending.map(({ text }) => text)).toEqual(['one', 'two'])
    pending[1]!.done()
    await written
  })

  it('writes nothing where there is nothing to write', async () => {
    const { stream, pending } = stalling()
    await new Sink(stream).write([])
    expect(pending).toEqual([])
  })

  it.each(['EPIPE', 'ECONNRESET'])('says that the reader has gone at %s', async (code) => {
    const sink = new Sink(failing(code))
    await expect(sink.write([Buffer.from('x')])).rejects.toThrow(BrokenPipeError)
    await expect(sink.write([Buffer.from('y')])).rejects.toThrow(BrokenPipeError)
  })

  it('says so when the stream was destroyed before', async () => {
    const { stream } = stalling()
    const sink = new Sink(stream)
    stream.destroy()
    await expect(sink.write([Buffer.from('x')])).rejects.toThrow(BrokenPipeError)
  })

  it.each([
    ['ENOSPC', 'cannot write to standard output: no space left on device'],
    ['EIO', 'cannot write to standard output: write EIO'],
  ])('names another failure, %s', async (code, message) => {
    const sink = new Sink(failing(code))
    await expect(sink.write([Buffer.from('x')])).rejects.toThrow(new LocalError(message))
    await expect(sink.write([])).rejects.toThrow(new LocalError(message))
  })

  it('reports a failure that comes while nothing is being written, once', async () => {
    const { stream } = stalling()
    const sink = new Sink(stream)
    const failures: Error[] = []
    sink.onFailure = (error) => failures.push(error)
    stream.emit('error', errorWith('EPIPE'))
    stream.emit('error', errorWith('EIO'))
    expect(failures.map((error) => error.name)).toEqual(['BrokenPipeError'])
    await expect(sink.write([Buffer.from('x')])).rejects.toBe(failures[0])
  })
})

describe('writeAll', () => {
  it('waits until the stream has taken the text', async () => {
    const { stream, pending } = stalling()
    const written = writeAll(stream, 'text')
    expect(await isPending(written)).toBe(true)
    pending[0]!.done()
    await written
    expect(pending[0]!.text).toBe('text')
  })

  it.each(['EPIPE', 'EIO'])('is content when nobody is left to read: %s', async (code) => {
    await writeAll(failing(code), 'text')
  })

  it('is content when the stream was destroyed before', async () => {
    const { stream } = stalling()
    stream.destroy()
    await writeAll(stream, 'text')
  })
})
