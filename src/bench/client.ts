import type { Duplex } from 'node:stream'
import type { IConnackPacket, ISubackPacket } from 'mqtt-packet'
import type { ClientOptions } from '../mqtt/client-options.ts'
import { encodeConnect, encodeLeave, encodeSubscribe, parseControl } from '../mqtt/control-packets.ts'
import { MalformedPacketError } from '../mqtt/malformed.ts'
import type { Message } from '../mqtt/message.ts'
import { decodePublish, PacketType, TopicAliases } from '../mqtt/packets.ts'
import { propertyValue } from '../mqtt/property-table.ts'
import { reasonName } from '../mqtt/reason-codes.ts'
import { PacketSplitter } from '../mqtt/splitter.ts'
import { addressOf, openTransport, type StepObserver } from '../mqtt/transport.ts'
import type { Context } from './context.ts'
import { Incoming } from './incoming.ts'
import { KeepAlive } from './keep-alive.ts'

/** What a client does besides being connected. */
export interface Work {
  /** To subscribe to before the client counts as ready. */
  readonly filter?: string
  /** CONNACK has come, with what the broker allows. */
  connected?(limits: { readonly receiveMaximum: number }): void
  /** A message has come, at this time, and was not delivered before. */
  received?(message: Message, nowUs: number): void
  /** PUBACK, PUBREC or PUBCOMP. */
  answered?(type: number, packetId: number, reasonCode: number, nowUs: number): void
  /** All of a chunk was handed over, or the socket takes more. */
  ready?(nowUs: number): void
  /** The connection is no more. */
  ended?(): void
}

/** Who is told what becomes of a client; each once. */
export interface Watcher {
  /** It is ready, or has failed. */
  settled(): void
  over(): void
}

type State = 'new' | 'opening' | 'connect sent' | 'subscribe sent' | 'ready' | 'leaving' | 'over'

/** Topic aliases where the client allows none; undefined before MQTT 5 is none of these. */
const NO_ALIASES = new TopicAliases(0)

const SUBSCRIBE_ID = 1

/**
 * A client without MQTT.js, timers or promises of its own: some thousands of them fit into a process. It connects
 * once; what becomes of it goes to the meter.
 */
export class Client implements StepObserver {
  /** The broker has granted the filter. */
  hasSubscription = false
  readonly #context: Context
  readonly #options: ClientOptions
  readonly #work: Work
  readonly #watcher: Watcher
  readonly #keepAlive: KeepAlive
  #state: State = 'new'
  #isSettled = false
  /** When the step that is under way began. */
  #sinceUs = 0
  /** When the present chunk came. */
  #nowUs = 0
  #opening: AbortController | undefined
  #socket: Duplex | undefined
  #splitter: PacketSplitter | undefined
  #incoming: Incoming | undefined
  #aliases: TopicAliases | undefined

  /** @param options of this client alone. */
  constructor(context: Context, options: ClientOptions, work: Work, watcher: Watcher) {
    this.#context = context
    this.#options = options
    this.#work = work
    this.#watcher = watcher
    this.#keepAlive = new KeepAlive(options.keepAlive)
  }

