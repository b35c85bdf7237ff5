import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { Command } from '../../src/commands/command.ts'
import { loadCommands } from '../../src/commands/index.ts'
import { environmentName, isFlag, longName } from '../../src/options/option.ts'
import { startAedes } from '../support/aedes.ts'
import { certificates } from '../support/certificates.ts'
import { atEndOfTest } from '../support/clean-up.ts'
import { freePort } from '../support/free-port.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { runCli } from '../support/run.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'

/** Every secret begins with this word, in hex for a pre-shared key. */
const hex = Buffer.from('canary').toString('hex')
const leak = new RegExp(['canary', hex, Buffer.from('canary').toString('base64').slice(0, 8)].join('|'), 'i')

type Texts = Readonly<Record<string, string>>

/** Secrets as options hold them, with what they need; no two sets go together. */
const secrets: Readonly<Record<string, (port: number) => Texts>> = {
  'a login, a WebSocket header, a proxy and a will': (port) => ({
    host: '127.0.0.1',
    port: String(port),
    username: 'joe',
    password: 'canary-password',
    websocket: 'true',
    wsHeader: 'Authorization: Bearer canary-header',
    proxy: `socks5h://joe:canary-proxy@127.0.0.1:${port}`,
    willTopic: 'w',
    willPayload: 'canary-will',
  }),
  'a URL': (port) => ({ url: `mqtt://joe:canary-url@127.0.0.1:${port}` }),
  'a pre-shared key': (port) => ({
    host: '127.0.0.1',
    port: String(port),
    psk: hex,
    pskIdentity: 'joe',
  }),
}

/** Values that are refused, and are not to be quoted. */
const wrong: readonly (readonly [key: string, text: string])[] = [
  ['password', 'canary'.repeat(20_000)],
  ['willPayload', 'canary'.repeat(20_000)],
  ['psk', 'canary'],
  ['psk', hex.repeat(200)],
  ['url', 'mqtt://joe:canary@host:none'],
  ['url', 'http://joe:canary@host'],
  ['url', 'canary'],
  ['proxy', 'http://joe:canary@host'],
  ['proxy', 'socks5h://joe:canary@host:none'],
  ['wsHeader', 'canary without a colon'],
]

interface Given {
  readonly args: readonly string[]
  readonly env: Texts
}

const ways: Readonly<Record<string, (command: Command, texts: Texts) => Given>> = {
  'on the command line': ({ options }, texts) => ({
    args: Object.entries(texts).flatMap(([key, text]) =>
      isFlag(options[key]!) ? [`--${longName(key)}`] : [`--${longName(key)}`, text],
    ),
    env: homeWith({}),
  }),
  'in the environment': (_command, texts) => ({
    args: [],
    env: {
      ...homeWith({}),
      ...Object.fromEntries(Object.entries(texts).map(([key, text]) => [environmentName(key), text])),
    },
  }),
  'in a profile': ({ options }, texts) => {
    const values = Object.entries(texts).map(([key, text]) => [longName(key), isFlag(options[key]!) ? true : text])
    return { args: ['--profile', 'p'], env: homeWith({ p: Object.fromEntries(values) }) }
  },
}

/** Where `retain diff` finds another broker, too. */
function homeWith(profiles: object): Texts & { readonly HOME: string } {
  const home = temporaryDirectory()
  mkdirSync(home.file('.config/tmqtt'), { recursive: true })
  home.write('.config/tmqtt/config.json', JSON.stringify({ profiles: { other: {}, ...profiles } }))
  return { HOME: home.path }
}

/** What each command that knows secrets has to do, with a retained message in topic t, and its exit status. */
const jobs: Readonly<Record<string, readonly [args: readonly string[], exit: number, reports?: readonly string[]]>> = {
  pub: [['-t', 't', '-m', 'x', '-q', '1', '-r'], 0],
  sub: [['-t', 't', '-C', '1', '--json'], 0],
  rr: [['-t', 'q', '-e', 'q', '-m', 'x', '--json'], 0],
  reply: [['-t', 't', '-e', 'answer', '-m', 'x', '-C', '1'], 0],
  'bench conn': [['--clients', '2', '--duration', '50ms'], 0, ['csv', 'prometheus', 'junit', 'report']],
  'bench pub': [['--messages', '10', '--warmup', '0'], 0, ['csv', 'hdr', 'prometheus', 'junit', 'report']],
  'bench sub': [['--duration', '50ms'], 0, ['csv', 'prometheus', 'junit', 'report']],
  'bench flow': [['--messages', '10', '--warmup', '0'], 0, ['csv', 'hdr', 'prometheus', 'junit', 'report']],
  check: [['--only', 'qos-1', '--format', 'json'], 0],
  expect: [['-t', 't', '--json', '--retained'], 0, ['junit']],
  'retain-clear': [['-t', 't', '--yes', '--settle', '50ms'], 0, ['backup']],
  'retain list': [['-t', 't', '--settle', '50ms'], 0],
  'retain diff': [['-t', 't', '--settle', '50ms', '--to', 'other'], 0],
}

