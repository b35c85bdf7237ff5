import type { Duplex } from 'node:stream'
import type { IClientOptions, MqttClient } from 'mqtt'
import mqttClient from 'mqtt/lib/client'
import { ConnectionLostError, ExitCode, HungUpError, RefusedError, TmqttError, UnreachableError } from '../errors.ts'
import type { ClientOptions } from './client-options.ts'
import { emptyStore } from './empty-store.ts'
import { Lane } from './lane.ts'
import { MalformedPacketError } from './malformed.ts'
import type { QoS } from './message.ts'
import type { PacketIds } from './packet-ids.ts'
import type { LogOutput, PacketLog } from './packet-log.ts'
import { LARGEST_REMAINING_LENGTH, TopicAliases } from './packets.ts'
import { type Property, propertyValue } from './property-table.ts'
import { adviceFor, isPassing, reasonName } from './reason-codes.ts'
import { addressOf, explain, openTransport } from './transport.ts'

/** What the broker allows on this connection [MQTT 5, 3.2.2.3]. */
export interface Limits {
  readonly receiveMaximum: number
  readonly maximumQoS: QoS
  readonly retainAvailable: boolean
  /** Bytes of a whole packet. */
  readonly maximumPacketSize: number
  readonly subscriptionIdentifiers: boolean
  readonly topicAliasMaximum: number
  readonly wildcardSubscriptions: boolean
  readonly sharedSubscriptions: boolean
  /** Seconds that the broker keeps the session, in place of what was asked for. */
  readonly sessionExpiryInterval: number | undefined
  /** Seconds, in place of what was asked for. */
  readonly serverKeepAlive: number | undefined
}

/** Subscription options [MQTT 5, 3.8.3.1]. */
export interface SubscribeOptions {
  readonly qos: QoS
  /** 0 send retained messages, 1 only for a new subscription, 2 never [MQTT 5, 3.8.3.1]; ignored before MQTT 5. */
  readonly retainHandling: 0 | 1 | 2
  /** Keep RETAIN as the publisher has set it; ignored before MQTT 5. */
  readonly retainAsPublished: boolean
  /** Don't send what this client has published itself; ignored before MQTT 5. */
  readonly noLocal?: boolean
}

/** With the first byte and the Remaining Length itself. */
const LARGEST_PACKET = LARGEST_REMAINING_LENGTH + 5

/** What a SUBACK or UNSUBACK says. */
export interface Granted {
  readonly codes: readonly number[]
  readonly reasonString: string | undefined
}

function grantedBy(packet: unknown): Granted {
  const { granted = [], properties } = (packet ?? {}) as {
    granted?: readonly number[]
    properties?: { reasonString?: string }
  }
  return { codes: granted, reasonString: properties?.reasonString }
}

/** How long an orderly end may take when nobody waits for a delivery. */
const QUICK_END_MS = 1000

/** One network connection with CONNACK: the lane, and MQTT.js as control plane. */
export class Connection {
  readonly lane: Lane
  readonly sessionPresent: boolean
  readonly limits: Limits
  /** The client identifier in use, also when the broker has assigned it. */
  readonly clientId: string
  /** Resolves when the connection has ended, with the reason. */
  readonly lost: Promise<TmqttError>
  readonly #client: MqttClient
  readonly #socket: Duplex
  readonly #isBare: boolean
  readonly #answerWithinMs: number

  constructor(handshake: Handshake, connack: Connack, answerWithinMs: number) {
    this.#answerWithinMs = answerWithinMs
    this.lane = handshake.lane
    this.lost = handshake.lost
    this.#client = handshake.client
    this.#socket = handshake.socket
    this.#isBare = handshake.isBare
    this.sessionPresent = connack.sessionPresent
    const properties = connack.properties ?? {}
    this.clientId = properties.assignedClientIdentifier ?? handshake.client.options.clientId ?? ''
    this.limits = {
      receiveMaximum: properties.receiveMaximum ?? 0xffff,
      maximumQoS: (properties.maximumQoS ?? 2) as QoS,
      retainAvailable: properties.retainAvailable ?? true,
      maximumPacketSize: properties.maximumPacketSize ?? LARGEST_PACKET,
      topicAliasMaximum: properties.topicAliasMaximum ?? 0,
      subscriptionIdentifiers:
        handshake.client.options.protocolVersion === 5 && (properties.subscriptionIdentifiersAvailable ?? true),
      wildcardSubscriptions: properties.wildcardSubscriptionAvailable ?? true,
      sharedSubscriptions: properties.sharedSubscriptionAvailable ?? true,
      sessionExpiryInterval: properties.sessionExpiryInterval,
      serverKeepAlive: properties.serverKeepAlive,
    }
  }

