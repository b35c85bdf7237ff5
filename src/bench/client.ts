import type { IConnackPacket, ISubackPacket } from 'mqtt-packet'
import type { ClientOptions } from '../mqtt/client-options.ts'
import { encodeConnect, encodeLeave, encodeSubscribe, parseControl } from '../mqtt/control-packets.ts'
import { MalformedPacketError } from '../mqtt/malformed.ts'
import type { Message } from '../mqtt/message.ts'
import { acknowledgedId, decodePublish, PacketType, TopicAliases } from '../mqtt/packets.ts'
import { propertyValue } from '../mqtt/property-table.ts'
import { reasonName } from '../mqtt/reason-codes.ts'
import type { Context } from './context.ts'
import { Incoming } from './incoming.ts'
import { KeepAlive } from './keep-alive.ts'
import { Link, type LinkOwner } from './link.ts'

/** What a client does besides being connected. */
export interface Work {
  /** To subscribe to before the client counts as ready. */
  readonly filter?: string
  /** SUBACK has come. */
  subscribed?(isGranted: boolean): void
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

/** How a client that leaves does so: by DISCONNECT, or by cutting the connection. */
export type Kill = 'soft' | 'hard'

/** How a connection, or the attempt at one, has ended. */
export type Ending = 'left' | 'lost' | 'failed'

/** Who is told what becomes of a client; each once for each time that it connects. */
export interface Watcher {
  /** It is ready, or has failed. */
  settled(): void
  over(ending: Ending, reason: string): void
}

type State = 'new' | 'opening' | 'connect sent' | 'subscribe sent' | 'ready' | 'leaving' | 'over'

/** Topic aliases where the client allows none; undefined before MQTT 5 is none of these. */
const NO_ALIASES = new TopicAliases(0)

const SUBSCRIBE_ID = 1

/** How long the broker may take to close the connection of a client that leaves. */
const LEAVE_US = 2_000_000

/**
 * A client without MQTT.js, timers or promises of its own: some thousands of them fit into a process. It may connect
 * again once it is over; what becomes of it goes to the meter.
 */
export class Client implements LinkOwner {
  /** The broker has granted the filter. */
  hasSubscription = false
  /** The broker has let it in at least once: there may be a session. */
  wasConnected = false
  readonly #context: Context
  readonly #options: ClientOptions
  readonly #work: Work
  readonly #watcher: Watcher
  #state: State = 'new'
  #isSettled = false
  /** When the step that is under way began. */
  #sinceUs = 0
  #link: Link | undefined
  #incoming: Incoming | undefined
  #aliases: TopicAliases | undefined

  /** @param options of this client alone. */
  constructor(context: Context, options: ClientOptions, work: Work, watcher: Watcher) {
    this.#context = context
    this.#options = options
    this.#work = work
    this.#watcher = watcher
  }

