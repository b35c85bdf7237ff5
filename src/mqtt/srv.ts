import type { SrvRecord } from 'node:dns'
import type { Resolver } from 'node:dns/promises'
import { UnreachableError } from '../errors.ts'
import type { Server } from './transport.ts'

/**
 * Puts host and port of the server's SRV record in their place. With TLS, the certificate has to be for that host,
 * as mosquitto's clients have it, unless the options name another.
 *
 * @throws UnreachableError that names the record, or whatever the signal was aborted with.
 */
export async function locate(server: Server, resolver: Resolver, signal: AbortSignal): Promise<Server> {
  const name = `${server.tls === undefined ? '_mqtt' : '_secure-mqtt'}._tcp.${server.host}`
  const record = chooseRecord(await lookUp(name, resolver, signal))
  // A single dot says that there is no such service [RFC 2782].
  if (record === undefined || record.name === '') throw new UnreachableError(`DNS has no SRV record ${name} (-S)`)
  const { srv: _, ...rest } = server
  const tls = server.tls === undefined ? {} : { tls: { servername: record.name, ...server.tls } }
  return { ...rest, host: record.name, port: record.port, ...tls }
}

async function lookUp(name: string, resolver: Resolver, signal: AbortSignal): Promise<readonly SrvRecord[]> {
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel)
  try {
    signal.throwIfAborted()
    return await resolver.resolveSrv(name)
  } catch (error) {
    signal.throwIfAborted()
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOTFOUND' || code === 'ENODATA') return []
    throw new UnreachableError(`cannot look up the SRV record ${name} (-S): ${message}`, { cause: error })
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/**
 * One of those with the lowest priority, by chance and in proportion to their weights [RFC 2782].
 *
 * @param random from 0 to below 1.
 */
export function chooseRecord(records: readonly SrvRecord[], random = Math.random()): SrvRecord | undefined {
  const lowest = Math.min(...records.map(({ priority }) => priority))
  const candidates = records.filter(({ priority }) => priority === lowest).sort((a, b) => a.weight - b.weight)
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0)
  let left = Math.floor(random * (total + 1))
  return candidates.find(({ weight }) => {
    left -= weight
    return left <= 0
  })
}
