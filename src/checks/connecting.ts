import { once } from 'node:events'
import { RefusedError } from '../errors.ts'
import type { Limits } from '../mqtt/connection.ts'
import type { ProtocolVersion } from '../options/connection.ts'
import { type Check, Failed, Unsupported, versionNames } from './check.ts'

/** Of the first connection; only those that it takes are there. */
export const steps: readonly Check[] = [
  { name: 'name', title: 'the name of the host has an address', run: (context) => context.step('name') },
  { name: 'tcp', title: 'the port takes a connection', needs: ['name'], run: (context) => context.step('tcp') },
  {
    name: 'tls',
    title: 'the TLS handshake succeeds, and the certificate is valid for the host',
    needs: ['tcp'],
    run: (context) => context.step('tls'),
  },
  {
    name: 'websocket',
    title: 'the HTTP connection becomes a WebSocket',
    clause: 'MQTT-6.0.0-4',
    clause3: 'MQTT-6.0.0-4',
    needs: ['tls'],
    run: (context) => context.step('websocket'),
  },
]

const connectNames = { 3: 'connect-3.1', 4: 'connect-3.1.1', 5: 'connect-5' } as const

function connect(version: ProtocolVersion): Check & { readonly version: ProtocolVersion } {
  return {
    name: connectNames[version],
    title: `CONNECT of ${versionNames[version]} is accepted`,
    clause: version === 5 ? 'MQTT-3.1.4-5' : 'MQTT-3.1.4-4',
    version,
    needs: ['tcp', 'tls', 'websocket'],
    async run(context) {
      const { clientId } = await context.tryVersion(version)
      return { notes: [`client identifier ${clientId}`], fields: { clientId } }
    },
  }
}

export const connects = [connect(3), connect(4), connect(5)]

export const handshakes: readonly Check[] = [
  {
    name: 'protocol-level',
    title: 'a protocol level that does not exist is refused',
    clause: 'MQTT-3.1.2-2',
    async run({ open, limit, newClientId }) {
      const socket = await open()
      socket.write(connectOfLevel(9, newClientId()))
      socket.on('error', () => {})
      const answer = once(socket, 'data').then(([bytes]) => bytes as Buffer)
      const end = new Promise<undefined>((resolve) =>
        socket.once('close', () => resolve(undefined)).once('end', () => resolve(undefined)),
      )
      const connack = await limit.wait('CONNACK, nor end of the connection,', Promise.race([answer, end]))
      if (connack === undefined) return { notes: ['the broker closes the connection'] }
      if (connack[0] === 0x20 && connack[3] === 0) throw new Failed('the broker accepts protocol level 9')
      return { notes: [`return code ${connack[3]}`] }
    },
  },
  {
    name: 'empty-client-id',
    title: 'a client without identifier gets one',
    clause: 'MQTT-3.1.3-6',
    since: 4,
    async run({ connect, version }) {
      const { clientId } = (await connect({ clientId: '' }).catch(mayRefuse)).connection
      if (version < 5) return undefined
      if (clientId === '') throw new Failed('CONNACK has no assigned client identifier')
      return { notes: [clientId], fields: { clientId } }
    },
  },
  {
    name: 'limits',
    title: 'the broker states its limits',
    clause: '3.2.2.3',
    since: 5,
    async run({ limits }) {
      return { notes: describe(limits), fields: Object.fromEntries(Object.entries(limits).filter(isStated)) }
    },
  },
  {
    name: 'keep-alive',
    title: 'PINGREQ is answered',
    clause: 'MQTT-3.12.4-1',
    async run({ connect }) {
      await (await connect()).ping()
      return undefined
    },
  },
]

/** A broker may want an identifier, and says so by return code 2 or reason code 133. */
function mayRefuse(error: unknown): never {
  if (error instanceof RefusedError && [2, 133].includes(error.reasonCode)) throw new Unsupported(error.message)
  throw error
}

/** CONNECT in the form of MQTT 3.1.1: what would follow in a later version nobody knows. */
function connectOfLevel(level: number, clientId: string): Buffer {
  const id = Buffer.from(clientId)
  const header = Buffer.from([0, 4, ...Buffer.from('MQTT'), level, 2, 0, 60, 0, id.length])
  return Buffer.concat([Buffer.of(0x10, header.length + id.length), header, id])
}

/** No packet is larger than this, whatever a broker allows [MQTT 5, 2.1.4]. */
const LARGEST_PACKET = 268_435_455

function isStated([name, value]: [string, unknown]): boolean {
  return value !== undefined && !(name === 'maximumPacketSize' && Number(value) > LARGEST_PACKET)
}

function describe(limits: Limits): string[] {
  const lacking = [
    ...(limits.retainAvailable ? [] : ['retained messages']),
    ...(limits.wildcardSubscriptions ? [] : ['wildcard subscriptions']),
    ...(limits.sharedSubscriptions ? [] : ['shared subscriptions']),
    ...(limits.subscriptionIdentifiers ? [] : ['subscription identifiers']),
  ]
  return [
    `receive maximum ${limits.receiveMaximum}`,
    `maximum QoS ${limits.maximumQoS}`,
    ...(limits.maximumPacketSize > LARGEST_PACKET ? [] : [`maximum packet size ${limits.maximumPacketSize}`]),
    `topic alias maximum ${limits.topicAliasMaximum}`,
    ...(limits.serverKeepAlive === undefined ? [] : [`keep alive ${limits.serverKeepAlive} s`]),
    ...(limits.sessionExpiryInterval === undefined
      ? []
      : [`session expiry interval ${limits.sessionExpiryInterval} s`]),
    ...lacking.map((what) => `no ${what}`),
  ]
}
