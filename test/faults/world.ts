import { certificates } from '../support/certificates.ts'
import { type Link, startLink } from '../support/link.ts'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.ts'
import type { Program } from '../support/program.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { type Account, account } from './account.ts'
import { type Address, at, type Clients } from './clients.ts'

export type QoS = 0 | 1 | 2
export type Transport = Address['transport']

/** Whom a fault can befall. */
export interface World {
  readonly broker: Mosquitto
  /** Between the broker and the client under test. */
  readonly link: Link
  /** The one under test. */
  readonly client: Program
  /** Of the client, in s. */
  readonly keepAlive: number
  /** Resolves once the broker has what can reach it, and has saved it where it saves. */
  settled(): Promise<void>
  /** The offset of the client's time of day: `+3600`. */
  setClock(offset: string): void
}

export interface Fault {
  readonly name: string
  /** What happens; more messages are on their way meanwhile. Resolves when it is over, or lasts. */
  strike(world: World): Promise<void>
  /** Whether what it takes is installed; so unless it says otherwise. */
  readonly isPossible?: boolean
  /** Whether the broker has to save each change, which takes it long. */
  readonly saves?: true
  /** Environment of the client that it needs. */
  readonly env?: (clockFile: string) => Readonly<Record<string, string>>
}

export interface Trial {
  readonly clients: Clients
  readonly fault: Fault
  readonly qos: QoS
  readonly transport: Transport
  /** In s. */
  readonly keepAlive: number
}

export interface Outcome extends Account {
  readonly code: number | null
  readonly stderr: string
}

/** Lines that go before, in and behind a fault. */
const PART = 50

const END = 'the end'
const saving = ['autosave_interval 1', 'autosave_on_changes true']

/** Publishes line by line while the fault strikes; a subscriber that nothing befalls sees what arrives. */
export async function publishing(trial: Trial): Promise<Outcome> {
  const { direct, args, env, ...world } = await start(trial)
  const { broker } = world
  const observer = await observe(broker, direct)
  const client = trial.clients.pub([...args, '-l', '-t', 't'], env)
  const lines = feeder(client)
  lines.feed(PART)
  await Promise.race([observer.waitForStdout(`line ${PART}\n`), endOf(client)])
  const settled = () => fence(direct)
  const strike = trial.fault.strike({ ...world, client, settled })
  lines.feed(PART)
  await strike
  lines.feed(PART)
  client.stdin.end()
  const { code } = await client.exited
  await spawnTmqtt(['pub', ...direct, '-t', 't', '-q', '2', '-m', END]).exited
  await observer.waitForStdout(`${END}\n`)
  observer.kill('SIGINT')
  await observer.exited
  return { code, stderr: client.stderr, ...account(lines.sent, linesOf(observer)) }
}

/** Subscribes with a persistent session while the fault strikes; nothing befalls the publisher. */
export async function subscribing(trial: Trial): Promise<Outcome> {
  const { direct, args, env, ...world } = await start(trial)
  const { broker } = world
  const client = trial.clients.sub([...args, '-t', 't'], env)
  await Promise.race([broker.waitForLog(`under-test ${trial.qos} t\n`), endOf(client)])
  const observer = await observe(broker, direct)
  const publisher = spawnTmqtt([
    'pub',
    ...direct,
    '-i',
    'publisher',
    '-c',
    '-q',
    '2',
    '-t',
    't',
    '-l',
    '--reconnect-delay',
    '50ms',
  ])
  const lines = feeder(publisher)
  lines.feed(PART)
  await client.waitForStdout(`line ${PART}\n`)
  const settled = async () => {
    await observer.waitForStdout(`line ${2 * PART}\n`)
    await fence(direct)
  }
  const strike = trial.fault.strike({ ...world, client, settled })
  lines.feed(PART)
  await strike
  lines.feed(PART)
  publisher.stdin.end()
  await publisher.exited
  // At QoS 0 what is sent to nobody is gone: it is repeated until it arrives.
  let isOver = false
  const over = Promise.race([client.waitForStdout(`${END}\n`), client.exited]).finally(() => {
    isOver = true
  })
  do await spawnTmqtt(['pub', ...direct, '-t', 't', '-q', '2', '-m', END]).exited
  while (trial.qos === 0 && !isOver)
  await over
  client.kill('SIGINT')
  const { code } = await client.exited
  return { code, stderr: client.stderr, ...account(lines.sent, linesOf(client)) }
}

async function start({ clients, qos, transport, keepAlive, fault }: Trial) {
  const { ca: cafile, server } = await certificates()
  const broker = await startMosquitto({ quiet: true, ...(fault.saves && { persistence: true, config: saving }) })
  const link = await startLink(broker.ports.tcp, { websocket: true, tls: { ...server, cafile } })
  const clock = temporaryDirectory()
  const setClock = (offset: string) => void clock.write('clock', `${offset}\n`)
  setClock('+0')
  const own = clients.name === 'tmqtt' ? ['--reconnect-delay', '100ms'] : []
  const session = ['-i', 'under-test', '-c', '-q', String(qos), '-k', String(keepAlive)]
  return {
    broker,
    link,
    setClock,
    keepAlive,
    env: fault.env?.(clock.file('clock')) ?? {},
    direct: at({ transport: 'tcp', port: broker.ports.tcp, cafile }),
    args: [...at({ transport, port: link.ports[transport], cafile }), ...session, ...own],
  }
}

/** A subscriber that nothing befalls. */
async function observe(broker: Mosquitto, direct: readonly string[]): Promise<Program> {
  const session = ['-i', 'observer', '-c', '-q', '2', '--reconnect-delay', '50ms']
  const observer = spawnTmqtt(['sub', ...direct, ...session, '-t', 't'])
  await broker.waitForLog('observer 2 t\n')
  return observer
}

/** Of what came before, the broker has seen everything by then, and mosquitto saves each time before it reads on. */
async function fence(direct: readonly string[]): Promise<void> {
  await spawnTmqtt(['pub', ...direct, '-t', 'fence', '-q', '1', '-m', 'x']).exited
}

/** Rejects when a program ends before its time. */
async function endOf(program: Program): Promise<never> {
  const { code } = await program.exited
  throw new Error(`it ended with ${code} before anything happened: ${program.stderr}`)
}

/** Writes numbered lines to the standard input of a program. */
function feeder({ stdin }: Program) {
  const sent: string[] = []
  stdin.on('error', () => {})
  const feed = (count: number) => {
    for (let left = count; left > 0; left--) {
      sent.push(`line ${sent.length + 1}`)
      stdin.write(`${sent.at(-1)}\n`)
    }
  }
  return { sent, feed }
}

function linesOf({ stdout }: Program): string[] {
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '' && line !== END)
}
