import { describe, expect, it } from 'vitest'
import { configurationPath, homeOf, mosquittoFilePath, readSettings, reasonOf } from '../../src/config/files.ts'
import { temporaryDirectory } from '../support/temporary.ts'

type Environment = Readonly<Record<string, string | undefined>>
const isWindows = process.platform === 'win32'

describe.skipIf(isWindows)('configuration files', () => {
  it.each<[env: Environment, own: string | undefined, mosquitto: string | undefined]>([
    [{}, undefined, undefined],
    [{ HOME: '/home/joe' }, '/home/joe/.config/tmqtt/config.json', '/home/joe/.config/mosquitto_sub'],
    [{ HOME: '/home/joe', XDG_CONFIG_HOME: '/x' }, '/x/tmqtt/config.json', '/x/mosquitto_sub'],
    [{ XDG_CONFIG_HOME: '/x' }, '/x/tmqtt/config.json', '/x/mosquitto_sub'],
    [{ HOME: '/h', XDG_CONFIG_HOME: '' }, '/h/.config/tmqtt/config.json', '/h/.config/mosquitto_sub'],
    [{ HOME: '' }, undefined, undefined],
  ])('with %j are %s and %s', (env, own, mosquitto) => {
    expect(configurationPath(env)).toBe(own)
    expect(mosquittoFilePath('mosquitto_sub', env)).toBe(mosquitto)
  })
})

describe('homeOf', () => {
  it.each<[env: Environment, home: string | undefined]>([
    [{ HOME: '/h', USERPROFILE: 'C:\\Users\\joe' }, '/h'],
    [{ USERPROFILE: 'C:\\Users\\joe' }, 'C:\\Users\\joe'],
    [{}, undefined],
  ])('of %j is %s', (env, home) => {
    expect(homeOf(env)).toBe(home)
  })
})

describe('readSettings', () => {
  it.skipIf(isWindows).each([
    [0o600, false],
    [0o700, false],
    [0o640, true],
    [0o604, true],
    [0o644, true],
  ])('of mode %o tells whether others may read it: %s', (mode, isShared) => {
    const path = temporaryDirectory().write('a', 'é', mode)
    expect(readSettings(path)).toEqual({ text: 'é', isShared, isOpen: false })
  })

  it('has nothing where there is no file', () => {
    const directory = temporaryDirectory()
    expect(readSettings(directory.file('missing'))).toBeUndefined()
    expect(readSettings(`${directory.write('a', '')}/b`)).toBeUndefined()
  })

  it('throws for what is no file, with a reason in words', () => {
    const { path } = temporaryDirectory()
    let reason = ''
    try {
      readSettings(path)
    } catch (error) {
      reason = reasonOf(error)
    }
    expect(reason).toBe('is a directory')
  })
})

describe('reasonOf', () => {
  it('knows the usual ones', () => {
    expect(reasonOf(Object.assign(new Error('EACCES: …'), { code: 'EACCES' }))).toBe('permission denied')
    expect(reasonOf(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }))).toBe('EIO: i/o error')
  })
})
