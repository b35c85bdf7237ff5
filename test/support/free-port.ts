import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** The system may hand out the same again, before whoever asked has made use of it. */
const given = new Set<number>()

/** A TCP port of 127.0.0.1 that nothing listens on: for programs that can't choose one themselves, and for refusals. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  if (given.has(port)) return await freePort()
  given.add(port)
  return port
}