const commands = (await loadCommands()).filter(({ options }) => options.password?.secret && options.url?.secret)

it('is about every command that knows secrets', () => {
  expect(commands.map(({ name }) => name).sort()).toEqual(Object.keys(jobs).sort())
})

describe.each(commands.map((command) => ({ name: command.name, command })))('tmqtt $name', ({ name, command }) => {
  const words = [...name.split(' '), ...jobs[name]![0]]
  const known = (texts: Texts) => Object.fromEntries(Object.entries(texts).filter(([key]) => key in command.options))

  describe.each(Object.entries(ways))('with secrets %s', (_how, given) => {
    it.each(Object.entries(secrets))('prints none where there is no broker: %s', async (_what, texts) => {
      const { args, env } = given(command, known(texts(await freePort())))
      const cli = runCli([...words, ...args, '--debug'], { env })
      expect([3, 6, 8], cli.stderr).toContain(await cli.exit)
      expect(cli.stdout.toString() + cli.stderr).not.toMatch(leak)
      expect(cli.stderr).not.toBe('')
    })

    it.each(Object.entries(secrets))('prints none where another option is wrong: %s', async (_what, texts) => {
      const { args, env } = given(command, known(texts(1883)))
      for (const more of [['--keep-alive', '1'], ['--no-such-option'], ['-D', 'connect', 'nothing', '1']]) {
        const cli = runCli([...words, ...args, ...more], { env })
        expect(await cli.exit, cli.stderr).toBe(1)
        expect(cli.stdout.toString() + cli.stderr).not.toMatch(leak)
      }
    })
  })
})

// The rows of the table are the same for all commands.
describe.each(Object.entries(ways))('a wrong value %s', (_how, given) => {
  const sub = commands.find(({ name }) => name === 'sub')!

  it.each(wrong)('is not quoted: %s', async (key, text) => {
    const { args, env } = given(sub, { [key]: text })
    const cli = runCli(['sub', '-t', 't', ...args], { env })
    expect(await cli.exit).toBe(1)
    expect(cli.stderr).toMatch(new RegExp(`${longName(key)}|${environmentName(key)}`))
    expect(cli.stdout.toString() + cli.stderr).not.toMatch(leak)
  })
})

describe.skipIf(!hasMosquitto).each(commands.map((command) => ({ name: command.name, command })))(
  'tmqtt $name at a broker',
  ({ name, command }) => {
    const [args, exit, reports = []] = jobs[name]!
    const login = { username: 'joe', password: 'canary-password', willTopic: 'w', willPayload: 'canary-will' }

    async function start() {
      const broker = await startMosquitto({ password: { username: 'joe', password: login.password } })
      const url = broker.urls.tcp
      const seed = ['pub', '-L', url, '-u', 'joe', '-P', login.password, '-t', 't', '-m', 'x', '-r', '-q', '1']
      expect(await runCli(seed).exit).toBe(0)
      const texts = Object.entries({ url, ...login }).filter(([key]) => key in command.options)
      return { url, texts: Object.fromEntries(texts) }
    }

    it('prints no secret, nor writes it into a report', async () => {
      const { url, texts } = await start()
      const given = ways['on the command line']!(command, texts)
      const folder = temporaryDirectory()
      const files = reports.flatMap((report) => [`--${report}`, folder.file(report)])
      const env = homeWith({ other: { url, username: 'joe', password: login.password } })
      const debug = name.startsWith('bench') ? ['--json'] : ['--debug']
      const cli = runCli([...name.split(' '), ...args, ...given.args, ...files, ...debug], { env })
      expect(await cli.exit, cli.stderr).toBe(exit)
      expect(readdirSync(folder.path).sort()).toEqual([...reports].sort())
      const written = reports.map((report) => readFileSync(folder.file(report), 'utf8'))
      for (const text of [cli.stdout.toString(), cli.stderr, ...written]) expect(text).not.toMatch(leak)
      expect(cli.stdout.toString()).toMatch(/\S/)
    })

    it('prints no secret that is refused', async () => {
      const { texts } = await start()
      const given = ways['on the command line']!(command, { ...texts, password: 'canary-wrong' })
      const env = homeWith({})
      const cli = runCli([...name.split(' '), ...args, ...given.args], { env })
      expect(await cli.exit, cli.stderr).not.toBe(0)
      expect(cli.stdout.toString() + cli.stderr).not.toMatch(leak)
      expect(cli.stderr + cli.stdout).toMatch(/not authorized|bad user name|refused/i)
    })
  },
)

