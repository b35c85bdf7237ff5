import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { ServerTls } from './certificates.ts'
import { type Ports, type Urls, urlsOf } from './urls.ts'

export interface ListenerSettings {
  /** Adds the listener `ws`. */
  readonly websocket?: boolean
  /** Adds the listeners `tls` and, with `websocket`, `wss`. */
  readonly tls?: ServerTls
}

/** The listeners of a broker in this process. */
export interface Listeners {
  /** Ports of 127.0.0.1; 0 for a listener that wasn't asked for. */
  readonly ports: Ports
  readonly urls: Urls
  /** The open connections, whatever they carry. */
  readonly sockets: ReadonlySet<Socket>
  close(): Promise<void>
}

/** @param handle gets the stream of MQTT packets of each connection. */
export async function listen(
  { tls, websocket }: ListenerSettings,
  handle: (stream: Duplex, request?: IncomingMessage) => void,
): Promise<Listeners> {
  const sockets = new Set<Socket>()
  const servers: Server[] = []
  const start = async (server: Server): Promise<number> => {
    servers.push(server)
    server.on('connection', (socket) => {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.once('close', () => sockets.delete(socket))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return (server.address() as AddressInfo).port
  }
  const startWeb = async (server: HttpServer): Promise<number> => {
    new WebSocketServer({ server }).on('connection', (socket, request) => {
      const stream = createWebSocketStream(socket)
      stream.on('error', () => {})
      // The stream of ws 8.23 does not notice when the client cuts the connection.
      socket.once('close', () => stream.destroy())
      handle(stream, request)
    })
    return start(server)
  }
  const ports = {
    tcp: await start(createServer((socket) => handle(socket))),
    tls: tls ? await start(createTlsServer(tlsOptions(tls), (socket) => handle(socket))) : 0,
    ws: websocket ? await startWeb(createHttpServer()) : 0,
    wss: tls && websocket ? await startWeb(createHttpsServer(tlsOptions(tls))) : 0,
  }
  return {
    ports,
    urls: urlsOf(ports),
    sockets,
    close: async () => {
      const closed = servers.splice(0).map((server) => once(server.close(), 'close'))
      for (const socket of sockets) socket.destroy()
      await Promise.all(closed)
    },
  }
}

function tlsOptions({ cafile, certfile, keyfile, requireClientCertificate = false }: ServerTls): TlsOptions {
  return {
    ca: readFileSync(cafile),
    cert: readFileSync(certfile),
    key: readFileSync(keyfile),
    requestCert: requireClientCertificate,
    rejectUnauthorized: requireClientCertificate,
  }
}
