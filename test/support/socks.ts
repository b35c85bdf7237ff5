import { once } from 'node:events'
import net from 'node:net'
import { atEndOfTest } from './clean-up.ts'

export interface SocksProxy {
  readonly port: number
  /** The names and ports that it was asked to connect to. */
  readonly asked: readonly string[]
  stop(): Promise<void>
}

/** A SOCKS proxy [RFC 1928] that lets everybody in and connects to one port of 127.0.0.1, whatever it is asked for. */
export async function startSocks(target: number): Promise<SocksProxy> {
  const asked: string[] = []
  const server = net.createServer((client) => {
    client.on('error', () => client.destroy())
    // Version 5, no authentication; then success, at an address that nobody looks at.
    client.once('data', () => {
      client.write(Buffer.of(5, 0))
      client.once('data', (request) => {
        const length = request[4]!
        asked.push(`${request.toString('latin1', 5, 5 + length)}:${request.readUInt16BE(5 + length)}`)
        const broker = net.connect(target, '127.0.0.1', () => {
          client.write(Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0))
          client.pipe(broker).pipe(client)
        })
        broker.on('error', () => client.destroy())
        client.on('close', () => broker.destroy())
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async () => {
    server.close()
  }
  atEndOfTest(stop)
  return { port: (server.address() as net.AddressInfo).port, asked, stop }
}