describe('a login kept elsewhere', () => {
  const elsewhere: Readonly<Record<string, () => Given>> = {
    '--password-file': () => ({
      args: ['-u', 'joe', '--password-file', temporaryDirectory().write('password', 'canary-password\n')],
      env: {},
    }),
    "mosquitto's file": () => {
      const home = temporaryDirectory()
      mkdirSync(home.file('.config'))
      for (const name of ['pub', 'sub', 'rr']) {
        home.write(
          `.config/mosquitto_${name}`,
          '-u joe\n-P canary-password\n--will-topic w\n--will-payload canary-will\n',
        )
      }
      return { args: [], env: { HOME: home.path } }
    },
    'a file that a profile names': () => {
      const file = temporaryDirectory().write('secret', 'canary-password')
      return { args: ['--profile', 'p'], env: homeWith({ p: { username: 'joe', password: { file } } }) }
    },
    'a variable that a profile names': () => ({
      args: ['--profile', 'p'],
      env: { ...homeWith({ p: { username: 'joe', password: { env: 'SECRET' } } }), SECRET: 'canary-password' },
    }),
    'a program that a profile names': () => ({
      args: ['--profile', 'p'],
      env: homeWith({ p: { username: 'joe', password: { command: ['/bin/echo', 'canary-password'] } } }),
    }),
  }

  describe.each(Object.entries(elsewhere))('in %s', (_where, given) => {
    it.each(['pub', 'sub', 'rr'])('is not printed by %s, wrong or right', async (name) => {
      const right = await startAedes({ password: { username: 'joe', password: 'canary-password' } })
      const wrong = await startAedes({ password: { username: 'joe', password: 'other' } })
      const { args, env } = given()
      const words = [name, '-t', 't', '-q', '1', '-d', ...(name === 'sub' ? ['-E'] : ['-m', 'x'])]
      for (const [broker, exit] of [
        [right, 0],
        [wrong, 4],
      ] as const) {
        const topic = name === 'rr' ? ['-e', 't', '-V', '311'] : []
        const cli = runCli([...words, ...topic, '-L', broker.urls.tcp, ...args], { env })
        expect(await cli.exit, cli.stderr).toBe(exit)
        expect(cli.stdout.toString()).toContain('CONNECT')
        expect(cli.stdout.toString() + cli.stderr).not.toMatch(leak)
      }
    })

    it('is not quoted where it is refused', async () => {
      const { args, env } = given()
      const cli = runCli(['sub', '-t', 't', ...args, '--keep-alive', '1'], { env })
      expect(await cli.exit).toBe(1)
      expect(cli.stderr).not.toMatch(leak)
    })
  })

  it("of mosquitto's file is not quoted where a line of it is wrong", async () => {
    const lines = [
      '-P',
      'canary',
      '-Pcanary',
      '--password=canary',
      '--passwort=canary',
      '--psk canary',
      '-L mqtt://joe:canary@h:none',
      '--proxy canary',
    ]
    for (const line of lines) {
      const file = temporaryDirectory().write('options', `-t t\n-u joe\n${line}\n`)
      const cli = runCli(['sub', '-o', file])
      expect(await cli.exit, line).toBe(1)
      expect(cli.stderr, line).not.toMatch(leak)
    }
  })
})

