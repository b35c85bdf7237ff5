import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { Aedes, type AedesOptions } from 'aedes'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { ServerTls } from './certificates.ts'
import { atEndOfTest } from './clean-up.ts'

export interface AedesSettings extends Pick<AedesOptions, 'authorizePublish' | 'authorizeSubscribe'> {
  /** The only one who may connect. */
  readonly password?: { readonly username: string; readonly password: string }
  /** Adds the listener `ws`. */
  readonly websocket?: boolean
  /** Adds the listeners `tls` and, with `websocket`, `wss`. */
  readonly tls?: ServerTls
}

export interface AedesBroker extends AsyncDisposable {
  /** To publish from inside, to look at its clients, to wait for its events. */
  readonly broker: Aedes
  /** Ports of 127.0.0.1; 0 for a listener that wasn't asked for. */
  readonly ports: { readonly tcp: number; readonly tls: number; readonly ws: number; readonly wss: number }
  readonly urls: { readonly tcp: string; readonly tls: string; readonly ws: string; readonly wss: string }
  stop(): Promise<void>
}

/** Starts a broker in this process, for MQTT 3.1 and 3.1.1. */
export async function startAedes(settings: AedesSettings = {}): Promise<AedesBroker> {
  const { password, tls, websocket, ...authorize } = settings
  const broker = await Aedes.createBroker({ ...authorize, ...(password && { authenticate: onlyFor(password) }) })
  const sockets = new Set<Socket>()
  const servers: Server[] = []
  const listen = async (server: Server): Promise<number> => {
    servers.push(server)
    server.on('connection', (socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return (server.address() as AddressInfo).port
  }
  const listenWeb = async (server: HttpServer): Promise<number> => {
    new WebSocketServer({ server }).on('connection', (socket, request) => {
      const stream = createWebSocketStream(socket)
      stream.on('error', () => {})
      broker.handle(stream, request)
    })
    return listen(server)
  }
  const ports = {
    tcp: await listen(createServer(broker.handle)),
    tls: tls ? await listen(createTlsServer(tlsOptions(tls), broker.handle)) : 0,
    ws: websocket ? await listenWeb(createHttpServer()) : 0,
    wss: tls && websocket ? await listenWeb(createHttpsServer(tlsOptions(tls))) : 0,
  }
  const stop = async () => {
    const closed = servers.splice(0).map((server) => once(server.close(), 'close'))
    for (const socket of sockets) socket.destroy()
    await Promise.all(closed)
    await new Promise<void>((resolve) => broker.close(resolve))
  }
  atEndOfTest(stop)
  return {
    broker,
    ports,
    urls: {
      tcp: `mqtt://127.0.0.1:${ports.tcp}`,
      tls: `mqtts://localhost:${ports.tls}`,
      ws: `ws://127.0.0.1:${ports.ws}`,
      wss: `wss://localhost:${ports.wss}`,
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function onlyFor(allowed: { username: string; password: string }): NonNullable<AedesOptions['authenticate']> {
  return (_client, username, password, done) => {
    if (username === allowed.username && password?.toString() === allowed.password) return done(null, true)
    // [MQTT-3.2.2-6] return code 4, bad user name or password.
    done(Object.assign(new Error('bad user name or password'), { returnCode: 4 }), false)
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
