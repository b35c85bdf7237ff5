import { once } from 'node:events'
import net from 'node:net'
import type { Aedes, Client } from 'aedes'
import { LocalError, UsageError } from '../errors.ts'
import { safeText } from '../formatters/terminal-safe.ts'
import type { Io } from '../io.ts'
import { connectionOptions } from '../options/connection.ts'
import { integer, textOf } from '../options/kinds.ts'
import { table, type ValuesOf } from '../options/option.ts'
import { writeOutput } from '../streams/sink.ts'
import { command } from './command.ts'

const { username, password } = connectionOptions

const options = table({
  port: {
    ...connectionOptions.port,
    group: 'Listening',
    describe: 'TCP port; 0 picks a free one',
    default: 1883,
    defaultText: '1883',
  },
  wsPort: {
    kind: integer(0, 0xffff, 'PORT'),
    group: 'Listening',
    describe:
      'Port for MQTT over WebSocket; 0 picks a free one. Web pages of other machines need -u and a password, too',
  },
  address: {
    kind: textOf('ADDRESS', 'an address of this machine'),
    group: 'Listening',
    describe: 'Address to listen on; other machines need -u and a password',
    default: '127.0.0.1',
  },
  username: { ...username, group: 'Access', describe: 'Let only this user in', requires: ['password'] },
  password: {
    ...password,
    group: 'Access',
    describe: 'Password of that user',
    requires: ['username'],
    replaces: [],
  },
})

type Values = ValuesOf<typeof options>

export const broker = command({
  description:
    'Runs a broker (aedes; MQTT 3.1 and 3.1.1) in this process, in memory, until it is stopped. It prints a URL for ' +
    'each listener on standard output, and on a terminal who comes and goes.',
  options,
  examples: [
    { run: 'tmqtt broker', shows: 'on 127.0.0.1, port 1883' },
    { run: 'tmqtt broker -p 0 --ws-port 0', shows: 'free ports, printed as URLs' },
    { run: 'TMQTT_PASSWORD=secret tmqtt broker --address 0.0.0.0 -u joe', shows: 'for the network, with a password' },
  ],

  check(values) {
    if (!isLoopback(values.address) && values.password === undefined) {
      throw new UsageError(`--address ${values.address}: other machines can reach it, so give -u and a password`)
    }
  },

  async run(values, io) {
    const { Aedes } = await import('aedes')
    const aedes = await Aedes.createBroker()
    authenticate(aedes, values)
    if (io.stderr.isTTY === true) showClients(aedes, io)
    const servers: net.Server[] = []
    const sockets = new Set<net.Socket>()
    try {
      servers.push(await listen(net.createServer(aedes.handle), values.port, values, io, 'mqtt', sockets))
      if (values.wsPort !== undefined) {
        servers.push(await listen(await websocketServer(aedes, values), values.wsPort, values, io, 'ws', sockets))
      }
      if (!io.signal.aborted) await once(io.signal, 'abort')
    } finally {
      // A server ends when its connections have: those of clients the broker ends, those that never became one we do.
      const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)))
      await new Promise<void>((resolve) => aedes.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await Promise.all(closed)
    }
    return undefined
  },
})

function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address)
}

/** @param origin of a web page; there is none where no browser is. */
function isFromHere(origin: string | undefined): boolean {
  if (origin === undefined) return true
  if (!URL.canParse(origin)) return false
  return isLoopback(new URL(origin).hostname.replace(/^\[(.*)\]$/, '$1'))
}

async function websocketServer(aedes: Aedes, { password }: Values): Promise<net.Server> {
  const { createServer } = await import('node:http')
  const { createWebSocketStream, WebSocketServer } = await import('ws')
  const server = createServer()
  // A browser lets every page connect to this machine, and says where the page is from [RFC 6455, 10.2].
  const verifyClient = ({ origin }: { readonly origin?: string }) => password !== undefined || isFromHere(origin)
  const websockets = new WebSocketServer({ server, verifyClient })
  // It repeats the errors of `server`, which `listen` reports.
  websockets.on('error', () => {})
  websockets.on('connection', (websocket, request) => aedes.handle(createWebSocketStream(websocket), request))
  return server
}

async function listen(
  server: net.Server,
  port: number,
  values: Values,
  io: Io,
  scheme: string,
  sockets: Set<net.Socket>,
): Promise<net.Server> {
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  try {
    server.listen(port, values.address)
    await once(server, 'listening')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'EADDRINUSE' ? 'the port is in use; -p 0 picks a free one' : message
    throw new LocalError(`cannot listen on ${values.address} port ${port}: ${reason}`, { cause: error })
  }
  const address = server.address() as net.AddressInfo
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  await writeOutput(io.stdout, `${scheme}://${host}:${address.port}\n`)
  return server
}

function authenticate(aedes: Aedes, values: Values): void {
  const { username: expected, password: secret } = values
  if (expected === undefined || secret === undefined) return
  aedes.authenticate = (_client, given, sent, done) => {
    if (given === expected && sent !== undefined && Buffer.compare(sent, secret) === 0) return done(null, true)
    done(Object.assign(new Error('bad user name or password'), { returnCode: 4 }), false)
  }
}

function showClients(aedes: Aedes, io: Io): void {
  const say = (text: string) => io.stderr.write(`${safeText(text)}\n`)
  aedes.on('clientReady', (client: Client) => say(`${client.id} connected`))
  aedes.on('clientDisconnect', (client: Client) => say(`${client.id} left`))
  aedes.on('connectionError', (client: Client, error: Error) =>
    say(`${client.id ?? 'a client'} refused: ${error.message}`),
  )
}
