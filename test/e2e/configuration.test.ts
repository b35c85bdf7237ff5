import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { hasMosquitto, type Mosquitto, startMosquitto } from '../support/mosquitto.ts'
import { hasMosquittoClients, mosquittoPub, mosquittoSub } from '../support/mosquitto-clients.ts'
import { type Program, runProgram } from '../support/program.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'

async function exitCode(program: Program): Promise<number | null> {
  return (await program.exited).code
}

/** A home directory with this as the file of a client of mosquitto. */
function homeWith(name: string, content: string): string {
  const directory = temporaryDirectory()
  mkdirSync(directory.file('.config'))
  directory.write(`.config/${name}`, content)
  return directory.path
}

const at = ({ ports }: Mosquitto) => ['-h', '127.0.0.1', '-p', String(ports.tcp)]

describe.skipIf(!hasMosquitto || !hasMosquittoClients)("mosquitto's own file, beside mosquitto's own client", () => {
  it.each<[content: string, args: string[]]>([
    ['-t a', ['-m', 'x']],
    ['-t a\r\n-m two  words \r\n', []],
    ['  -t  blank\n', ['-m', 'x']],
    ['\n   \n\r\n#comment\n-t a\n', ['-m', 'x']],
    ['-t a -m b\n', ['-m', 'x']],
    ['-t a\n-m # no comment\n', []],
    ['--topic a\n--message "q" \\n\n', []],
    ['-t a\n-q 2\n-k 77\n', ['-m', 'x', '-q', '1']],
    ['-t a\n', ['-t', 'b', '-m', 'x']],
    ['-t a\n--unix /no/such/socket\n', ['-m', 'x']],
    ['-t a\n-V mqttv31\n', ['-m', 'x', '-V', '5']],
  ])('publishes the same from %j and %j', async (content, args) => {
    const broker = await startMosquitto()
    const env = { HOME: homeWith('mosquitto_pub', content) }
    const subscriber = spawnTmqtt(['sub', ...at(broker), '-t', '#', '-F', '<%t> <%p>', '-C', '2'])
    await broker.waitForLog(/: \S+ 0 #$/m)
    expect(await exitCode(mosquittoPub([...at(broker), ...args], { env }))).toBe(0)
    const ours = spawnTmqtt(['pub', ...at(broker), ...args], { env })
    expect(await exitCode(ours), ours.stderr).toBe(0)
    expect(await exitCode(subscriber)).toBe(0)
    const [theirs, own] = subscriber.stdout.toString().trimEnd().split('\n')
    expect(own).toBe(theirs)
    const connects = broker
      .log()
      .match(/New client connected .* as .*/g)!
      .slice(-2)
    const [one, other] = connects.map((line) => line.replace(/.*\(/, '('))
    expect(other).toBe(one)
  })

  it.each<[content: string, args: string[]]>([
    [' #no comment\n', ['-t', 'a', '-m', 'x']],
    ['-t\ta\n', ['-m', 'x']],
    ['-t \n', ['-m', 'x']],
    ['topic a\n', ['-t', 'a', '-m', 'x']],
    ['-r yes\n', ['-t', 'a', '-m', 'x']],
    ['-z\n', ['-t', 'a', '-m', 'x']],
    ['-m x\n', ['-t', 'a', '-n']],
    ['-i a\n', ['-t', 'a', '-m', 'x', '-I', 'b']],
    ['-q 3\n', ['-t', 'a', '-m', 'x']],
  ])('refuses %j with %j', async (content, args) => {
    const broker = await startMosquitto()
    const env = { HOME: homeWith('mosquitto_pub', content) }
    expect(await exitCode(mosquittoPub([...at(broker), ...args], { env }))).toBe(1)
    const ours = spawnTmqtt(['pub', ...at(broker), ...args], { env })
    expect(await exitCode(ours)).toBe(1)
    expect(ours.stderr).toMatch(/^tmqtt pub: .*\/mosquitto_pub line 1: .*\n$/)
    expect(broker.log()).not.toContain('New connection')
  })

  it('subscribes to the same, in the same order', async () => {
    const broker = await startMosquitto()
    const directory = temporaryDirectory()
    directory.write('mosquitto_sub', '-t one\n-t two/#\n-q 1\n-v\n')
    const env = { XDG_CONFIG_HOME: directory.path }
    const args = [...at(broker), '-t', 'typed']
    const subscriptions = async (clientId: string, start: (args: readonly string[]) => Program) => {
      const program = start([...args, '-i', clientId])
      const log = await broker.waitForLog(new RegExp(`Sending SUBACK to ${clientId}`))
      await program.stop()
      return [...log.matchAll(new RegExp(`: ${clientId} (\\d \\S+)$`, 'gm'))].map(([, what]) => what)
    }
    const theirs = await subscriptions('theirs', (words) => mosquittoSub(words, { env }))
    expect(theirs).toEqual(['1 one', '1 two/#', '1 typed'])
    expect(await subscriptions('ours', (words) => spawnTmqtt(['sub', ...words], { env }))).toEqual(theirs)
  })
})

describe.skipIf(!hasMosquitto)('a profile', () => {
  const password = { username: 'joe', password: 'hunter2' }

  /** A home with a profile `prod` of these options, for this broker. */
  function homeFor(broker: Mosquitto, options: object) {
    const directory = temporaryDirectory()
    mkdirSync(directory.file('.config/tmqtt'), { recursive: true })
    const prod = { host: '127.0.0.1', port: broker.ports.tcp, username: 'joe', qos: 1, topic: 't', ...options }
    directory.write('.config/tmqtt/config.json', JSON.stringify({ profiles: { prod } }))
    return directory
  }

  it.each<[name: string, password: unknown]>([
    ['in the file', 'hunter2'],
    ['in the environment', { env: 'SECRET' }],
    ['in another file', { file: '../secret' }],
    ['from a program', { command: ['sh', '-c', 'echo hunter2'] }],
    // Standard input is for the lines.
    ['from a program that reads its input', { command: ['sh', '-c', 'cat; echo hunter2'] }],
  ])('logs in with a password %s, for pub and sub', async (_name, secret) => {
    const broker = await startMosquitto({ password })
    const home = homeFor(broker, { password: secret })
    home.write('.config/secret', 'hunter2\n')
    const env = { HOME: home.path, TMQTT_PROFILE: 'prod', SECRET: 'hunter2' }
    const subscriber = spawnTmqtt(['sub', '-C', '2'], { env })
    await broker.waitForLog(/: \S+ 1 t$/m)
    const publisher = spawnTmqtt(['pub', '-l', '--profile', 'prod'], { env, input: 'one\ntwo\n' })
    expect(await exitCode(publisher), publisher.stderr).toBe(0)
    expect(await exitCode(subscriber), subscriber.stderr).toBe(0)
    expect(subscriber.stdout.toString()).toBe('one\ntwo\n')
    expect(publisher.stderr + subscriber.stderr).toBe('')
  })

  it('lets the command line override the password', async () => {
    const broker = await startMosquitto({ password })
    const env = { HOME: homeFor(broker, { password: { command: ['/no/such/program'] } }).path }
    const args = ['pub', '--profile', 'prod', '-m', 'x']
    const right = spawnTmqtt([...args, '-P', 'hunter2'], { env })
    expect(await exitCode(right), right.stderr).toBe(0)
    expect(await exitCode(spawnTmqtt([...args, '-P', 'wrong'], { env }))).toBe(5)
    const without = spawnTmqtt(args, { env })
    expect(await exitCode(without)).toBe(1)
    expect(without.stderr).toMatch(
      /^tmqtt pub: profile prod in .*: "password": there is no program \/no\/such\/program .*\n$/,
    )
  })

  it.skipIf(process.platform === 'win32')(
    'is given up at SIGINT while a program is asked for the password',
    async () => {
      const broker = await startMosquitto({ password })
      const directory = temporaryDirectory()
      const fifo = directory.file('started')
      runProgram('mkfifo', [fifo])
      const command = ['sh', '-c', `echo started > '${fifo}'; exec sleep 60`]
      const env = { HOME: homeFor(broker, { password: { command } }).path }
      const program = spawnTmqtt(['pub', '--profile', 'prod', '-m', 'x'], { env })
      expect(await readFile(fifo, 'utf8')).toBe('started\n')
      program.kill('SIGINT')
      expect(await exitCode(program)).toBe(130)
      expect(program.stderr).toBe('tmqtt pub: interrupted by SIGINT\n')
    },
  )
})
