import { existsSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { LocalError } from '../../src/errors.ts'
import { NewFile } from '../../src/streams/new-file.ts'
import { temporaryDirectory } from '../support/temporary.ts'

describe('NewFile', () => {
  it('holds what is written, for this user alone, and reads it back from the beginning', async () => {
    const path = temporaryDirectory().file('new')
    const file = await NewFile.create(path, '--backup new')
    await file.write([Buffer.from('one'), Buffer.from(' two')])
    await file.write([])
    await file.write([Buffer.from(' three')])
    await file.sync()
    const chunks: Buffer[] = []
    for await (const chunk of file.read()) chunks.push(chunk)
    await file.write([Buffer.from('!')])
    await file.close()
    expect(Buffer.concat(chunks).toString()).toBe('one two three')
    expect(readFileSync(path, 'utf8')).toBe('one two three!')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('is gone when it is discarded', async () => {
    const path = temporaryDirectory().file('new')
    const file = await NewFile.create(path, '--backup new')
    await file.discard()
    expect(existsSync(path)).toBe(false)
  })

  it('overwrites nothing, and follows no link', async () => {
    const directory = temporaryDirectory()
    const path = directory.write('old', 'content')
    const message = '--backup old: is there already, and is not overwritten'
    await expect(NewFile.create(path, '--backup old')).rejects.toThrow(new LocalError(message))
    symlinkSync(directory.file('elsewhere'), directory.file('link'))
    await expect(NewFile.create(directory.file('link'), '--backup old')).rejects.toThrow(new LocalError(message))
    expect(readFileSync(path, 'utf8')).toBe('content')
  })

  it('says where no directory is', async () => {
    const path = temporaryDirectory().file('missing/new')
    await expect(NewFile.create(path, '--backup new')).rejects.toThrow(
      new LocalError('--backup new: no such directory'),
    )
  })
})
