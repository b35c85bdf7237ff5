import { configurationOptions } from './configuration.ts'
import {
  directory,
  duration,
  file,
  flag,
  header,
  integer,
  keyValue,
  mqttBinary,
  mqttText,
  oneOf,
  qos,
  size,
  textOf,
  topicName,
} from './kinds.ts'
import { InvalidValue, type Kind, table, type ValuesOf } from './option.ts'
import { packetProperty } from './properties.ts'
import { type BrokerUrl, brokerUrl, proxyUrl } from './url.ts'

/** 3 is MQTT 3.1, 4 is MQTT 3.1.1, as the CONNECT packet numbers them. */
export type ProtocolVersion = 3 | 4 | 5

/** The largest Remaining Length [MQTT 5, 2.1.4]. */
const LARGEST_PACKET = 268_435_455

const protocolVersion = oneOf<ProtocolVersion>(
  'VERSION',
  { '31': 3, '311': 4, '5': 5 },
  { '3.1': 3, '3.1.1': 4, '5.0': 5, mqttv31: 3, mqttv311: 4, mqttv5: 5 },
)

/** Seconds; 4,294,967,295 never expires [MQTT 5, 3.1.2.11.2]. */
const sessionExpiryInterval: Kind<number> = {
  placeholder: 'SECONDS',
  expected: "seconds from 0 to 4294967295, or 'never'",
  parse(value) {
    if (value === 'never' || value === '∞' || value === '-1') return 0xffff_ffff
    const number = /^\d+$|^0x[0-9a-f]+$/i.test(value) ? Number(value) : Number.NaN
    if (!(number <= 0xffff_ffff)) throw new InvalidValue()
    return number
  },
}

/** How often to try again in a row after the connection was lost. */
const attempts: Kind<number> = {
  placeholder: 'ATTEMPTS',
  expected: "a number of attempts in a row, 'always' or 'never'",
  parse(value) {
    if (value === 'always') return Number.POSITIVE_INFINITY
    if (value === 'never') return 0
    if (!/^\d{1,9}$/.test(value)) throw new InvalidValue()
    return Number(value)
  },
}

/** The longest that OpenSSL takes. */
const LONGEST_PSK = 512
const LONGEST_PSK_IDENTITY = 256

/** Bytes of a pre-shared key; an odd digit is the low half of the first byte, as in mosquitto's clients. */
const psk: Kind<Buffer> = {
  placeholder: 'HEX',
  expected: `hex digits for 1 to ${LONGEST_PSK} bytes`,
  parse(value) {
    const digits = value.length % 2 === 0 ? value : `0${value}`
    if (!/^[0-9a-f]+$/i.test(value) || digits.length > 2 * LONGEST_PSK) throw new InvalidValue()
    return Buffer.from(digits, 'hex')
  },
}

const pskIdentity: Kind<string> = {
  placeholder: 'IDENTITY',
  expected: `1 to ${LONGEST_PSK_IDENTITY} bytes of text without NUL`,
  parse(value) {
    if (value === '' || value.includes('\0') || Buffer.byteLength(value) > LONGEST_PSK_IDENTITY)
      throw new InvalidValue()
    return value
  },
}

const host = textOf('HOST', 'a host name or address')
const alpn: Kind<string> = { ...mqttText, placeholder: 'PROTOCOL', expected: 'a protocol name' }

