import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadCommands } from '../../src/commands/index.ts'
import { readSources } from '../../src/config/sources.ts'
import { UsageError } from '../../src/errors.ts'
import { complete, parse } from '../../src/parse.ts'
import { temporaryDirectory } from '../support/temporary.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A home directory with these files below .config. */
function home(files: Readonly<Record<string, unknown>>, mode = 0o600) {
  const directory = temporaryDirectory()
  for (const [name, content] of Object.entries(files)) {
    const path = directory.file(`.config/${name}`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode })
  }
  return { path: directory.path, config: directory.file('.config/tmqtt/config.json'), file: directory.file }
}

/** What a command line comes to, with the files that its environment leads to. */
async function result(argv: readonly string[], env: Environment) {
  const parsed = await parse(argv, env)
  if ('text' in parsed) throw new Error(`a text: ${parsed.text(80)}`)
  const warnings: string[] = []
  const io = { env, signal: new AbortController().signal }
  const sources = await readSources(parsed.command, parsed.sources, loadCommands, io, (text) => warnings.push(text))
  return { values: complete(parsed.command, sources), warnings }
}

async function values(argv: readonly string[], env: Environment) {
  const found = await result(argv, env)
  expect(found.warnings).toEqual([])
  return found.values
}

const profiles = {
  profile: 'home',
  profiles: {
    home: { host: 'home.example', topic: ['a/#', 'b'], verbose: true },
    prod: { host: 'prod.example', port: 8883, 'keep-alive': 30, username: { env: 'WHO' }, password: { env: 'P' } },
  },
}