  /**
   * Sends one SUBSCRIBE and waits for its SUBACK.
   *
   * @param filters with the same options: MQTT.js keeps their order only then.
   * @param properties of the packet.
   * @returns the granted QoS or failure code for each filter, with what the broker says; undefined when the connection ended first.
   */
  async subscribe(
    filters: readonly string[],
    { qos, retainHandling, retainAsPublished, noLocal = false }: SubscribeOptions,
    properties: readonly Property[],
  ): Promise<Granted | undefined> {
    this.lane.setProperties({ subscribe: properties })
    const options = { qos, nl: noLocal, rap: retainAsPublished, rh: retainHandling }
    const suback = new Promise<Granted>((resolve) => {
      // A SUBACK with failures comes as an error, with the packet. Other errors mean that the connection has ended.
      this.#client.subscribe([...filters], options, (_error, _granted, packet) => {
        const granted = grantedBy(packet)
        if (granted.codes.length === filters.length) resolve(granted)
      })
    })
    return await this.#answer(suback, 'SUBSCRIBE')
  }

  /**
   * Sends UNSUBSCRIBE and waits for its UNSUBACK.
   *
   * @returns the reason code for each filter, none before MQTT 5; undefined when the connection ended first.
   */
  async unsubscribe(filters: readonly string[]): Promise<Granted | undefined> {
    const unsuback = new Promise<Granted>((resolve) => {
      this.#client.unsubscribe([...filters], (error, packet) => {
        if (!error) resolve(grantedBy(packet))
      })
    })
    return await this.#answer(unsuback, 'UNSUBSCRIBE')
  }

  /** @returns undefined when the connection ended first, be it because the answer took too long. */
  async #answer<T>(answer: Promise<T>, question: string): Promise<T | undefined> {
    const answered = await settledWithin(Promise.race([answer, this.lost.then(() => undefined)]), this.#answerWithinMs)
    if (answered === undefined) this.lane.destroy(new UnreachableError(`the broker does not answer ${question}`))
    return answered
  }

  /**
   * Sends DISCONNECT behind everything written, in MQTT 5 with its properties and reason code, waits until the
   * operating system has taken it, and closes.
   *
   * @param patienceMs how long the socket may take nothing before this gives up.
   * @param reasonCode 4 asks for the will [MQTT 5, 3.14.2.1].
   * @returns whether the broker can have read everything.
   * @throws the reason when the connection broke before everything was taken.
   */
  async disconnect(patienceMs = QUICK_END_MS, reasonCode: 0 | 4 = 0): Promise<boolean> {
    this.lane.setProperties({ reasonCode })
    // A SUBSCRIBE that waits for its SUBACK would hold MQTT.js' end back for ever.
    const last = this.#client.getLastMessageId()
    if (last !== null) this.#client.removeOutgoingMessage(last)
    return await this.#close(patienceMs, () => this.#client.end())
  }

  /**
   * Closes behind everything written, without DISCONNECT: the broker publishes the will [MQTT 5, 3.1.2.5].
   *
   * @param patienceMs how long the socket may take nothing before this gives up.
   * @returns whether the broker can have read everything.
   * @throws the reason when the connection broke before everything was taken.
   */
  async leave(patienceMs = QUICK_END_MS): Promise<boolean> {
    return await this.#close(patienceMs, () => this.lane.end())
  }

  /**
   * @returns false when the broker had closed before it could read everything: it answers the rest with a reset. Not so
   *   with TLS and WebSocket, where a broker that closes at DISCONNECT, as it should, answers their farewell with one.
   */
  async #close(patienceMs: number, end: () => void): Promise<boolean> {
    const flushed = this.#flushed(patienceMs)
    end()
    const taken = await flushed
    const failure = await settledWithin(this.lane.closed, QUICK_END_MS)
    this.lane.destroy()
    if (!taken) throw await this.lost
    return failure === undefined || (isReset(failure) && !this.#isBare)
  }

  /** Whether all that was written, and the end, was taken by the operating system. */
  async #flushed(patienceMs: number): Promise<boolean> {
    const socket = this.#socket
    const finished = new Promise<boolean>((resolve) => {
      socket.once('finish', () => resolve(true))
      socket.once('close', () => resolve(socket.writableFinished || socket.writableLength === 0))
    })
    for (let left = socket.writableLength; ; left = socket.writableLength) {
      const done = await settledWithin(finished, patienceMs)
      if (done !== undefined) return done
      if (socket.writableLength >= left) {
        this.lane.destroy(new ConnectionLostError('the broker takes no more'))
        return false
      }
    }
  }
}

