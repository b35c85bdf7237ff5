import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import { atEndOfTest } from './clean-up.ts'
import { Collected } from './collected.ts'

export interface TlsTerminator {
  readonly port: number
  /** How many connections have come, whatever became of them. */
  readonly connections: () => number
  /** What clients have sent through TLS, once every connection is closed. */
  decrypted(): Promise<string>
}

/** A TLS peer of 127.0.0.1 that hands what it has decrypted on to a port of the same address. */
export async function startTlsTerminator(options: tls.TlsOptions, target: number): Promise<TlsTerminator> {
  const decrypted = new Collected()
  const sockets = new Set<net.Socket>()
  const server = tls.createServer(options, (client) => {
    const broker = net.connect(target, '127.0.0.1')
    sockets.add(broker)
    // Not by `pipe`, which leaves unread what comes when the broker has gone, and with it the end.
    client.on('data', (chunk) => {
      decrypted.append(chunk)
      if (broker.writable) broker.write(chunk)
    })
    client.on('error', () => client.destroy())
    client.on('close', () => broker.destroy())
    broker.on('error', () => {})
    broker.on('close', () => client.end())
    broker.pipe(client)
  })
  const closed: Promise<unknown>[] = []
  server.on('connection', (socket) => {
    closed.push(new Promise((resolve) => socket.once('close', resolve)))
    sockets.add(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEndOfTest(async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
    await once(server, 'close')
  })
  return {
    port: (server.address() as net.AddressInfo).port,
    connections: () => closed.length,
    decrypted: async () => {
      await Promise.all(closed)
      return decrypted.text
    },
  }
}
