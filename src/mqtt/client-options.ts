import { createRequire } from 'node:module'
import { isIP } from 'node:net'
import { UsageError } from '../errors.ts'
import type { ConnectionValues, ProtocolVersion } from '../options/connection.ts'
import type { ControlProperties } from './control-properties.ts'
import type { QoS } from './message.ts'
import type { LogOutput } from './packet-log.ts'
import {
  checkedOnce,
  type Property,
  type PropertyName,
  type PropertyPacket,
  propertiesFor,
  propertyValue,
  type ValueOfProperty,
} from './property-table.ts'
import { readSecretFile } from './read-file.ts'
import { keyLogTo, refuseTlsEngines, refuseVoidTlsOptions, tlsOptions, turnsTlsOn } from './tls-options.ts'
import type { Server, StepObserver } from './transport.ts'

/** Loaded only where it is wanted. */
const require = createRequire(import.meta.url)
const dns = (): typeof import('node:dns/promises') => require('node:dns/promises')

export interface Will {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: QoS
  readonly retain: boolean
}

/** Everything needed to connect, read and checked. */
export interface ClientOptions {
  readonly server: Server
  readonly protocolVersion: ProtocolVersion
  /** '' lets the broker assign one. */
  readonly clientId: string
  readonly cleanStart: boolean
  /** Seconds. */
  readonly keepAlive: number
  readonly username?: string
  readonly password?: Buffer
  readonly will?: Will
  /** Of the packets to send, in the order in which they stand there; none before MQTT 5. */
  readonly properties: ControlProperties & { readonly disconnect: readonly Property[] }
  readonly maxPacketSize?: number
  readonly connectTimeoutMs: number
  readonly reconnect: { readonly attempts: number; readonly delayMs: number; readonly maxDelayMs: number }
  /** To be told of every packet. */
  readonly debug?: LogOutput
  /** To be told how connecting goes. */
  readonly observer?: StepObserver
  /** Who receives messages releases each when it is done with it. */
  readonly releasesMessages?: boolean
}

/** Answers for a command and a process what the option table leaves open. */
export interface Defaults {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly pid: number
  readonly reconnectAttempts: number
  /** Most QoS 1 and 2 messages that the broker may send unacknowledged [MQTT 5, 3.1.2.11.3]. */
  readonly receiveMaximum?: number
  readonly releasesMessages?: boolean
  /** From the terminal. */
  readonly password?: Buffer
  readonly keyPassword?: string
  /** For what works but is unwise. */
  readonly warn: (text: string) => void
  /** For the lines of -d. */
  readonly debug: LogOutput
}

/** @throws UsageError for files that can't be read or used, naming the option. */
export function clientOptions(values: ConnectionValues, defaults: Defaults): ClientOptions {
  const protocolVersion = values.protocolVersion ?? 4
  const clientId =
    values.clientId ?? (values.clientIdPrefix === undefined ? '' : `${values.clientIdPrefix}${defaults.pid}`)
  const username = values.username ?? values.url?.username
  const password = passwordOf(values, defaults)
  const properties = propertiesOf(values, defaults, protocolVersion)
  const maxPacketSize = values.maxPacketSize ?? propertyValue(properties.connect, 'maximum-packet-size')
  checkSession(values, protocolVersion)
  if (values.willTopic === undefined && properties.will.length > 0) throw new UsageError('-D will needs --will-topic')
  if (password !== undefined && username === undefined && protocolVersion < 5) {
    throw new UsageError('a password needs a user name (-u) before MQTT 5')
  }
  return {
    server: serverOf(values, defaults),
    protocolVersion,
    // MQTT 3.1 has no empty client identifier [3.1, 3.1].
    clientId: clientId === '' && protocolVersion === 3 ? `tmqtt-${randomText(16)}` : clientId,
    cleanStart: !values.persistentSession,
    keepAlive: values.keepAlive,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(values.willTopic === undefined ? {} : { will: willOf(values, values.willTopic) }),
    properties,
    ...(maxPacketSize === undefined ? {} : { maxPacketSize }),
    connectTimeoutMs: values.connectTimeout,
    reconnect: {
      attempts: values.reconnect ?? defaults.reconnectAttempts,
      delayMs: values.reconnectDelay,
      maxDelayMs: Math.max(values.reconnectDelay, values.reconnectMaxDelay),
    },
    ...(values.debug ? { debug: defaults.debug } : {}),
    ...(defaults.releasesMessages ? { releasesMessages: true } : {}),
  }
}

function checkSession(values: ConnectionValues, protocolVersion: ProtocolVersion): void {
  const lasting = protocolVersion < 5 ? values.persistentSession : expiryOf(values) === 0xffff_ffff
  if (lasting && (values.clientId ?? '') === '') {
    throw new UsageError('a persistent session (-c, or -x never) needs a client identifier of its own (-i)')
  }
  if (values.persistentSession && values.clientId === undefined && values.clientIdPrefix === undefined) {
    throw new UsageError('-c needs a client identifier (-i)')
  }
}

/** -c without -x keeps the session for ever, as it does before MQTT 5. */
function expiryOf(values: ConnectionValues): number {
  const typed = propertyValue(propertiesFor(values.property, 'connect'), 'session-expiry-interval')
  return values.sessionExpiryInterval ?? typed ?? (values.persistentSession ? 0xffff_ffff : 0)
}