  /** CONNACK has come and nothing has ended the connection. */
  get isConnected(): boolean {
    return this.#state === 'ready' || this.#state === 'subscribe sent'
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  /** It is neither connected nor will be. */
  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** Bytes that the socket holds since the operating system does not take them. */
  get backlog(): number {
    return this.#socket?.writableLength ?? 0
  }

  connect(): void {
    this.#state = 'opening'
    this.#sinceUs = this.#context.clock.us()
    this.#opening = new AbortController()
    openTransport(this.#options.server, this.#opening.signal, { observer: this }).then(
      (socket) => this.#opened(socket),
      (error: Error) => this.end(withoutAddress(error.message, addressOf(this.#options.server))),
    )
  }

  resolved(): void {}

  connected(): void {
    this.#record('tcp')
  }

  secured(): void {
    this.#record('tls')
  }

  upgraded(): void {}

  /** Sends what the outbox has, as one write. */
  send(): void {
    const { outbox, meter } = this.#context
    const socket = this.#socket
    if (socket === undefined || socket.destroyed || socket.writableEnded) {
      outbox.discard()
      return
    }
    const size = outbox.send(socket)
    if (size === 0) return
    meter.passed.bytesSent += size
    this.#keepAlive.sent(this.#context.clock.us())
  }

  /** Does what time asks for; to be called about every second. */
  sweep(nowUs: number): void {
    if (this.#state === 'opening' || this.#state === 'connect sent' || this.#state === 'subscribe sent') {
      const limitMs = this.#options.connectTimeoutMs
      if (nowUs - this.#sinceUs < limitMs * 1000) return
      const missing = { opening: 'no answer', 'connect sent': 'no CONNACK', 'subscribe sent': 'no SUBACK' }[this.#state]
      this.end(`${missing} within ${limitMs / 1000} s (--connect-timeout)`)
    } else if (this.#state === 'ready') {
      const asked = this.#keepAlive.asks(nowUs)
      if (asked === 'lost') this.end('no answer for one and a half times the keep alive (-k)')
      else if (asked === 'ping') this.#write(KeepAlive.PINGREQ)
    }
  }

  /** Sends DISCONNECT behind all that was written, and closes when the operating system has taken it. */
  leave(): void {
    if (!this.isConnected) return
    this.#write(encodeLeave(this.#options))
    this.#state = 'leaving'
    this.#socket?.end()
  }

  endUnlessReady(reason: string): void {
    if (this.#state !== 'ready' && this.#state !== 'leaving') this.end(reason)
  }

  /** Closes at once. The reason counts, unless the client was leaving. */
  end(reason: string): void {
    if (this.#state === 'over') return
    const { meter } = this.#context
    if (this.isConnected) meter.lost.add(reason)
    else if (this.#state !== 'leaving') meter.failed.add(reason)
    this.#state = 'over'
    this.#opening?.abort()
    this.#opening = undefined
    this.#socket?.destroy()
    this.#splitter = undefined
    this.#work.ended?.()
    this.#settle()
    this.#watcher.over()
  }

  #settle(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#watcher.settled()
  }

  /** Records how long a step took; the next one begins. */
  #record(step: 'tcp' | 'tls' | 'connack' | 'suback'): void {
    const now = this.#context.clock.us()
    this.#context.meter[step].record(now - this.#sinceUs)
    this.#sinceUs = now
  }

  #opened(socket: Duplex): void {
    this.#opening = undefined
    if (this.#state === 'over') {
      socket.destroy()
      return
    }
    this.#socket = socket
    this.#splitter = new PacketSplitter(
      (bytes, packetStart, start, end, rest) => this.#dispatch(bytes, packetStart, start, end, rest),
      this.#options.maxPacketSize,
    )
    if (this.#options.protocolVersion === 5) {
      const maximum = propertyValue(this.#options.properties.connect, 'topic-alias-maximum') ?? 0
      this.#aliases = maximum === 0 ? NO_ALIASES : new TopicAliases(maximum)
    }
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.end(`the connection broke: ${error.code ?? error.message}`),
    )
    socket.on('end', () => socket.end())
    socket.on('close', () =>
      this.end(this.isConnected ? 'the broker closed the connection' : 'it was closed before CONNACK'),
    )
    if (this.#work.ready !== undefined) socket.on('drain', () => this.#work.ready?.(this.#context.clock.us()))
    this.#state = 'connect sent'
    this.#sinceUs = this.#context.clock.us()
    this.#write(encodeConnect(this.#options))
  }

  #write(packet: Buffer): void {
    if (this.#socket === undefined || this.#socket.destroyed || this.#socket.writableEnded) return
    this.#context.meter.passed.bytesSent += packet.length
    this.#keepAlive.sent(this.#context.clock.us())
    this.#socket.write(packet)
  }

  #receive(chunk: Buffer): void {
    this.#nowUs = this.#context.clock.us()
    this.#context.meter.passed.bytesReceived += chunk.length
    this.#keepAlive.received()
    try {
      this.#splitter?.push(chunk)
    } catch (error) {
      if (!(error instanceof MalformedPacketError)) throw error
      this.#context.outbox.discard()
      this.end(`the broker sent ${error.message}`)
      return
    }
    this.send()
    if (this.#state === 'ready') this.#work.ready?.(this.#nowUs)
  }

  #dispatch(bytes: Buffer, packetStart: number, start: number, end: number, rest: readonly Buffer[]): boolean {
    const firstByte = bytes[packetStart]!
    const type = firstByte >> 4
    if (type === PacketType.PUBLISH) this.#publish(decodePublish(firstByte, bytes, start, end, this.#aliases, rest))
    else if (type > PacketType.PUBLISH && type <= PacketType.PUBCOMP)
      this.#acknowledge(type, whole(bytes, rest), start, end)
    else if (type !== PacketType.PINGRESP) this.#control(whole(bytes, rest).subarray(packetStart, end))
    return this.#state !== 'over'
  }

  #publish(message: Message): void {
    this.#expectConnected()
    this.#incoming ??= new Incoming(this.#context.outbox)
    const isNew = this.#incoming.publish(message.qos, message.packetId)
    if (isNew) this.#work.received?.(message, this.#nowUs)
  }

  #acknowledge(type: number, bytes: Buffer, start: number, end: number): void {
    this.#expectConnected()
    if (end - start < 2) throw new MalformedPacketError('an acknowledgement without packet identifier')
    const packetId = (bytes[start]! << 8) | bytes[start + 1]!
    if (packetId === 0) throw new MalformedPacketError('an acknowledgement with packet identifier 0')
    const reasonCode = end - start > 2 && this.#aliases !== undefined ? bytes[start + 2]! : 0
    if (type === PacketType.PUBREL) {
      this.#incoming ??= new Incoming(this.#context.outbox)
      this.#incoming.pubrel(packetId)
    } else this.#work.answered?.(type, packetId, reasonCode, this.#nowUs)
  }

  #expectConnected(): void {
    if (this.#state === 'connect sent') throw new MalformedPacketError('a packet before CONNACK')
  }

  #control(bytes: Buffer): void {
    const packet = parseControl(bytes, this.#options.protocolVersion)
    if (packet.cmd === 'connack' && this.#state === 'connect sent') this.#accept(packet)
    else if (packet.cmd === 'suback' && this.#state === 'subscribe sent') this.#granted(packet.granted)
    else if (packet.cmd === 'disconnect' && this.#aliases !== undefined) this.end(reasonName(packet.reasonCode ?? 0))
    else throw new MalformedPacketError(`${packet.cmd.toUpperCase()} where it has no place`)
  }

  #accept({ returnCode, reasonCode, properties = {} }: IConnackPacket): void {
    const { meter, plan } = this.#context
    const code = returnCode ?? reasonCode
    if (code === undefined) throw new MalformedPacketError('CONNACK without a code')
    if (code > 0) {
      this.end(reasonName(code))
      return
    }
    this.#record('connack')
    meter.counts.connected++
    meter.noteLimits(properties)
    const { receiveMaximum = 0xffff, serverKeepAlive } = properties
    if (serverKeepAlive !== undefined) this.#keepAlive.seconds = serverKeepAlive
    this.#work.connected?.({ receiveMaximum })
    const { filter } = this.#work
    if (filter === undefined) {
      this.#state = 'ready'
      this.#settle()
    } else {
      this.#state = 'subscribe sent'
      this.#write(encodeSubscribe(this.#options, SUBSCRIBE_ID, filter, plan.subscribe!.options))
    }
  }

  #granted(codes: ISubackPacket['granted'] | undefined): void {
    if (codes?.length !== 1) throw new MalformedPacketError(`SUBACK with ${codes?.length ?? 0} codes for one filter`)
    const code = Number(codes[0])
    this.#record('suback')
    this.hasSubscription = code <= 2
    if (!this.hasSubscription) this.#context.meter.subscriptionsRefused.add(reasonName(code))
    this.#state = 'ready'
    this.#settle()
  }
}

function whole(bytes: Buffer, rest: readonly Buffer[]): Buffer {
  return rest.length === 0 ? bytes : Buffer.concat([bytes, ...rest])
}

/** The reason alone, so that equal ones of several brokers count together. */
function withoutAddress(message: string, address: string): string {
  const at = message.indexOf(`${address}: `)
  return at < 0 ? message.replaceAll(address, 'the broker') : message.slice(at + address.length + 2)
}
