import { isIP } from 'node:net'
import { createSecureContext, type ConnectionOptions as NodeTls, type SecureContextOptions } from 'node:tls'
import { UsageError } from '../errors.ts'
import type { ClientOptions, Will } from '../mqtt/client-options.ts'
import { revocationListsIn } from '../mqtt/pem.ts'
import type { Property } from '../mqtt/property-table.ts'
import type { Server } from '../mqtt/transport.ts'
import { InvalidValue } from '../options/option.ts'
import { type BrokerUrl, brokerUrl } from '../options/url.ts'
import { checkedMessage, payloadBytes } from './outgoing.ts'
import { checkedProperty, isText, messageProperties, userProperties } from './properties.ts'
import type { ConnectOptions, Pem, TlsOptions } from './types.ts'

export const VERSIONS = { '3.1': 3, '3.1.1': 4, '5': 5 } as const

/** [MQTT 5, 3.1.2.11.2] */
const NEVER = 0xffff_ffff

/**
 * What a session needs, from what the caller says.
 *
 * @param version to speak, in place of the one asked for.
 * @throws UsageError that names the option.
 */
export function clientOptions(
  url: string,
  options: ConnectOptions,
  version: 3 | 4 | 5 = VERSIONS[options.protocolVersion ?? '5'],
): ClientOptions {
  const broker = parsedUrl(url)
  const { clientId = '', cleanStart = true, username = broker.username, password = broker.password } = options
  if (version === undefined) throw new UsageError("protocolVersion has to be '3.1', '3.1.1' or '5'")
  for (const [name, text] of Object.entries({ clientId, username })) {
    if (text !== undefined && !isText(text)) throw new UsageError(`${name} has to be a text of at most 65,535 bytes`)
  }
  if (clientId === '' && (!cleanStart || version === 3))
    throw new UsageError(`${version === 3 ? 'MQTT 3.1' : 'a session that is kept'} needs a clientId of its own`)
  if (password !== undefined && username === undefined && version < 5)
    throw new UsageError('a password needs a username before MQTT 5')
  const { maxPacketSize } = options
  return {
    server: serverOf(broker, options),
    protocolVersion: version,
    clientId,
    cleanStart,
    keepAlive: whole('keepAlive', options.keepAlive ?? 60, 0, 0xffff),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: payloadBytes('password', password) }),
    ...(options.will === undefined ? {} : { will: willOf(options.will) }),
    properties: propertiesOf(options, version, cleanStart),
    ...(maxPacketSize === undefined ? {} : { maxPacketSize }),
    connectTimeoutMs: whole('connectTimeoutMs', options.connectTimeoutMs ?? 30_000, 1, LONGEST_MS),
    reconnect: reconnectOf(options.reconnect),
  }
}

function parsedUrl(text: string): BrokerUrl {
  try {
    return brokerUrl.parse(text)
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error
    // Without the text: there may be a password in it.
    throw new UsageError(
      'the URL has to be mqtt[s]://[user[:password]@]host[:port], ws[s]://[user[:password]@]host[:port][/path] or unix:/path',
    )
  }
}

/** The longest that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1

/** @throws UsageError that names the option. */
export function whole(name: string, value: number, smallest: number, largest: number): number {
  if (!Number.isInteger(value) || value < smallest || value > largest)
    throw new UsageError(`${name} has to be a whole number from ${smallest} to ${largest}`)
  return value
}

function reconnectOf(reconnect: ConnectOptions['reconnect'] = true): ClientOptions['reconnect'] {
  const given = typeof reconnect === 'boolean' ? {} : reconnect
  const { attempts = Number.POSITIVE_INFINITY, delayMs = 1000, maxDelayMs = 30_000 } = given
  whole('reconnect.delayMs', delayMs, 1, LONGEST_MS)
  whole('reconnect.maxDelayMs', maxDelayMs, 1, LONGEST_MS)
  if (attempts !== Number.POSITIVE_INFINITY) whole('reconnect.attempts', attempts, 0, Number.MAX_SAFE_INTEGER)
  return { attempts: reconnect === false ? 0 : attempts, delayMs, maxDelayMs: Math.max(delayMs, maxDelayMs) }
}

