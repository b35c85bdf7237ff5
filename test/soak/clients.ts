import { type Certificates, certificates } from '../support/certificates.ts'
import { type Link, type LinkSettings, startLink } from '../support/link.ts'
import type { Program } from '../support/program.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import type { Urls } from '../support/urls.ts'
import { Releases } from './releases.ts'

/** A program that lasts as long as the soak, behind a link of its own. */
export interface Client {
  readonly name: string
  readonly args: readonly string[]
  readonly link: Link
  readonly program: Program
  /** What the broker has sent it. */
  readonly releases: Releases
}

/** Starts programs that reach the broker over links. */
export interface Starter {
  link(watch?: LinkSettings['watch']): Promise<Link>
  start(link: Link, transport: keyof Urls, args: readonly string[]): Program
}

/** In seconds. Beyond one and a half of it client and broker give each other up. */
export const KEEP_ALIVE = 5

export async function startStarter(port: number): Promise<Starter> {
  const { ca, server }: Certificates = await certificates()
  // With the heap that Node takes by itself some megabytes of garbage wait for the first collection, which in half an
  // hour does not come: that looks like a leak.
  const heap = '--max-semi-space-size=1 --max-old-space-size=32'
  const env = { HOME: temporaryDirectory().path, NODE_OPTIONS: heap }
  const patience = ['-k', `${KEEP_ALIVE}`, '--connect-timeout', '5s']
  return {
    link: (watch = () => {}) =>
      startLink(port, { packets: true, watch, websocket: true, tls: { ...server, cafile: ca } }),
    start: (link, transport, args) => {
      const trust = transport === 'tls' || transport === 'wss' ? ['--cafile', ca] : []
      return spawnTmqtt([...args, '-L', link.urls[transport], ...trust, ...patience], { env })
    },
  }
}

const session = ['-c', '--reconnect-delay', '100ms', '--reconnect-max-delay', '1s']
const session5 = [...session, '-V', '5', '-x', '3600']
const session4 = [...session, '-V', '311']
const publish = ['pub', '-l', '--ack-timeout', '300s']
const subscribe = ['sub', '-F', '%t %m %p', '-t', 'soak/+']

/** Over every transport, and with both versions of the protocol. */
const cast = [
  { name: 'p1', transport: 'tcp', args: [...publish, ...session4, '-q', '1', '-t', 'soak/p1'] },
  { name: 'p2', transport: 'tls', args: [...publish, ...session5, '-q', '2', '-t', 'soak/p2'] },
  { name: 'p3', transport: 'ws', args: [...publish, ...session4, '-q', '2', '-t', 'soak/p3'] },
  { name: 's1', transport: 'wss', args: [...subscribe, ...session5, '-q', '1'] },
  { name: 's2', transport: 'tcp', args: [...subscribe, ...session5, '-q', '2'] },
  { name: 's3', transport: 'tls', args: [...subscribe, ...session4, '-q', '2'] },
  { name: 'reply', transport: 'ws', args: ['reply', '-t', 'ask', '--echo', ...session5, '-q', '1'] },
] as const

export interface Cast {
  readonly publishers: readonly Client[]
  readonly subscribers: readonly Client[]
  readonly answerer: Client
  readonly all: readonly Client[]
}

export async function startCast({ link, start }: Starter): Promise<Cast> {
  const all = await Promise.all(
    cast.map(async ({ name, transport, args }): Promise<Client> => {
      const releases = new Releases(args.includes('5') ? 5 : 4)
      const own = await link((from, packet) => from === 'broker' && releases.take(packet))
      return { name, args, link: own, releases, program: start(own, transport, [...args, '-i', name]) }
    }),
  )
  const doing = (command: string) => all.filter(({ args }) => args[0] === command)
  return { all, publishers: doing('pub'), subscribers: doing('sub'), answerer: doing('reply')[0]! }
}

/** As its last argument behind `-q` has it. */
export function qosOf({ args }: Client): number {
  return Number(args[args.indexOf('-q') + 1])
}