describe.skipIf(!hasMosquitto)('tmqtt check', () => {
  it.each(['text', 'json', 'tap', 'junit', 'prometheus'])('prints no secret with --format %s', async (format) => {
    const { urls } = await startMosquitto({ password: { username: 'joe', password: 'canary-password' } })
    for (const password of ['canary-password', 'canary-wrong']) {
      const login = ['-u', 'joe', '-P', password, '--will-topic', 'w', '--will-payload', 'canary-will']
      const cli = runCli(['check', '-L', urls.tcp, ...login, '--only', 'qos-1', '--format', format])
      expect([0, 135], cli.stderr).toContain(await cli.exit)
      expect(cli.stdout.toString() + cli.stderr).not.toMatch(leak)
      expect(cli.stdout.toString() + cli.stderr).toMatch(/\S/)
    }
  })
})

describe('tmqtt profile', () => {
  it.each([['list'], ['list', '--json'], ['show', 'p'], ['show', 'p', '--json'], ['check']])(
    'prints no secret: %s %s',
    async (...args) => {
      const values = Object.values(secrets).map((texts) => Object.entries(texts(1883)))
      const profiles = values.map((texts) =>
        Object.fromEntries(texts.map(([key, text]) => [longName(key), key === 'websocket' ? true : text])),
      )
      for (const p of profiles) {
        const cli = runCli(['profile', ...args], { env: homeWith({ p }) })
        expect(await cli.exit, cli.stderr).toBe(0)
        expect(cli.stdout.toString() + cli.stderr).not.toMatch(leak)
      }
    },
  )
})

describe('in a process of its own', () => {
  const sub = commands.find(({ name }) => name === 'sub')!

  it.each(Object.entries(secrets))('prints none to those who debug it or see it crash: %s', async (_what, texts) => {
    const { args } = ways['on the command line']!(sub, texts(await freePort()))
    const probe = temporaryDirectory().write('probe.cjs', `process.nextTick(() => { throw new Error('boom') })`)
    const debug = { DEBUG: '*', NODE_DEBUG: 'net,tls,http', TMQTT_DEBUG: '1' }
    for (const [env, exit] of [
      [debug, 3],
      [{ ...debug, NODE_OPTIONS: `--require ${probe}` }, 70],
    ] as const) {
      const subscriber = spawnTmqtt(['sub', ...args, '-t', 't'], { env })
      expect(await subscriber.exited, subscriber.stderr).toEqual({ code: exit, signal: null })
      expect(subscriber.stdout.toString() + subscriber.stderr).not.toMatch(leak)
    }
  })

  it('prints no header of a WebSocket request', async () => {
    const { urls } = await startAedes({ websocket: true })
    const header = ['--ws-header', 'Authorization: canary-header']
    const env = { DEBUG: '*', NODE_DEBUG: 'net,tls,http', TMQTT_DEBUG: '1' }
    const publisher = spawnTmqtt(['pub', '-L', urls.ws, ...header, '-t', 't', '-m', 'x', '-q', '1'], { env })
    expect(await publisher.exited, publisher.stderr).toEqual({ code: 0, signal: null })
    expect(publisher.stdout.toString() + publisher.stderr).not.toMatch(leak)
  })
})

describe.skipIf(process.platform !== 'linux')('the process list', () => {
  /** Something that takes connections, and says nothing. */
  async function startSilent() {
    const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
    await once(server, 'listening')
    atEndOfTest(() => server.close())
    return { server, port: (server.address() as AddressInfo).port }
  }

  it.each(Object.entries(secrets))('does not show %s', async (_what, texts) => {
    const { server, port } = await startSilent()
    const sub = commands.find(({ name }) => name === 'sub')!
    const { args } = ways['on the command line']!(sub, texts(port))
    const connection = once(server, 'connection')
    const subscriber = spawnTmqtt(['sub', ...args, '-t', 't'])
    await connection
    const shown = readFileSync(`/proc/${subscriber.pid}/cmdline`, 'latin1')
    expect(shown).toContain('tmqtt')
    expect(shown).not.toMatch(leak)
  })

  it('does not show the password of a key', async () => {
    const { server, port } = await startSilent()
    const { ca, client } = await certificates()
    const key = ['--cafile', ca, '--cert', client.certfile, '--key', client.encryptedKeyfile]
    const connection = once(server, 'connection')
    const at = ['-h', '127.0.0.1', '-p', String(port), '--key-password', client.password]
    const subscriber = spawnTmqtt(['sub', ...at, ...key, '-t', 't'])
    await connection
    expect(readFileSync(`/proc/${subscriber.pid}/cmdline`, 'latin1')).not.toContain(client.password.slice(0, 7))
  })
})
