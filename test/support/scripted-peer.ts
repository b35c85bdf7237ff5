import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { atEndOfTest } from './clean-up.ts'
import { firstPacket, type Packet, type PacketType, packet, publishPacket, uint16, withLength } from './packets.ts'
import { Queue } from './queue.ts'

export interface ScriptedBroker extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** The next connection, in the order they come in. */
  connection(): Promise<Peer>
  stop(): Promise<void>
}

/**
 * A broker that does nothing by itself: the test reads each packet and writes each answer.
 *
 * @param segmentSize bytes at most that go out together.
 */
export async function startScriptedBroker({ segmentSize = Number.POSITIVE_INFINITY } = {}): Promise<ScriptedBroker> {
  const connections = new Queue<Peer>()
  const peers: Peer[] = []
  const server = createServer((socket) => {
    const peer = new Peer(socket, segmentSize)
    peers.push(peer)
    connections.push(peer)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stop = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const peer of peers) peer.destroy()
    connections.end('the scripted broker was stopped')
    await closed
  }
  atEndOfTest(stop)
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    connection: () => connections.next('a connection'),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

export interface Connack {
  readonly sessionPresent?: boolean
  readonly reasonCode?: number
  /** Encoded, without their length; only for MQTT 5. */
  readonly properties?: Uint8Array | readonly number[]
}

/** The broker's end of one connection. */
export class Peer {
  readonly socket: Socket
  /** Resolves when the connection is closed, by whichever side. */
  readonly closed: Promise<void>
  /** Protocol level of the CONNECT: 3 (MQTT 3.1), 4 (3.1.1) or 5; 4 until that has come. */
  version = 4
  readonly #packets = new Queue<Packet>()
  readonly #segmentSize: number
  #rest: Buffer = Buffer.alloc(0)
  #sending = Promise.resolve()

  constructor(socket: Socket, segmentSize: number) {
    this.socket = socket
    this.#segmentSize = segmentSize
    let reason = 'the test closed the connection'
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('end', () => {
      reason = 'the client closed the connection'
    })
    socket.on('error', (error) => {
      reason = `the connection broke: ${error.message}`
    })
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#packets.end(reason)
        resolve()
      })
    })
  }

  /** The next packet, which has to be of this type if one is named. Rejects once the connection is closed. */
  async packet(type?: PacketType): Promise<Packet> {
    const packet = await this.#packets.next(type ?? 'a packet')
    if (type !== undefined && packet.type !== type) {
      throw new Error(`waited for ${type}, but the client sent ${packet.type} ${packet.bytes.toString('hex')}`)
    }
    return packet
  }

  send(bytes: Uint8Array | readonly number[]): void {
    const all = Buffer.from(bytes as Uint8Array)
    if (this.#segmentSize === Number.POSITIVE_INFINITY) this.socket.write(all)
    else this.#sending = this.#sending.then(() => this.#sendSegments(all))
  }

  /** What `say` sends goes out in one segment. */
  together(say: () => void): void {
    this.socket.cork()
    say()
    this.socket.uncork()
  }

  connack({ sessionPresent = false, reasonCode = 0, properties = [] }: Connack = {}): void {
    this.send(packet('CONNACK', 0, [Number(sessionPresent), reasonCode], this.#properties(properties)))
  }

  /** Grants, or with 128 and above refuses, each filter of the SUBSCRIBE. */
  suback(packetId: number, reasonCodes: readonly number[], properties: readonly number[] = []): void {
    this.send(packet('SUBACK', 0, uint16(packetId), this.#properties(properties), reasonCodes))
  }

  /** PUBLISH in the client's version of the protocol. */
  publish(publish: Parameters<typeof publishPacket>[0]): void {
    const properties = this.version === 5 ? (publish.properties ?? new Uint8Array()) : undefined
    this.send(publishPacket({ ...publish, properties }))
  }

  /** Reads the CONNECT and answers it. */
  async accept(connack?: Connack): Promise<Packet> {
    const connect = await this.packet('CONNECT')
    this.connack(connack)
    return connect
  }

  /** Reads a SUBSCRIBE and answers it; one reason code per filter. */
  async acceptSubscribe(...reasonCodes: readonly number[]): Promise<Packet> {
    const subscribe = await this.packet('SUBSCRIBE')
    this.suback(subscribe.body.readUInt16BE(0), reasonCodes)
    return subscribe
  }

  /** Reads an UNSUBSCRIBE and answers it; one reason code per filter. */
  async acceptUnsubscribe(...reasonCodes: readonly number[]): Promise<Packet> {
    const unsubscribe = await this.packet('UNSUBSCRIBE')
    const codes = this.version === 5 ? reasonCodes : []
    this.send(packet('UNSUBACK', 0, unsubscribe.body.subarray(0, 2), this.#properties([]), codes))
    return unsubscribe
  }

  /** Closes the connection after what was sent. */
  end(): void {
    this.socket.end()
  }

  /** Cuts the connection. */
  destroy(): void {
    this.socket.destroy()
  }

  #properties(properties: Uint8Array | readonly number[]): Uint8Array | readonly number[] {
    return this.version === 5 ? withLength(properties) : []
  }

  async #sendSegments(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; at += this.#segmentSize) {
      this.socket.write(bytes.subarray(at, at + this.#segmentSize))
      // By then, a client in this process has read it.
      await setImmediate()
    }
  }

  #receive(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    for (let next = firstPacket(this.#rest); next !== undefined; next = firstPacket(this.#rest)) {
      this.#rest = this.#rest.subarray(next.bytes.length)
      if (next.type === 'CONNECT') this.version = next.body[2 + next.body.readUInt16BE(0)]! & 0x7f
      this.#packets.push(next)
    }
  }
}
