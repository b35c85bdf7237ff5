import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'

let base: string
let folder: string
beforeEach(() => {
  base = temporaryDirectory().path
  folder = join(base, 'tmqtt')
})

const file = () => join(folder, 'sub-help')

/** Runs a command that needs no broker, and sees that it does what it should, whatever the cache is like. */
async function help(env: Readonly<Record<string, string>> = {}): Promise<void> {
  const program = spawnTmqtt(['sub', '--help'], { env: { XDG_CACHE_HOME: base, ...env } })
  expect((await program.exited).code).toBe(0)
  expect(program.stderr).toBe('')
  expect(program.stdout.toString()).toContain('tmqtt sub')
}

/** What would change if the cache were written again. */
function written(): unknown {
  const { ino, mtimeMs } = statSync(file())
  return { ino, mtimeMs }
}

describe('the compile cache', () => {
  it('is made by the first run, for this user alone, and used by the second', async () => {
    await help()
    expect(readdirSync(folder)).toEqual(['sub-help'])
    expect([folder, file()].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600])
    const before = written()
    await help()
    expect(written()).toEqual(before)
  })

  it('is one for each command', async () => {
    await help()
    const version = spawnTmqtt(['--version'], { env: { XDG_CACHE_HOME: base } })
    expect((await version.exited).code).toBe(0)
    expect(readdirSync(folder).sort()).toEqual(['none', 'sub-help'])
  })

  it('is not made by a run that failed, since that has not come far', async () => {
    expect((await spawnTmqtt(['sub'], { env: { XDG_CACHE_HOME: base } }).exited).code).toBe(1)
    expect(readdirSync(base)).toEqual([])
  })

  it.each<[what: string, spoil: (bytes: Buffer) => Buffer]>([
    ['empty', () => Buffer.alloc(0)],
    ['cut off', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['short of its end', (bytes) => bytes.subarray(0, -2)],
    [
      'flipped in one bit',
      (bytes) => Buffer.from(bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte))),
    ],
    [
      'of another version',
      (bytes) => Buffer.from(bytes.toString('latin1').replace(process.version, 'v1.0.0'), 'latin1'),
    ],
    ['no cache at all', () => Buffer.from('something else')],
  ])('is made again when it is %s', async (_what, spoil) => {
    await help()
    const whole = readFileSync(file())
    writeFileSync(file(), spoil(whole))
    await help()
    expect(readFileSync(file()).subarray(4, 30)).toEqual(whole.subarray(4, 30))
    const before = written()
    await help()
    expect(written()).toEqual(before)
  })

  it('survives two processes that write it at once', async () => {
    await Promise.all([help(), help(), help(), help()])
    expect(readdirSync(folder)).toEqual(['sub-help'])
    await help()
  })

  it('is left alone where others can write', async () => {
    await help()
    const before = written()
    writeFileSync(file(), 'planted')
    chmodSync(folder, 0o777)
    await help()
    expect(readFileSync(file(), 'utf8')).toBe('planted')
    expect(before).not.toEqual(written())
  })

  it('is done without where it cannot be written', async () => {
    writeFileSync(folder, 'a file in its place')
    await help()
    mkdirSync(join(base, 'other/tmqtt/sub-help'), { recursive: true, mode: 0o700 })
    await help({ XDG_CACHE_HOME: join(base, 'other') })
    expect(readdirSync(join(base, 'other/tmqtt'))).toEqual(['sub-help'])
  })

  it('can be turned off', async () => {
    await help({ NODE_DISABLE_COMPILE_CACHE: '1' })
    expect(readdirSync(base)).toEqual([])
  })
})