describe('readSources', () => {
  it('finds no file in an empty home, and none without a home', async () => {
    const nothing = { host: undefined, topic: ['t'], keepAlive: 60 }
    expect(await values(['sub', '-t', 't'], { HOME: home({}).path })).toMatchObject(nothing)
    expect(await values(['sub', '-t', 't'], {})).toMatchObject(nothing)
  })

  it('takes the profile that is named, or the one that the file names', async () => {
    const { path, config, file } = home({ 'tmqtt/config.json': profiles, 'other.json': profiles })
    const prod = { host: 'prod.example', port: 8883, keepAlive: 30, topic: ['t'], verbose: false }
    const withSecrets = { HOME: path, WHO: 'joe', P: 'p' }
    const argv = ['sub', '-t', 't']
    expect(await values([...argv, '--profile', 'prod'], withSecrets)).toMatchObject({
      ...prod,
      username: 'joe',
      password: Buffer.from('p'),
    })
    expect(await values(argv, { ...withSecrets, TMQTT_PROFILE: 'prod' })).toMatchObject(prod)
    expect(
      await values([...argv, '--config', config, '--profile=prod'], { ...withSecrets, HOME: undefined }),
    ).toMatchObject(prod)
    expect(await values(argv, { TMQTT_CONFIG: file('.config/other.json') })).toMatchObject({ host: 'home.example' })
    expect(await values(argv, { HOME: '/nowhere', XDG_CONFIG_HOME: `${path}/.config` })).toMatchObject({
      host: 'home.example',
    })
    expect(await values(argv, { HOME: path })).toMatchObject({ host: 'home.example', topic: ['t'], verbose: true })
    expect(await values(['sub'], { HOME: path })).toMatchObject({ topic: ['a/#', 'b'] })
    expect(await values(argv, { HOME: path, TMQTT_VERBOSE: '0' })).toMatchObject({ verbose: false })
    expect(await values([...argv, '--profile', 'none'], { HOME: path })).toMatchObject({ host: undefined })
  })

  it('serves pub and sub with one profile', async () => {
    const both = { profiles: { p: { topic: ['a', 'b'], qos: 1, message: 'm', count: 3, retain: true } } }
    const env = { HOME: home({ 'tmqtt/config.json': both }).path, TMQTT_PROFILE: 'p' }
    expect(await values(['sub'], env)).toMatchObject({ topic: ['a', 'b'], qos: 1, count: 3 })
    expect(await values(['pub', '-t', 'x'], env)).toMatchObject({ topic: 'x', qos: 1, message: 'm', retain: true })
    await expect(result(['pub'], env)).rejects.toThrow('no topic: name one by -t, or in -L')
  })

  it('lets command line, environment, profile and file decide in this order', async () => {
    const { path } = home({
      'tmqtt/config.json': { profiles: { p: { host: 'profile', port: 2, qos: 1 } } },
      mosquitto_pub: '-h file\n-p 3\n-q 2\n-k 44\n',
    })
    const env = { HOME: path, TMQTT_PROFILE: 'p', TMQTT_HOST: 'environment', TMQTT_PORT: '4' }
    const argv = ['pub', '-t', 't', '-m', 'x']
    expect(await values([...argv, '-h', 'typed'], env)).toMatchObject({ host: 'typed', port: 4, qos: 1, keepAlive: 44 })
  })

  it('reads the file of the client that it stands in for', async () => {
    const { path } = home({ mosquitto_pub: '-t pub\n-m x\n', mosquitto_sub: '-t one\n-t two\n-v\n' })
    expect(await values(['pub'], { HOME: path })).toMatchObject({ topic: 'pub', message: 'x' })
    expect(await values(['sub', '-t', 'three'], { HOME: path })).toMatchObject({
      topic: ['one', 'two', 'three'],
      verbose: true,
    })
    // mosquitto's clients look in one place.
    expect(await values(['sub', '-t', 'x'], { HOME: path, XDG_CONFIG_HOME: '/nowhere' })).toMatchObject({
      topic: ['x'],
    })
  })

  it('reads another file with -o, in place of that', async () => {
    const { path, file } = home({ mosquitto_sub: '-v\n', other: '-t other\n' })
    const other = file('.config/other')
    const found = { topic: ['other'], verbose: false }
    expect(await values(['sub', '-o', other], { HOME: path })).toMatchObject(found)
    expect(await values(['sub', `--options-file=${other}`], { HOME: path })).toMatchObject(found)
    expect(await values(['sub'], { HOME: path, TMQTT_OPTIONS_FILE: other })).toMatchObject(found)
  })

  it('goes on without a file that -o names and nobody has, with a warning', async () => {
    const { path, file } = home({ mosquitto_sub: '-v\n' })
    const found = await result(['sub', '-t', 'a', '-o', file('missing')], { HOME: path })
    expect(found.values).toMatchObject({ topic: ['a'], verbose: false })
    expect(found.warnings).toEqual([`-o ${file('missing')}: no such file; going on without it`])
    const directory = await result(['sub', '-t', 'a', '-o', path], {})
    expect(directory.warnings).toEqual([`-o ${path}: is a directory; going on without it`])
  })

  it('clashes with the file where mosquitto does, and gives way where it does not', async () => {
    const { path } = home({
      mosquitto_pub: '-t t\n-m x\n-i me\n--unix /run/sock\n',
      mosquitto_sub: '--retained-only\n',
    })
    const env = { HOME: path }
    const place = `${path}/.config/mosquitto_`
    await expect(result(['pub', '-l'], env)).rejects.toThrow(`-l and ${place}pub line 2: -m can't be used together`)
    await expect(result(['pub', '-I', 'x'], env)).rejects.toThrow(
      `${place}pub line 3: -i and -I can't be used together`,
    )
    await expect(result(['sub', '-t', 't', '-R'], env)).rejects.toThrow(
      `-R and ${place}sub line 1: --retained-only can't`,
    )
    expect(await values(['pub', '-m', 'y'], env)).toMatchObject({ message: 'y', unix: '/run/sock' })
    expect(await values(['pub', '-h', 'h'], env)).toMatchObject({ host: 'h', unix: undefined })
    expect(await values(['pub'], { ...env, TMQTT_FILE: 'f' })).toMatchObject({ file: 'f', message: undefined })
  })

  it('reads nothing for a command that does not connect', async () => {
    const { path } = home({ 'tmqtt/config.json': '{', mosquitto_broker: '-z' })
    expect(await values(['broker'], { HOME: path, TMQTT_PROFILE: 'p' })).toMatchObject({ port: 1883 })
  })

  it.each<[name: string, argv: string[], message: (path: string) => string]>([
    ['a file that --config names', ['--config', '/no/such/file'], () => '--config /no/such/file: no such file'],
    ['a directory that --config names', ['--config', '/'], () => '--config /: is a directory'],
    ['a profile', ['--profile', 'prodd'], (path) => `${path}: there is no profile "prodd"; did you mean "prod"?`],
    ['a key', ['--profile', 'typo'], (path) => `profile typo in ${path}: unknown key "hosts"; did you mean "host"?`],
    [
      'a value',
      ['--profile', 'wrong'],
      (path) => `profile wrong in ${path}: "keep-alive": expected a whole number from 5 to 65535, got "3"`,
    ],
    [
      'a combination',
      ['--profile', 'clash'],
      (path) => `profile clash in ${path}: "unix" and profile clash in ${path}: "port" can't be used together`,
    ],
    [
      'a secret',
      ['--profile', 'secret'],
      (path) => `profile secret in ${path}: "password": NOPE is not in the environment`,
    ],
    ['-o twice', ['-o', '/a', '-o', '/b'], () => '-o can be given only once'],
  ])('refuses %s', async (_name, argv, message) => {
    const { path, config } = home({
      'tmqtt/config.json': {
        profiles: {
          prod: {},
          typo: { hosts: 'x' },
          wrong: { 'keep-alive': 3 },
          clash: { unix: '/s', port: 3 },
          secret: { password: { env: 'NOPE' } },
        },
      },
    })
    await expect(result(['sub', '-t', 'a', ...argv], { HOME: path })).rejects.toThrow(new UsageError(message(config)))
  })

  it('names who asks for a profile where there is no file', async () => {
    const { path, config } = home({})
    await expect(result(['sub', '--profile', 'p'], { HOME: path })).rejects.toThrow(
      new UsageError(`--profile p: there is no file ${config}`),
    )
    await expect(result(['sub'], { HOME: path, TMQTT_PROFILE: 'p' })).rejects.toThrow(
      new UsageError(`TMQTT_PROFILE p: there is no file ${config}`),
    )
    await expect(result(['sub', '--profile', 'p'], {})).rejects.toThrow(
      new UsageError('--profile p: there is no HOME to look for a configuration file in'),
    )
  })

  it('refuses a broken file, even when no profile is asked for', async () => {
    const { path, config } = home({ 'tmqtt/config.json': '{"profiles": {},\n}' })
    await expect(result(['sub', '-t', 'a'], { HOME: path })).rejects.toThrow(
      new UsageError(`${config} line 2, column 1: this is not JSON`),
    )
  })

  it('goes on when something else is in the place of the file, unless a profile is asked for', async () => {
    const { path, config } = home({ 'tmqtt/config.json/x': '' })
    const found = await result(['sub', '-t', 'a'], { HOME: path })
    expect(found.warnings).toEqual([`${config}: is a directory`])
    await expect(result(['sub', '--profile', 'p'], { HOME: path })).rejects.toThrow(`${config}: is a directory`)
  })
})