  /** CONNACK has come and nothing has ended the connection. */
  get isConnected(): boolean {
    return this.#state === 'ready' || this.#state === 'subscribe sent'
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  /** It is neither connected nor about to be. */
  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** Bytes that the socket holds since the operating system does not take them. */
  get backlog(): number {
    return this.#link?.backlog ?? 0
  }

  /** To be called when it is new or over. */
  connect(): void {
    this.#state = 'opening'
    this.#isSettled = false
    this.#sinceUs = this.#context.clock.us()
    if (this.#options.protocolVersion === 5) {
      const maximum = propertyValue(this.#options.properties.connect, 'topic-alias-maximum') ?? 0
      this.#aliases = maximum === 0 ? NO_ALIASES : new TopicAliases(maximum)
    }
    this.#link = new Link(this.#context, this.#options, this)
  }

  stepped(step: 'tcp' | 'tls'): void {
    this.#record(step)
  }

  opened(): void {
    this.#state = 'connect sent'
    this.#sinceUs = this.#context.clock.us()
    this.#link!.write(encodeConnect(this.#options))
  }

  ready(nowUs: number): void {
    if (this.#state === 'ready') this.#work.ready?.(nowUs)
  }

  broken(reason: string | undefined): void {
    this.end(reason ?? (this.isConnected ? 'the broker closed the connection' : 'it was closed before CONNACK'))
  }

  /** Sends what the outbox has, as one write. */
  send(): void {
    if (this.#link === undefined) this.#context.outbox.discard()
    else this.#link.send()
  }

  /** To be called when CONNACK has come. */
  subscribe(filter: string): void {
    this.#state = 'subscribe sent'
    this.#sinceUs = this.#context.clock.us()
    this.#link!.write(encodeSubscribe(this.#options, SUBSCRIBE_ID, filter, this.#context.plan.subscribe!.options))
  }

  /** Does what time asks for; to be called about every second. */
  sweep(nowUs: number): void {
    if (this.#state === 'opening' || this.#state === 'connect sent' || this.#state === 'subscribe sent') {
      const limitMs = this.#options.connectTimeoutMs
      if (nowUs - this.#sinceUs < limitMs * 1000) return
      const missing = { opening: 'no answer', 'connect sent': 'no CONNACK', 'subscribe sent': 'no SUBACK' }[this.#state]
      this.end(`${missing} within ${limitMs / 1000} s (--connect-timeout)`)
    } else if (this.#state === 'ready') {
      const asked = this.#link!.keepAlive.asks(nowUs)
      // Who does not read sees no answer.
      if (asked === 'lost' && !this.#link!.isPaused) this.end('no answer for one and a half times the keep alive (-k)')
      else if (asked === 'ping') this.#link!.write(KeepAlive.PINGREQ)
    } else if (this.#state === 'leaving' && nowUs - this.#sinceUs > LEAVE_US) this.end('it was to leave')
  }

  /**
   * Leaves as planned: sends DISCONNECT behind all that was written and closes when the operating system has taken it,
   * or cuts the connection at once.
   */
  leave(how: Kill = 'soft'): void {
    if (!this.isConnected) return
    this.#context.meter.counts.left++
    if (how === 'soft') this.#link!.write(encodeLeave(this.#options))
    this.#state = 'leaving'
    this.#sinceUs = this.#context.clock.us()
    if (how === 'soft') this.#link!.end()
    else {
      this.#link!.reset()
      this.end('it was to leave')
    }
  }

  /** Takes nothing more of what the broker sends until `resume`. */
  pause(): void {
    this.#link?.pause()
  }

  resume(): void {
    this.#link?.resume()
  }

  endUnlessReady(reason: string): void {
    if (this.#state !== 'ready' && this.#state !== 'leaving') this.end(reason)
  }

  /** Closes at once. The reason counts, unless the client was leaving. */
  end(reason: string): void {
    if (this.#state === 'over') return
    const ending = this.isConnected ? 'lost' : this.#state === 'leaving' ? 'left' : 'failed'
    if (ending !== 'left') this.#context.meter[ending].add(reason)
    this.#state = 'over'
    this.#link?.close()
    this.#link = undefined
    this.#work.ended?.()
    this.#settle()
    this.#watcher.over(ending, reason)
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

  packet(bytes: Buffer, packetStart: number, start: number, end: number, rest: readonly Buffer[]): void {
    const firstByte = bytes[packetStart]!
    const type = firstByte >> 4
    if (type === PacketType.PUBLISH) this.#publish(decodePublish(firstByte, bytes, start, end, this.#aliases, rest))
    else if (type > PacketType.PUBLISH && type <= PacketType.PUBCOMP)
      this.#acknowledge(firstByte, whole(bytes, rest), start, end)
    else if (type !== PacketType.PINGRESP) this.#control(whole(bytes, rest).subarray(packetStart, end))
  }

  #publish(message: Message): void {
    this.#expectConnected()
    this.#incoming ??= new Incoming(this.#context.outbox)
    const isNew = this.#incoming.publish(message.qos, message.packetId)
    if (isNew) this.#work.received?.(message, this.#link!.nowUs)
  }

  #acknowledge(firstByte: number, bytes: Buffer, start: number, end: number): void {
    this.#expectConnected()
    const packetId = acknowledgedId(firstByte, bytes, start, end)
    const type = firstByte >> 4
    const reasonCode = end - start > 2 && this.#aliases !== undefined ? bytes[start + 2]! : 0
    if (type === PacketType.PUBREL) {
      this.#incoming ??= new Incoming(this.#context.outbox)
      this.#incoming.pubrel(packetId)
    } else this.#work.answered?.(type, packetId, reasonCode, this.#link!.nowUs)
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

  #accept({ returnCode, reasonCode, sessionPresent, properties = {} }: IConnackPacket): void {
    const { meter } = this.#context
    const code = returnCode ?? reasonCode
    if (code === undefined) throw new MalformedPacketError('CONNACK without a code')
    if (code > 0) {
      this.end(reasonName(code))
      return
    }
    this.#record('connack')
    meter.counts.connected++
    this.wasConnected = true
    if (this.#hasLostSession(sessionPresent)) meter.counts.sessionsLost++
    meter.noteLimits(properties)
    const { receiveMaximum = 0xffff, serverKeepAlive } = properties
    if (serverKeepAlive !== undefined) this.#link!.keepAlive.seconds = serverKeepAlive
    if (!sessionPresent) this.#incoming = undefined
    this.#work.connected?.({ receiveMaximum })
    const { filter } = this.#work
    if (filter === undefined || (sessionPresent && this.hasSubscription)) {
      this.#state = 'ready'
      this.#settle()
    } else this.subscribe(filter)
  }

  /** It came back to a session that the broker should have kept. MQTT 3.1 doesn't tell. */
  #hasLostSession(sessionPresent: boolean): boolean {
    const { cleanStart, protocolVersion } = this.#options
    return this.hasSubscription && !sessionPresent && !cleanStart && protocolVersion > 3
  }

  #granted(codes: ISubackPacket['granted'] | undefined): void {
    if (codes?.length !== 1) throw new MalformedPacketError(`SUBACK with ${codes?.length ?? 0} codes for one filter`)
    const code = Number(codes[0])
    this.#record('suback')
    this.hasSubscription = code <= 2
    if (!this.hasSubscription) this.#context.meter.subscriptionsRefused.add(reasonName(code))
    this.#state = 'ready'
    this.#work.subscribed?.(this.hasSubscription)
    this.#settle()
  }
}

function whole(bytes: Buffer, rest: readonly Buffer[]): Buffer {
  return rest.length === 0 ? bytes : Buffer.concat([bytes, ...rest])
}
