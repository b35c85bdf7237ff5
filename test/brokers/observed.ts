import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { atEndOfTest } from '../support/clean-up.ts'
import { Collected } from '../support/collected.ts'
import { firstPacket, type Packet, readPublish, readVarint } from '../support/packets.ts'
import { type KnownBroker, subscriptionLine } from './known-broker.ts'
import { run } from './scenarios.ts'

/**
 * The broker at `url`, which doesn't tell what its clients do, behind a peer that passes on every byte and looks. For
 * tests that share one broker: at the end of the test it makes the broker forget what its clients have left there.
 */
export async function observed(url: string): Promise<KnownBroker> {
  const { hostname, port: brokerPort } = new URL(url)
  const seen = new Seen()
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const broker = connect(Number(brokerPort), hostname)
    const conversation = new Conversation(seen)
    for (const [from, to, look] of [
      [client, broker, splitter((packet) => conversation.fromClient(packet))],
      [broker, client, splitter((packet) => conversation.fromBroker(packet))],
    ] as const) {
      sockets.add(from)
      from.setNoDelay(true)
      from.on('data', look)
      from.on('error', () => to.destroy())
      from.on('close', () => sockets.delete(from))
      from.pipe(to)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  atEndOfTest(async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
    for (const topic of seen.retained) await run(['pub', '-L', url, '-t', topic, '-r', '-q', '1', '-n'])
    // A clean session ends the one before it.
    for (const clientId of seen.sessions) await run(['pub', '-L', url, '-i', clientId, '-t', 'end', '-n'])
  })
  return {
    port,
    url: url.replace(`:${brokerPort}`, `:${port}`),
    subscribed: (filter, clientId) => seen.log.waitFor(subscriptionLine(filter, clientId)),
    connected: (clientId) => seen.log.waitFor(`connected ${clientId}\n`),
  }
}

/** What all clients of a broker have done. */
class Seen {
  readonly log = new Collected()
  /** Topics with a retained message. */
  readonly retained = new Set<string>()
  /** Client identifiers with a persistent session. */
  readonly sessions = new Set<string>()

  write(line: string): void {
    this.log.append(Buffer.from(`${line}\n`))
  }
}

/** What one client and the broker say to each other. */
class Conversation {
  readonly #seen: Seen
  readonly #filters = new Map<number, readonly string[]>()
  #version = 4
  #clientId = '-'

  constructor(seen: Seen) {
    this.#seen = seen
  }

  fromClient(packet: Packet): void {
    if (packet.type === 'CONNECT') this.#connect(packet)
    if (packet.type === 'SUBSCRIBE') {
      const { body } = packet
      const filters: string[] = []
      for (let at = this.#afterProperties(body, 2); at < body.length; ) {
        const end = at + 2 + body.readUInt16BE(at)
        filters.push(body.toString('utf8', at + 2, end))
        at = end + 1
      }
      this.#filters.set(body.readUInt16BE(0), filters)
    }
    if (packet.type === 'PUBLISH' && packet.flags % 2 === 1) {
      const { topic, payload } = readPublish(packet, this.#version)
      if (payload.length > 0) this.#seen.retained.add(topic)
      else this.#seen.retained.delete(topic)
    }
  }

  fromBroker({ type, body }: Packet): void {
    if (type === 'CONNACK' && body[1] === 0) this.#seen.write(`connected ${this.#clientId}`)
    if (type !== 'SUBACK') return
    const granted = body.subarray(this.#afterProperties(body, 2))
    for (const [at, filter] of this.#filters.get(body.readUInt16BE(0))!.entries()) {
      this.#seen.write(`: ${this.#clientId} ${granted[at]} ${filter}`)
    }
  }

  /** [MQTT-3.1.2]: protocol name, level, flags, keep alive, properties, client identifier. */
  #connect({ body }: Packet): void {
    const afterName = 2 + body.readUInt16BE(0)
    this.#version = body[afterName]!
    const at = this.#afterProperties(body, afterName + 4)
    this.#clientId = body.toString('utf8', at + 2, at + 2 + body.readUInt16BE(at)) || '-'
    const clean = (body[afterName + 1]! & 2) !== 0
    if (clean) this.#seen.sessions.delete(this.#clientId)
    else this.#seen.sessions.add(this.#clientId)
  }

  #afterProperties(body: Buffer, at: number): number {
    if (this.#version !== 5) return at
    const length = readVarint(body, at)!
    return length.end + length.value
  }
}

/** Takes a stream in any pieces and hands out its packets. */
function splitter(take: (packet: Packet) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (let next = firstPacket(rest); next !== undefined; next = firstPacket(rest)) {
      rest = rest.subarray(next.bytes.length)
      take(next)
    }
  }
}