/** Whether the other end had closed when something came there. */
function isReset(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE'
}

/** Resolves with the work's result, or with undefined after `ms`. */
async function settledWithin<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}

interface Connack {
  readonly sessionPresent: boolean
  readonly returnCode?: number
  readonly reasonCode?: number
  readonly properties?: {
    readonly assignedClientIdentifier?: string
    readonly receiveMaximum?: number
    readonly maximumQoS?: number
    readonly retainAvailable?: boolean
    readonly maximumPacketSize?: number
    readonly subscriptionIdentifiersAvailable?: boolean
    readonly topicAliasMaximum?: number
    readonly wildcardSubscriptionAvailable?: boolean
    readonly sharedSubscriptionAvailable?: boolean
    readonly sessionExpiryInterval?: number
    readonly serverKeepAlive?: number
    readonly reasonString?: string
  }
}

/** A connection whose CONNECT is out. */
interface Handshake {
  readonly client: MqttClient
  readonly lane: Lane
  readonly socket: Duplex
  /** Nothing stands between MQTT and the operating system's stream. */
  readonly isBare: boolean
  readonly connack: Promise<Connack>
  readonly lost: Promise<TmqttError>
}

/** What differs between the first connection of a session and the ones that follow. */
export interface Attempt {
  readonly clientId: string
  readonly cleanStart: boolean
}

/**
 * Connects and waits for CONNACK, both within the connect timeout.
 *
 * @throws UnreachableError, TlsError, RefusedError, or the reason of `signal`.
 */
export async function openConnection(
  options: ClientOptions,
  attempt: Attempt,
  ids: PacketIds,
  signal: AbortSignal,
): Promise<Connection> {
  const where = addressOf(options.server)
  const deadline = new AbortController()
  const stop = () => deadline.abort(signal.reason)
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  let phase = 'no answer'
  const timer = setTimeout(() => {
    const seconds = options.connectTimeoutMs / 1000
    deadline.abort(new UnreachableError(`cannot reach ${where}: ${phase} within ${seconds} s (--connect-timeout)`))
  }, options.connectTimeoutMs)
  let socket: Duplex | undefined
  try {
    const { observer, releasesMessages: reusesMemory } = options
    const log = options.debug === undefined ? undefined : await packetLog(attempt.clientId, options, options.debug)
    socket = await openTransport(options.server, deadline.signal, { observer, reusesMemory })
    phase = 'no CONNACK'
    const handshake = startHandshake(options, attempt, ids, socket, log)
    const connack = await connackOf(handshake, deadline.signal)
    return new Connection(handshake, connack, options.connectTimeoutMs)
  } catch (error) {
    socket?.destroy()
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

async function connackOf(handshake: Handshake, signal: AbortSignal): Promise<Connack> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason))
  })
  const lost = handshake.lost.then((reason) => {
    throw reason
  })
  // Whichever of the three comes late is nobody's business.
  for (const each of [aborted, lost]) each.catch(() => {})
  return await Promise.race([handshake.connack, lost, aborted])
}

/** Loaded where it is asked for. */
async function packetLog(clientId: string, { protocolVersion }: ClientOptions, output: LogOutput): Promise<PacketLog> {
  const { PacketLog } = await import('./packet-log.ts')
  return new PacketLog(clientId, protocolVersion, output)
}

