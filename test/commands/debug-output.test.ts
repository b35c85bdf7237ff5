import { Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { DebugOutput } from '../../src/commands/debug-output.ts'

/** A stream whose last write waits for the test to complete it. */
function stalling({ isTTY = false } = {}) {
  const written: string[] = []
  let done: (error?: Error) => void = () => {}
  const stream = new Writable({
    write(chunk, _encoding, callback) {
      written.push(String(chunk))
      done = callback
    },
  })
  stream.on('error', () => {})
  return { stream: Object.assign(stream, { isTTY }), written, complete: (error?: Error) => done(error) }
}

describe('DebugOutput', () => {
  it('writes the lines of a chunk at once, and waits until they are taken', async () => {
    const { stream, written, complete } = stalling()
    const output = new DebugOutput({ stdout: stream })
    await output.taken()
    output.print(['one', 'two\u001b'])
    expect(written).toEqual(['one\ntwo\u001b\n'])
    const taken = output.taken()
    expect(await Promise.race([taken, setImmediate('not yet')])).toBe('not yet')
    complete()
    await taken
  })

  it('waits no more when the reader has gone', async () => {
    const { stream, complete } = stalling()
    const output = new DebugOutput({ stdout: stream })
    output.print(['one'])
    complete(new Error('EPIPE'))
    await output.taken()
    output.print(['two'])
    await output.taken()
  })

  it('makes control characters visible on a terminal', () => {
    const { stream, written } = stalling({ isTTY: true })
    new DebugOutput({ stdout: stream }).print(["received PUBLISH ('\u001b[2J')"])
    expect(written).toEqual(["received PUBLISH ('\\e[2J')\n"])
  })
})
