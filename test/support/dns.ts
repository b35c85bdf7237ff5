import { createSocket } from 'node:dgram'
import type { SrvRecord } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { atEndOfTest } from './clean-up.ts'
import { uint16 } from './packets.ts'

export interface DnsServer {
  /** Asks only this server. */
  readonly resolver: Resolver
  /** The names asked for so far. */
  readonly asked: readonly string[]
}

/**
 * Answers queries for SRV records [RFC 1035, RFC 2782] on 127.0.0.1.
 *
 * @param records by name; for others there are none. 'silent' gives no answer at all.
 */
export async function startDns(records: Readonly<Record<string, readonly SrvRecord[]>> | 'silent'): Promise<DnsServer> {
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    const { name, question } = readQuestion(query)
    asked.push(name)
    if (records !== 'silent') socket.send(answer(query, question, records[name]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  atEndOfTest(() => socket.close())
  const resolver = new Resolver()
  resolver.setServers([`127.0.0.1:${socket.address().port}`])
  return { resolver, asked }
}

const HEADER_SIZE = 12

/** The name of the first question, and the bytes of all of it: name, type and class. */
function readQuestion(query: Buffer): { name: string; question: Buffer } {
  const labels: string[] = []
  let at = HEADER_SIZE
  for (let length = query[at++]!; length > 0; length = query[at++]!) {
    labels.push(query.toString('latin1', at, at + length))
    at += length
  }
  return { name: labels.join('.'), question: query.subarray(HEADER_SIZE, at + 4) }
}

function answer(query: Buffer, question: Buffer, records: readonly SrvRecord[] | undefined): Buffer {
  // A response to a recursive query; 3 is NXDOMAIN.
  const flags = 0x8180 | (records === undefined ? 3 : 0)
  const counts = [1, records?.length ?? 0, 0, 0].map(uint16)
  return Buffer.concat([query.subarray(0, 2), uint16(flags), ...counts, question, ...(records ?? []).map(resource)])
}

/** Named by a pointer to the question; of type SRV (33) and class IN (1). */
function resource({ priority, weight, port, name }: SrvRecord): Buffer {
  const labels = name.split('.').filter((label) => label !== '')
  const target = labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]))
  const data = Buffer.concat([uint16(priority), uint16(weight), uint16(port), ...target, Buffer.of(0)])
  const timeToLive = [uint16(0), uint16(60)]
  return Buffer.concat([uint16(0xc000 | HEADER_SIZE), uint16(33), uint16(1), ...timeToLive, uint16(data.length), data])
}