/** What the options say of properties: by -D in the order given, then by options of their own. @throws UsageError */
function propertiesOf(
  values: ConnectionValues,
  defaults: Defaults,
  protocolVersion: ProtocolVersion,
): ClientOptions['properties'] {
  const typed = (packet: PropertyPacket) => propertiesFor(values.property, packet)
  const none = { connect: [], will: [], subscribe: [], unsubscribe: [], disconnect: [] }
  if (protocolVersion < 5) return none
  const connect = typed('connect')
  const isTyped = (name: PropertyName) => propertyValue(connect, name) !== undefined
  const expiry = values.sessionExpiryInterval ?? (isTyped('session-expiry-interval') ? 0 : expiryOf(values))
  const receiveMaximum = isTyped('receive-maximum') ? undefined : defaults.receiveMaximum
  return {
    connect: checkedOnce([
      ...connect,
      // An expiry of 0 is what the broker takes anyway.
      ...given('session-expiry-interval', expiry === 0 ? undefined : expiry),
      ...given('receive-maximum', receiveMaximum),
      ...given('maximum-packet-size', values.maxPacketSize),
      ...given('topic-alias-maximum', values.topicAliasMaximum),
    ]),
    will: checkedOnce([
      ...given('will-delay-interval', values.willDelayInterval),
      ...given('payload-format-indicator', values.willPayloadFormatIndicator),
      ...given('message-expiry-interval', values.willMessageExpiryInterval),
      ...given('content-type', values.willContentType),
      ...given('response-topic', values.willResponseTopic),
      ...given('correlation-data', values.willCorrelationData),
      ...values.willUserProperty.map((pair) => ['user-property', pair] as const),
      ...typed('will'),
    ]),
    subscribe: checkedOnce(typed('subscribe')),
    unsubscribe: checkedOnce(typed('unsubscribe')),
    disconnect: checkedOnce(typed('disconnect')),
  }
}

function given<Name extends PropertyName>(name: Name, value: ValueOfProperty<Name> | undefined): Property[] {
  return value === undefined ? [] : [[name, value] as unknown as Property]
}

function passwordOf(values: ConnectionValues, defaults: Defaults): Buffer | undefined {
  if (values.password !== undefined) return values.password
  if (defaults.password !== undefined) return defaults.password
  if (values.passwordFile !== undefined) {
    const bytes = readSecretFile('--password-file', values.passwordFile, defaults.warn)
    const end = bytes.indexOf(0x0a)
    const line = end < 0 ? bytes : bytes.subarray(0, end)
    return line.at(-1) === 0x0d ? line.subarray(0, -1) : line
  }
  return values.url?.password === undefined ? undefined : Buffer.from(values.url.password)
}

function willOf(values: ConnectionValues, topic: string): Will {
  return {
    topic,
    payload: Buffer.from(values.willPayload ?? ''),
    qos: values.willQos,
    retain: values.willRetain,
  }
}

function serverOf(values: ConnectionValues, defaults: Defaults): Server {
  const { url } = values
  const unix = values.unix ?? url?.unix ?? (values.port === 0 ? values.host : undefined)
  const wantsTls = turnsTlsOn(values)
  const usesTls = wantsTls && !values.noTls
  const websocket = values.websocket || url?.websocket === true
  const host = values.host ?? url?.host ?? 'localhost'
  const port = values.port ?? url?.port ?? (wantsTls ? 8883 : 1883)
  if (!values.noTls) {
    refuseTlsEngines(values)
    if (!usesTls) refuseVoidTlsOptions(values)
  }
  if (!websocket && (values.wsPath !== undefined || values.wsHeader.length > 0)) {
    throw new UsageError('--ws-path and --ws-header do nothing without WebSocket; turn it on by --ws or -L ws://…')
  }
  if (values.proxy !== undefined && values.bindAddress !== undefined) {
    throw new UsageError("--proxy and -A can't be used together")
  }
  if (values.srv) checkSrv(values, host)
  return {
    host,
    port,
    ...(unix === undefined ? {} : { unix }),
    ...(values.srv ? { srv: new (dns().Resolver)() } : {}),
    ...(values.bindAddress === undefined ? {} : { bindAddress: values.bindAddress }),
    ...(values.proxy === undefined ? {} : { proxy: values.proxy }),
    ...(usesTls ? { tls: tlsOptions(values, defaults, values.srv ? undefined : host, unix !== undefined) } : {}),
    ...(usesTls && values.tlsKeylog !== undefined ? { keyLog: keyLogTo(values.tlsKeylog, defaults.warn) } : {}),
    ...(websocket ? { websocket: { path: values.wsPath ?? '/mqtt', headers: values.wsHeader } } : {}),
  }
}

/** What the table can't say of -S: it depends on the URL and the host. */
function checkSrv({ url }: ConnectionValues, host: string): void {
  if (url?.port !== undefined || url?.unix !== undefined || url?.websocket) {
    throw new UsageError('-S takes host and port from DNS: -L may name no port, unix socket or WebSocket')
  }
  if (isIP(host) !== 0) throw new UsageError(`-S looks a host name up, and ${host} is an address`)
}

function randomText(length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  return Array.from({ length }, () => alphabet[Math.floor(Math.random() * alphabet.length)]).join('')
}
