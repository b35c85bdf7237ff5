import { mkdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runCli } from '../support/run.ts'
import { temporaryDirectory } from '../support/temporary.ts'

/** An environment whose home has this configuration. */
function environment(json: unknown, mode?: number) {
  const directory = temporaryDirectory()
  mkdirSync(directory.file('.config/tmqtt'), { recursive: true })
  const text = typeof json === 'string' ? json : JSON.stringify(json)
  const config = directory.write('.config/tmqtt/config.json', text, mode)
  return { env: { HOME: directory.path }, config, directory }
}

async function profile(words: readonly string[], env: Readonly<Record<string, string>>) {
  const cli = runCli(['profile', ...words], { env })
  const exit = await cli.exit
  return { exit, stdout: cli.stdout.toString(), stderr: cli.stderr }
}

const good = {
  profile: 'home',
  profiles: {
    home: { host: 'localhost', port: 1884, 'keep-alive': 30 },
    prod: { url: 'mqtts://joe:hunter2@example.org', password: { command: ['pass', 'hunter2'] } },
    socket: { unix: '/run/mosquitto.sock', password: 'hunter2' },
    bare: { qos: 1 },
    broken: { host: 7, url: null },
  },
}

describe('tmqtt profile list', () => {
  it('names the profiles and their brokers, without their passwords', async () => {
    const { env } = environment(good)
    expect(await profile(['list'], env)).toEqual({
      exit: 0,
      stderr: '',
      stdout: [
        'home    localhost:1884               default',
        'prod    mqtts://joe:***@example.org',
        'socket  /run/mosquitto.sock',
        'bare    localhost',
        'broken  ?',
        '',
      ].join('\n'),
    })
    expect(await profile([], env)).toEqual(await profile(['list'], env))
  })

  it('prints them as JSON', async () => {
    const { env } = environment({ profiles: { a: {}, b: { host: 'h' } } })
    const { stdout } = await profile(['list', '--json'], env)
    expect(JSON.parse(stdout)).toEqual([
      { name: 'a', server: 'localhost', default: false },
      { name: 'b', server: 'h', default: false },
    ])
  })

  it('prints nothing where there is no file, and says so', async () => {
    const { path } = temporaryDirectory()
    expect(await profile(['list'], { HOME: path })).toEqual({
      exit: 0,
      stdout: '',
      stderr: `tmqtt profile: ${path}/.config/tmqtt/config.json: no such file\n`,
    })
    expect(await profile(['list', '--json'], {})).toEqual({ exit: 0, stdout: '[]\n', stderr: '' })
  })

  it('makes control characters visible', async () => {
    const { env } = environment({ profiles: { 'a\x1b[2J': { host: 'h\n' } } })
    expect((await profile(['list'], env)).stdout).toBe('a\\e[2J  h\\n\n')
  })
})

