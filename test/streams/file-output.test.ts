import { closeSync, openSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fileOutput } from '../../src/streams/file-output.ts'
import { Sink } from '../../src/streams/sink.ts'
import { atEndOfTest } from '../support/clean-up.ts'
import { temporaryDirectory } from '../support/temporary.ts'

function opened(path: string): number {
  const fd = openSync(path, 'a')
  atEndOfTest(() => closeSync(fd))
  return fd
}

describe('fileOutput', () => {
  it('writes all pieces, in their order', async () => {
    const path = temporaryDirectory().file('output')
    const sink = new Sink(fileOutput(opened(path)))
    const pieces = Array.from({ length: 3000 }, (_, at) => Buffer.from(`${at}\n`))
    await sink.write([Buffer.from('first\n')])
    await sink.write(pieces)
    expect(readFileSync(path, 'utf8')).toBe(`first\n${Buffer.concat(pieces)}`)
  })

  it.skipIf(process.platform !== 'linux')('says what went wrong', async () => {
    const sink = new Sink(fileOutput(opened('/dev/full')))
    await expect(sink.write([Buffer.from('a'), Buffer.from('b')])).rejects.toThrow('no space left on device')
    await expect(sink.write([Buffer.from('c')])).rejects.toThrow('no space left on device')
  })
})