function startHandshake(
  options: ClientOptions,
  attempt: Attempt,
  ids: PacketIds,
  socket: Duplex,
  log: PacketLog | undefined,
): Handshake {
  const where = addressOf(options.server)
  const mqtt5 =
    options.protocolVersion === 5
      ? {
          ...options.properties,
          aliases: new TopicAliases(propertyValue(options.properties.connect, 'topic-alias-maximum') ?? 0),
        }
      : undefined
  const lane = new Lane(socket, mqtt5, options.maxPacketSize, log)
  const client = new mqttClient.default(() => lane.control as never, mqttJsOptions(options, attempt, ids))
  let connected = false
  let refused: TmqttError | undefined
  client.on('packetreceive', (packet) => {
    if (packet.cmd !== 'connack') return
    const code = packet.returnCode ?? packet.reasonCode ?? 0
    if (code > 0) refused = refusal(`${where} refused the connection`, code, packet.properties?.reasonString)
  })
  client.on('disconnect', (packet) => {
    const code = packet.reasonCode ?? 0
    refused = refusal(`${where} ended the connection`, code, packet.properties?.reasonString)
    lane.destroy()
  })
  client.on('error', (error) => lane.destroy(error))
  const connack = new Promise<Connack>((resolve) => {
    client.once('connect', (packet) => {
      connected = true
      resolve(packet as unknown as Connack)
    })
  })
  const lost = lane.closed.then((error) => {
    if (refused !== undefined) return refused
    return reasonOf(error, connected, options)
  })
  const isBare = options.server.tls === undefined && options.server.websocket === undefined
  return { client, lane, socket, isBare, connack, lost }
}

function mqttJsOptions(options: ClientOptions, attempt: Attempt, ids: PacketIds): IClientOptions {
  const { protocolVersion, keepAlive, username, password, will } = options
  return {
    protocolVersion,
    protocolId: protocolVersion === 3 ? 'MQIsdp' : 'MQTT',
    clientId: attempt.clientId,
    clean: attempt.cleanStart,
    keepalive: keepAlive,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(will === undefined ? {} : { will: will as NonNullable<IClientOptions['will']> }),
    messageIdProvider: ids,
    outgoingStore: emptyStore,
    // Reconnecting, subscribing again and the deadline for CONNACK are ours.
    reconnectPeriod: 0,
    resubscribe: false,
    connectTimeout: 2 ** 31 - 1,
    timerVariant: 'native',
    // A table of 65,536 buffers that pays off only for many packets.
    writeCache: false,
  }
}

/** Thrown when the broker's refusal can pass by itself: worth another attempt after the connection was lost. */
export function isWorthRetrying(error: TmqttError): boolean {
  if (error instanceof RefusedError) return isPassing(error.reasonCode)
  return (
    error.exitCode === ExitCode.unreachable ||
    error.exitCode === ExitCode.connectionLost ||
    error.exitCode === ExitCode.keepAlive
  )
}

function refusal(what: string, code: number, reasonString: string | undefined): TmqttError {
  const said = reasonString ? `: ${reasonString}` : ''
  // Of a broker it means nothing [MQTT 5, 3.14.2.1], but that it is over.
  if (code === 0) return new RefusedError(`${what}${said}`, code, ExitCode.connectionLost)
  return new RefusedError(`${what}: ${reasonName(code)}${said}${adviceFor(code)}`, code)
}

const MALFORMED_PACKET = 129

/** Why a connection ended that the broker has not refused. */
function reasonOf(error: Error | undefined, connected: boolean, options: ClientOptions): TmqttError {
  const where = addressOf(options.server)
  if (error instanceof TmqttError) return error
  if (error instanceof MalformedPacketError) {
    return new RefusedError(
      `${where} does not speak MQTT as it should: it sent ${error.message}`,
      MALFORMED_PACKET,
      ExitCode.connectionLost,
    )
  }
  if (error?.message === 'Keepalive timeout') {
    return new TmqttError(
      `${where} has not answered for one and a half times the keep alive (-k ${options.keepAlive})`,
      ExitCode.keepAlive,
    )
  }
  if (connected) {
    return new ConnectionLostError(
      `the connection to ${where} was lost${error === undefined ? '' : `: ${error.message}`}`,
    )
  }
  const reset = (error as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET'
  if (error !== undefined && !reset) return explain(error, options.server, 'mqtt')
  const { tls } = options.server
  const hint =
    tls === undefined
      ? 'it may want TLS, another protocol version or another port'
      : tls.cert === undefined
        ? 'it may want a client certificate (--cert, --key)'
        : 'it may not take the client certificate (--cert)'
  return new HungUpError(`cannot reach ${where}: it closed the connection before CONNACK; ${hint}`)
}