/** How to reach a broker and who to be there: the same for every command that connects. */
export const connectionOptions = table({
  host: {
    kind: host,
    short: 'h',
    group: 'Server',
    describe: 'Name or address of the broker',
    defaultText: 'localhost',
    replaces: ['url', 'unix'],
  },
  port: {
    kind: integer(0, 0xffff, 'PORT'),
    short: 'p',
    group: 'Server',
    describe: 'Port of the broker; 8883 turns TLS on',
    defaultText: '1883, or 8883 with TLS',
  },
  url: {
    kind: brokerUrl,
    short: 'L',
    group: 'Server',
    describe: 'Scheme, credentials, host, port and topic in one',
    secret: true,
    replaces: ({ username, topic }: BrokerUrl) => [
      ...['host', 'port', 'unix', 'websocket'],
      ...(topic === undefined ? [] : ['topic']),
      ...(username === undefined ? [] : ['username', 'password', 'passwordFile', 'passwordPrompt']),
    ],
  },
  unix: {
    kind: { ...file, placeholder: 'PATH' },
    group: 'Server',
    describe: 'Connect to a unix socket instead of host and port',
    excludes: ['host', 'port', 'url', 'proxy', 'bindAddress', 'websocket'],
    replaces: ['host', 'port', 'url', 'proxy', 'bindAddress', 'websocket'],
  },
  bindAddress: {
    kind: textOf('ADDRESS', 'a local address'),
    short: 'A',
    group: 'Server',
    describe: 'Connect from this local address, or that of this name',
  },
  srv: {
    kind: flag,
    short: 'S',
    group: 'Server',
    describe:
      'Look host and port up in DNS: SRV record _mqtt._tcp.HOST, with TLS _secure-mqtt._tcp.HOST; a certificate has to be for the host found there, or for --servername',
    excludes: ['port', 'unix', 'proxy', 'websocket'],
  },
  nodelay: {
    kind: flag,
    group: 'Server',
    describe: 'Send every packet at once (TCP_NODELAY); this is always so',
  },
  proxy: { kind: proxyUrl, group: 'Server', describe: 'Connect through a SOCKS5 proxy', secret: true },
  connectTimeout: {
    kind: duration(1),
    group: 'Server',
    describe: 'Give up when there is no CONNACK after this time',
    default: 30_000,
    defaultText: '30s',
  },
  reconnect: {
    kind: attempts,
    group: 'Server',
    describe: 'Attempts in a row to connect again after the connection was lost',
    defaultText: "'always' for sub, reply, pub -l and pub --json, else 'never'",
  },
  reconnectDelay: {
    kind: duration(1),
    group: 'Server',
    describe: 'Wait before the first attempt; doubles with each further one',
    default: 1000,
    defaultText: '1s',
  },
  reconnectMaxDelay: {
    kind: duration(1),
    group: 'Server',
    describe: 'Longest wait between attempts',
    default: 30_000,
    defaultText: '30s',
  },

  protocolVersion: {
    kind: protocolVersion,
    short: 'V',
    group: 'Session',
    describe: 'MQTT version',
    defaultText: '311, or 5 when an option needs it',
  },
  clientId: {
    kind: { ...mqttText, placeholder: 'ID' },
    short: 'i',
    aliases: ['id'],
    group: 'Session',
    describe: 'Client identifier',
    defaultText: 'the broker assigns one',
    excludes: ['clientIdPrefix'],
  },
  clientIdPrefix: {
    kind: { ...mqttText, placeholder: 'PREFIX' },
    short: 'I',
    aliases: ['id-prefix'],
    group: 'Session',
    describe: 'Client identifier: this prefix and the process identifier',
  },
  keepAlive: {
    kind: integer(5, 0xffff, 'SECONDS'),
    short: 'k',
    aliases: ['keepalive'],
    group: 'Session',
    describe: 'Seconds without a packet after which to ask whether the broker is still there',
    default: 60,
  },
  persistentSession: {
    kind: flag,
    short: 'c',
    aliases: ['disable-clean-session'],
    group: 'Session',
    describe: 'Keep the session: subscriptions and undelivered messages wait at the broker (needs -i)',
  },
  sessionExpiryInterval: {
    kind: sessionExpiryInterval,
    short: 'x',
    group: 'Session',
    describe: 'How long the broker keeps the session after the connection ends',
    since: 5,
  },
  maxPacketSize: {
    kind: size(64, LARGEST_PACKET),
    group: 'Session',
    describe: 'Close the connection when the broker sends a larger packet',
    defaultText: 'what MQTT allows, 256 MB',
  },

  topicAliasMaximum: {
    kind: integer(0, 0xffff),
    group: 'Session',
    describe: 'Let the broker put numbers in place of this many topics; worth it for long topics on a thin line',
    defaultText: '0, none',
    since: 5,
  },

  property: {
    kind: packetProperty,
    short: 'D',
    group: 'Session',
    describe: 'Put a property on the packets of a kind: connect, publish, will, subscribe, unsubscribe or disconnect',
    repeat: true,
    since: 5,
  },

  username: { kind: mqttText, short: 'u', group: 'Credentials', describe: 'User name' },
  password: {
    kind: { ...mqttBinary, placeholder: 'PASSWORD' },
    short: 'P',
    aliases: ['pw'],
    group: 'Credentials',
    describe: 'Password; other users can see it in the process list, so prefer one of the following',
    secret: true,
    replaces: ['passwordFile', 'passwordPrompt'],
  },
  passwordFile: {
    kind: file,
    group: 'Credentials',
    describe: 'Read the password from the first line of this file',
    excludes: ['password'],
    replaces: ['password', 'passwordPrompt'],
  },
  passwordPrompt: {
    kind: flag,
    group: 'Credentials',
    describe: 'Ask for the password on the terminal, without echo',
    excludes: ['password', 'passwordFile'],
    replaces: ['password', 'passwordFile'],
  },

  cafile: {
    kind: file,
    group: 'TLS',
    describe: 'Trust the certificate authorities in this PEM file; turns TLS on',
  },
  capath: {
    kind: directory,
    group: 'TLS',
    describe: 'Trust the certificate authorities in the PEM files of this directory; turns TLS on',
  },
  tlsUseOsCerts: {
    kind: flag,
    group: 'TLS',
    describe: 'Trust the certificate authorities of the operating system; turns TLS on',
  },
  crl: {
    kind: file,
    group: 'TLS',
    describe:
      'Refuse certificates that a list in this PEM file has revoked; it needs a list of every authority in the chain',
  },
  psk: {
    kind: psk,
    group: 'TLS',
    describe: 'Pre-shared key in place of certificates, in hex; turns TLS on',
    secret: true,
    requires: ['pskIdentity'],
    excludes: ['cafile', 'capath', 'tlsUseOsCerts', 'crl'],
  },
  pskIdentity: { kind: pskIdentity, group: 'TLS', describe: 'Name by which the broker knows the pre-shared key' },
  cert: { kind: file, group: 'TLS', describe: 'Client certificate, with its chain, in PEM', requires: ['key'] },
  key: { kind: file, group: 'TLS', describe: 'Private key of the client certificate, in PEM', requires: ['cert'] },
  keyPassword: {
    kind: textOf('PASSWORD', 'a password'),
    group: 'TLS',
    describe: 'Password of the private key; asked for on the terminal if the key needs one',
    secret: true,
    requires: ['key'],
  },
  keyform: {
    kind: oneOf('FORM', { pem: 'pem', engine: 'engine' } as const),
    group: 'TLS',
    describe: 'Where the private key is; this build has no TLS engines',
    requires: ['key'],
    hidden: true,
  },
  tlsEngine: {
    kind: textOf('ENGINE', 'the name of a TLS engine'),
    group: 'TLS',
    describe: 'TLS engine that holds the private key; this build has none',
    hidden: true,
  },
  tlsEngineKpassSha1: {
    kind: textOf('HASH', 'a SHA-1 hash'),
    group: 'TLS',
    describe: 'Hash of the password of the key in the TLS engine; this build has none',
    secret: true,
    hidden: true,
  },
  tlsVersion: {
    kind: oneOf('VERSION', { 'tlsv1.2': 'TLSv1.2', 'tlsv1.3': 'TLSv1.3' } as const),
    group: 'TLS',
    describe: 'Lowest TLS version to accept',
    defaultText: 'tlsv1.2',
  },
  ciphers: {
    kind: textOf('LIST', 'an OpenSSL cipher list'),
    group: 'TLS',
    describe: 'Ciphers of TLS 1.2, and suites of TLS 1.3, to offer, as OpenSSL names them',
  },
  tlsAlpn: { kind: alpn, group: 'TLS', describe: 'Application protocol to ask for (ALPN)' },
  servername: {
    kind: textOf('NAME', 'a host name'),
    group: 'TLS',
    describe: 'Host name to ask for (SNI) and to find in the certificate',
    defaultText: 'the host',
  },
  insecure: {
    kind: flag,
    group: 'TLS',
    describe: 'Accept a certificate for another host name; authority and dates are still checked',
  },
  tlsKeylog: {
    kind: file,
    group: 'TLS',
    describe: 'Append the keys of the connection to this file, with which Wireshark can read it',
  },
  noTls: {
    kind: flag,
    group: 'TLS',
    describe: 'Ignore all that turns TLS on, wherever it was set; the default port stays',
  },

  websocket: { kind: flag, aliases: ['ws'], group: 'WebSocket', describe: 'MQTT over WebSocket' },
  wsPath: {
    kind: { ...textOf('PATH', 'a path that starts with /'), parse: parsePath },
    group: 'WebSocket',
    describe: 'Path of the request',
    defaultText: '/mqtt',
  },
  wsHeader: {
    kind: header,
    group: 'WebSocket',
    describe: 'Send this HTTP header with the request',
    repeat: true,
    secret: true,
  },

  willTopic: {
    kind: topicName,
    group: 'Will',
    describe: 'Topic that the broker publishes the will to if this client vanishes',
  },
  willPayload: {
    kind: mqttBinary,
    group: 'Will',
    describe: 'Payload of the will',
    requires: ['willTopic'],
    secret: true,
  },
  willQos: { kind: qos, group: 'Will', describe: 'QoS of the will', default: 0 },
  willRetain: { kind: flag, group: 'Will', describe: 'Retain the will', requires: ['willTopic'] },
  willDelayInterval: {
    kind: integer(0, 0xffff_ffff, 'SECONDS'),
    group: 'Will',
    describe: 'Publish the will this long after the connection was lost',
    since: 5,
    requires: ['willTopic'],
  },
  willMessageExpiryInterval: {
    kind: integer(0, 0xffff_ffff, 'SECONDS'),
    group: 'Will',
    describe: 'Lifetime of the will message',
    since: 5,
    requires: ['willTopic'],
  },
  willContentType: {
    kind: mqttText,
    group: 'Will',
    describe: 'Content type of the will',
    since: 5,
    requires: ['willTopic'],
  },
  willPayloadFormatIndicator: {
    kind: oneOf('FORMAT', { '0': 0, '1': 1, bytes: 0, utf8: 1 } as const),
    group: 'Will',
    describe: 'Say that the payload of the will is UTF-8 text (1) or just bytes (0)',
    since: 5,
    requires: ['willTopic'],
  },
  willResponseTopic: {
    kind: topicName,
    group: 'Will',
    describe: 'Response topic of the will',
    since: 5,
    requires: ['willTopic'],
  },
  willCorrelationData: {
    kind: mqttBinary,
    group: 'Will',
    describe: 'Correlation data of the will',
    since: 5,
    requires: ['willTopic'],
  },
  willUserProperty: {
    kind: keyValue,
    group: 'Will',
    describe: 'User property of the will',
    since: 5,
    repeat: true,
    requires: ['willTopic'],
  },

  debug: {
    kind: flag,
    short: 'd',
    group: 'Diagnostics',
    describe: 'Print a line on standard output for every packet sent and received',
  },
  quiet: {
    kind: flag,
    group: 'Diagnostics',
    describe: 'Print no errors and warnings but those of wrong usage; the exit status still tells',
  },

  ...configurationOptions,
})

export type ConnectionValues = ValuesOf<typeof connectionOptions>

function parsePath(value: string): string {
  if (!/^\/[^\s#\0]*$/.test(value)) throw new InvalidValue()
  return value
}