describe('tmqtt profile show', () => {
  const linesOf = (stdout: string, ...options: string[]) =>
    stdout
      .split('\n')
      .map((line) => line.split(/ {2,}/))
      .filter(([option]) => options.includes(option!))

  it('tells the value of each option and where it comes from', async () => {
    const { env, directory } = environment(good)
    const file = directory.write('.config/mosquitto_sub', '-t a\n-t b\n-k 99\n')
    const { exit, stdout, stderr } = await profile(['show', 'home'], {
      ...env,
      TMQTT_QOS: '1',
      TMQTT_PASSWORD: 'hunter2',
    })
    expect([exit, stderr]).toEqual([0, ''])
    expect(linesOf(stdout, 'qos', 'host', 'port', 'keep-alive', 'connect-timeout', 'password', 'topic')).toEqual([
      ['qos', '1', 'environment, TMQTT_QOS'],
      ['host', 'localhost', 'profile home'],
      ['port', '1884', 'profile home'],
      ['connect-timeout', '30s', 'default'],
      ['keep-alive', '30', 'profile home'],
      ['password', '***', 'environment, TMQTT_PASSWORD'],
      ['topic', 'a, b', `${file} line 2: -t`],
    ])
    expect(stdout).not.toContain('hunter2')
  })

  it('never prints a secret, nor runs a program for it', async () => {
    const { env } = environment(good)
    const { stdout } = await profile(['show', 'prod'], env)
    expect(linesOf(stdout, 'url', 'host', 'password')).toEqual([
      ['url', 'mqtts://joe:***@example.org', 'profile prod'],
      ['password', '***', 'profile prod, command pass'],
    ])
    for (const name of ['prod', 'socket']) {
      for (const words of [
        ['show', name],
        ['show', name, '--json'],
      ]) {
        expect((await profile(words, env)).stdout).not.toContain('hunter2')
      }
    }
  })

  it('shows what a command would use when no profile is named', async () => {
    const { env } = environment(good)
    expect(linesOf((await profile(['show'], env)).stdout, 'host')).toEqual([['host', 'localhost', 'profile home']])
    const other = await profile(['show'], { ...env, TMQTT_PROFILE: 'socket' })
    expect(linesOf(other.stdout, 'unix')).toEqual([['unix', '/run/mosquitto.sock', 'profile socket']])
    const none = await profile(['show'], { ...env, TMQTT_PROFILE: 'none' })
    expect(linesOf(none.stdout, 'host')).toEqual([['host', 'localhost', 'default']])
  })

  it('says for which command a value is, where they differ', async () => {
    const { env, directory } = environment(good)
    const file = directory.write('.config/mosquitto_pub', '-q 2\n')
    const { stdout } = await profile(['show', 'bare'], env)
    expect(linesOf(stdout, 'qos')).toEqual([['qos', '1', 'profile bare']])
    const none = await profile(['show', 'none'], env)
    expect(linesOf(none.stdout, 'qos')).toEqual([
      ['qos', '2', `${file} line 1: -q (pub)`],
      ['qos', '0', 'default (sub, rr, reply)'],
      ['qos', '1', 'default (expect, retain-clear)'],
    ])
  })

  it('prints JSON', async () => {
    const { env } = environment(good)
    const settings = JSON.parse((await profile(['show', 'bare', '--json'], env)).stdout) as unknown[]
    expect(settings[0]).toEqual({
      option: 'qos',
      values: ['1'],
      source: 'profile bare',
      commands: ['pub', 'sub', 'rr', 'reply', 'bench pub', 'bench sub', 'bench flow', 'expect', 'retain-clear'],
    })
  })

  it.each<[words: string[], message: (config: string) => string]>([
    [['show', 'hom'], (config) => `${config}: there is no profile "hom"; did you mean "home"?`],
    [['show', 'broken'], (config) => `profile broken in ${config}: "url": expected mqtt[s]`],
    [['list', 'x'], () => 'list takes no name'],
    [['chek'], () => 'ACTION: expected list, show or check, got "chek"'],
    [['show', '--config', '/no/file'], () => '/no/file: no such file'],
  ])('refuses %j', async (words, message) => {
    const { env, config } = environment(good)
    const { exit, stdout, stderr } = await profile(words, env)
    expect([exit, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`tmqtt profile: ${message(config)}`)
  })
})

describe('tmqtt profile check', () => {
  it('exits 0 when nothing is wrong', async () => {
    const { broken: _, ...profiles } = good.profiles
    const { env, config } = environment({ ...good, profiles })
    const stdout = `${config}: nothing wrong with home, prod, socket, bare\n`
    expect(await profile(['check'], env)).toEqual({ exit: 0, stdout, stderr: '' })
    expect(await profile(['check', '--config', config], {})).toMatchObject({ exit: 0, stdout })
    expect(await profile(['check', 'prod'], env)).toMatchObject({ stdout: `${config}: nothing wrong with prod\n` })
    expect(await profile(['check'], environment({}).env)).toMatchObject({ exit: 0 })
  })

  it('exits 1 with a line for each problem', async () => {
    const { env, config } = environment({
      profile: 'c',
      profiles: { a: { hosts: 'x', qos: 3 }, b: { unix: '/s', port: 1 }, ok: {} },
    })
    const of = (name: string) => `tmqtt profile: profile ${name} in ${config}:`
    const lines = {
      file: `tmqtt profile: ${config}: "profile": there is no profile "c"; there are: a, b, ok\n`,
      a: `${of('a')} unknown key "hosts"; did you mean "host"?\n${of('a')} "qos": expected 0, 1 or 2, got "3"\n`,
      b: `${of('b')} "unix" and profile b in ${config}: "port" can't be used together\n`,
    }
    expect(await profile(['check'], env)).toEqual({ exit: 1, stdout: '', stderr: lines.file + lines.a + lines.b })
    expect(await profile(['check', 'b'], env)).toEqual({ exit: 1, stdout: '', stderr: lines.file + lines.b })
  })

  it('prints the problems as JSON', async () => {
    const { env, config } = environment({ profiles: { a: { qos: 3 }, b: {} } })
    const problem = `profile a in ${config}: "qos": expected 0, 1 or 2, got "3"`
    const found = await profile(['check', '--json'], env)
    expect([found.exit, JSON.parse(found.stdout), found.stderr]).toEqual([1, [problem], ''])
    expect(await profile(['check', 'b', '--json'], env)).toEqual({ exit: 0, stdout: '[]\n', stderr: '' })
  })

  it('exits 1 for a file that is missing or no JSON', async () => {
    const { path } = temporaryDirectory()
    const missing = `tmqtt profile: ${path}/.config/tmqtt/config.json: no such file\n`
    expect(await profile(['check'], { HOME: path })).toEqual({ exit: 1, stdout: '', stderr: missing })
    const { env, config } = environment('{"profiles": {"a": {"port": 1,}}}')
    expect(await profile(['check'], env)).toEqual({
      exit: 1,
      stdout: '',
      stderr: `tmqtt profile: ${config} line 1, column 31: this is not JSON (tmqtt profile --help)\n`,
    })
    expect((await profile(['check'], {})).stderr).toBe(
      'tmqtt profile: there is no HOME to look for a configuration file in\n',
    )
  })

  it.skipIf(process.platform === 'win32')('warns when others can read a secret in it', async () => {
    const { env, config } = environment({ profiles: { a: { password: 'p' } } }, 0o644)
    expect(await profile(['check'], env)).toMatchObject({
      exit: 0,
      stderr: `tmqtt profile: ${config}: other users can read this file, and it holds a secret (profile a: "password"); chmod 600 it\n`,
    })
  })
})
