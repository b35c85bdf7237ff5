import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ClientOptions } from '../mqtt/client-options.ts'
import { MalformedPacketError } from '../mqtt/malformed.ts'
import { PacketSplitter } from '../mqtt/splitter.ts'
import { addressOf, openTransport, type StepObserver } from '../mqtt/transport.ts'
import type { Context } from './context.ts'
import { KeepAlive } from './keep-alive.ts'

/** Who is told what becomes of a connection, until it closes it. */
export interface LinkOwner {
  stepped(step: 'tcp' | 'tls'): void
  /** The broker can be talked to. */
  opened(): void
  /** A whole packet has come, as PacketSplitter hands it over. */
  packet(bytes: Buffer, packetStart: number, start: number, end: number, rest: readonly Buffer[]): void
  /** All of a chunk was handed over, or the socket takes more. */
  ready(nowUs: number): void
  /** @param reason undefined when the broker has closed it. */
  broken(reason: string | undefined): void
}

/** One connection, from opening its socket to closing it; what passes goes to the meter. */
export class Link implements StepObserver {
  readonly keepAlive: KeepAlive
  /** When the present chunk came. */
  nowUs = 0
  isPaused = false
  readonly #context: Context
  readonly #owner: LinkOwner
  readonly #splitter: PacketSplitter
  #opening: AbortController | undefined
  #socket: Duplex | undefined
  #isClosed = false

  constructor(context: Context, options: ClientOptions, owner: LinkOwner) {
    this.#context = context
    this.#owner = owner
    this.keepAlive = new KeepAlive(options.keepAlive)
    this.#splitter = new PacketSplitter((bytes, packetStart, start, end, rest) => {
      owner.packet(bytes, packetStart, start, end, rest)
      return !this.#isClosed
    }, options.maxPacketSize)
    const opening = new AbortController()
    this.#opening = opening
    openTransport(options.server, opening.signal, { observer: this }).then(
      (socket) => this.#opened(socket),
      (error: Error) => this.#break(withoutAddress(error.message, addressOf(options.server))),
    )
  }

  /** Bytes that the socket holds since the operating system does not take them. */
  get backlog(): number {
    return this.#socket?.writableLength ?? 0
  }

  resolved(): void {}

  connected(): void {
    if (!this.#isClosed) this.#owner.stepped('tcp')
  }

  secured(): void {
    if (!this.#isClosed) this.#owner.stepped('tls')
  }

  upgraded(): void {}

  write(packet: Buffer): void {
    if (!this.#isWritable(this.#socket)) return
    this.#context.meter.passed.bytesSent += packet.length
    this.keepAlive.sent(this.#context.clock.us())
    this.#socket.write(packet)
  }

  /** Sends what the outbox has, as one write. */
  send(): void {
    const { outbox, meter, clock } = this.#context
    if (!this.#isWritable(this.#socket)) {
      outbox.discard()
      return
    }
    const size = outbox.send(this.#socket)
    if (size === 0) return
    meter.passed.bytesSent += size
    this.keepAlive.sent(clock.us())
  }

  /** Takes nothing more from the operating system until `resume`. */
  pause(): void {
    this.isPaused = true
    this.#socket?.pause()
  }

  resume(): void {
    this.isPaused = false
    this.#socket?.resume()
  }

  /** Closes when the operating system has taken what was written; the owner is told when the broker has, too. */
  end(): void {
    this.#socket?.end()
  }

  /** Closes with a reset; where there is something between us and TCP, without a farewell. */
  reset(): void {
    if (this.#socket instanceof Socket && !('encrypted' in this.#socket)) this.#socket.resetAndDestroy()
    this.close()
  }

  /** Closes at once, and tells nothing any more. */
  close(): void {
    this.#isClosed = true
    this.#opening?.abort()
    this.#socket?.destroy()
  }

  #opened(socket: Duplex): void {
    this.#opening = undefined
    if (this.#isClosed) {
      socket.destroy()
      return
    }
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#break(`the connection broke: ${error.code ?? error.message}`),
    )
    socket.on('end', () => socket.end())
    socket.on('close', () => this.#break(undefined))
    socket.on('drain', () => this.#tellReady(this.#context.clock.us()))
    this.#owner.opened()
  }

  #receive(chunk: Buffer): void {
    this.nowUs = this.#context.clock.us()
    this.#context.meter.passed.bytesReceived += chunk.length
    this.keepAlive.received()
    try {
      this.#splitter.push(chunk)
    } catch (error) {
      if (!(error instanceof MalformedPacketError)) throw error
      this.#context.outbox.discard()
      this.#break(`the broker sent ${error.message}`)
      return
    }
    this.send()
    this.#tellReady(this.nowUs)
  }

  #tellReady(nowUs: number): void {
    if (!this.#isClosed) this.#owner.ready(nowUs)
  }

  #break(reason: string | undefined): void {
    if (!this.#isClosed) this.#owner.broken(reason)
  }

  #isWritable(socket: Duplex | undefined): socket is Duplex {
    return socket !== undefined && !socket.destroyed && !socket.writableEnded
  }
}

/** The reason alone, so that equal ones of several brokers count together. */
function withoutAddress(message: string, address: string): string {
  const at = message.indexOf(`${address}: `)
  return at < 0 ? message.replaceAll(address, 'the broker') : message.slice(at + address.length + 2)
}