function willOf(will: NonNullable<ConnectOptions['will']>): Will {
  const { topic, qos, retain, payload } = checkedMessage(will)
  if (payload.length > 0xffff) throw new UsageError('the payload of a will has at most 65,535 bytes')
  return { topic, payload, qos, retain }
}

function propertiesOf(options: ConnectOptions, version: number, cleanStart: boolean): ClientOptions['properties'] {
  const { will, receiveMaximum, maxPacketSize, userProperties: pairs } = options
  const none = { connect: [], will: [], subscribe: [], unsubscribe: [], disconnect: [] }
  const { sessionExpiryInterval = cleanStart ? undefined : NEVER } = options
  const connect: readonly Property[] = [
    ...(sessionExpiryInterval === undefined ? [] : [checkedProperty('session-expiry-interval', sessionExpiryInterval)]),
    ...(receiveMaximum === undefined ? [] : [checkedProperty('receive-maximum', receiveMaximum)]),
    ...(maxPacketSize === undefined ? [] : [checkedProperty('maximum-packet-size', maxPacketSize)]),
    ...(pairs === undefined ? [] : userProperties(pairs)),
  ]
  const ofWill: readonly Property[] = [
    ...(will?.delayInterval === undefined ? [] : [checkedProperty('will-delay-interval', will.delayInterval)]),
    ...messageProperties(will?.properties),
  ]
  return version < 5 ? none : { ...none, connect, will: ofWill }
}

function serverOf(url: BrokerUrl, { tls, headers }: ConnectOptions): Server {
  if (url.topic !== undefined && !url.websocket) throw new UsageError('the URL of a broker has no path')
  const { host = 'localhost', unix } = url
  if (tls !== undefined && !url.tls)
    throw new UsageError('tls does nothing here: the URL has to start with mqtts: or wss:')
  if (headers !== undefined && !url.websocket)
    throw new UsageError('headers do nothing here: the URL has to start with ws: or wss:')
  return {
    host,
    port: url.port ?? (url.websocket ? (url.tls ? 443 : 80) : url.tls ? 8883 : 1883),
    ...(unix === undefined ? {} : { unix }),
    ...(url.tls ? { tls: tlsOf(host, tls) } : {}),
    ...(url.websocket
      ? { websocket: { path: `/${url.topic ?? 'mqtt'}`, headers: Object.entries(headers ?? {}) } }
      : {}),
  }
}

function tlsOf(host: string, options: TlsOptions = {}): NodeTls {
  const { servername, acceptAnyName, alpn, passphrase } = options
  const name = servername ?? host
  const context: SecureContextOptions = {
    ...pem('ca', options.ca),
    ...(options.crl === undefined ? {} : { crl: revocationLists(options.crl) }),
    ...pem('cert', options.cert),
    ...pem('key', options.key),
    ...(passphrase === undefined ? {} : { passphrase }),
    minVersion: 'TLSv1.2',
  }
  try {
    createSecureContext(context)
  } catch (error) {
    throw new UsageError(`tls: its certificates or its key can't be used: ${(error as Error).message}`, {
      cause: error,
    })
  }
  return {
    ...context,
    // The environment must not turn this off.
    rejectUnauthorized: true,
    // An address is no name to ask for [RFC 6066, 3].
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(servername === undefined ? {} : { host: servername }),
    ...(acceptAnyName ? { checkServerIdentity: () => undefined } : {}),
    ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
  }
}

function revocationLists(value: Pem): string[] {
  const { crl = [] } = pem('crl', value)
  const lists = crl.flatMap((each) => revocationListsIn(each.toString()))
  if (lists.length === 0) throw new UsageError('tls.crl: no PEM list of revoked certificates in it')
  return lists
}

function pem<Name extends string>(name: Name, value: Pem | undefined): { [N in Name]?: (string | Buffer)[] } {
  if (value === undefined) return {}
  const list = (Array.isArray(value) ? value : [value]) as readonly (string | Uint8Array)[]
  return { [name]: list.map((each) => (typeof each === 'string' ? each : Buffer.from(each))) } as {
    [N in Name]?: (string | Buffer)[]
  }
}