describe.skipIf(process.platform === 'win32')('readSources, of a file that others can read', () => {
  const sharing = (path: string, secret: string) => [
    `${path}: other users can read this file, and it holds a secret (${secret}); chmod 600 it`,
  ]

  it.each<[options: object, secret: string | undefined]>([
    [{ password: 'p' }, 'password'],
    [{ pw: 'p' }, 'pw'],
    [{ url: 'mqtt://joe:p@h' }, 'url'],
    [{ 'ws-header': ['A: b'] }, 'ws-header'],
    [{ password: { env: 'P' }, url: 'mqtt://joe@h', 'will-payload': 'gone', 'password-file': 'x' }, undefined],
  ])('warns of %j: %s', async (options, secret) => {
    const { path, config } = home({ 'tmqtt/config.json': { profiles: { a: {}, p: options } } }, 0o644)
    const { warnings } = await result(['sub', '-t', 't'], { HOME: path })
    expect(warnings).toEqual(secret === undefined ? [] : sharing(config, `profile p: "${secret}"`))
  })

  it("warns of a password in mosquitto's file", async () => {
    const { path, file } = home({ mosquitto_sub: '-t a\n-u joe\n-P p\n' }, 0o644)
    const { warnings } = await result(['sub'], { HOME: path })
    expect(warnings).toEqual(sharing(file('.config/mosquitto_sub'), 'line 3: -P'))
    expect((await result(['pub', '-t', 'a', '-m', 'x'], { HOME: path })).warnings).toEqual([])
  })
})

describe.skipIf(process.platform === 'win32')('readSources, of a file that any user can change', () => {
  const profiles = { plain: { host: 'h' }, runs: { password: { command: ['echo', 'secret'] } } }

  it('runs no program that it names', async () => {
    const { path, config } = home({ 'tmqtt/config.json': { profiles } })
    const argv = ['sub', '-t', 't', '--profile', 'runs']
    for (const mode of [0o602, 0o666]) {
      chmodSync(config, mode)
      await expect(result(argv, { HOME: path })).rejects.toThrow(
        new UsageError(`${config}: any user can change this file, and it names a program to run; chmod 600 it`),
      )
    }
    chmodSync(config, 0o664)
    expect((await result(argv, { HOME: path, PATH: process.env.PATH })).values).toMatchObject({
      password: Buffer.from('secret'),
    })
  })

  it('still takes from it what does no harm', async () => {
    const { path, config } = home({ 'tmqtt/config.json': { profiles } })
    chmodSync(config, 0o666)
    const { values } = await result(['sub', '-t', 't', '--profile', 'plain'], { HOME: path })
    expect(values).toMatchObject({ host: 'h' })
  })
})
