import { isValidFilter } from '../mqtt/topic.ts'
import { InvalidValue, type Kind } from './option.ts'

/** What `-L` says of the broker. */
export interface BrokerUrl {
  readonly tls: boolean
  readonly websocket: boolean
  /** Path of a unix socket instead of host and port. */
  readonly unix?: string
  readonly host?: string
  readonly port?: number
  readonly username?: string
  readonly password?: string
  /** Everything behind the first slash, as in mosquitto's clients. */
  readonly topic?: string
}

const SCHEMES = new Map([
  ['mqtt', { tls: false, websocket: false }],
  ['mqtts', { tls: true, websocket: false }],
  ['ws', { tls: false, websocket: true }],
  ['wss', { tls: true, websocket: true }],
])

/** `mqtt://[USER[:PASSWORD]@]HOST[:PORT][/TOPIC]`, percent-decoded, IPv6 in brackets; or `unix:PATH`. */
export const brokerUrl: Kind<BrokerUrl> = {
  placeholder: 'URL',
  expected: 'mqtt[s]://[user[:password]@]host[:port][/topic], the same with ws[s]://, or unix:/path/of/socket',
  parse(value) {
    const unix = /^unix:(?:\/\/)?(\/?[^\0]+)$/i.exec(value)
    if (unix !== null) return { tls: false, websocket: false, unix: decode(unix[1]!) }
    // The user information ends at the last @ before the first slash, and may itself hold colons.
    const match = /^([a-z]+):\/\/(?:([^/]*)@)?(\[[0-9a-f:.%]+\]|[^/:@[\]\s]*)(?::(\d*))?(?:\/(.*))?$/is.exec(value)
    const scheme = match === null ? undefined : SCHEMES.get(match[1]!.toLowerCase())
    if (match === null || scheme === undefined || match[3] === '') throw new InvalidValue()
    const [, , user, host, port, path] = match
    const portNumber = port === undefined || port === '' ? undefined : Number(port)
    if (portNumber !== undefined && (portNumber < 1 || portNumber > 0xffff)) throw new InvalidValue()
    const colon = user?.indexOf(':') ?? -1
    const topic = path === undefined || path === '' ? undefined : decode(path)
    if (topic !== undefined && !isValidFilter(topic)) throw new InvalidValue()
    return {
      ...scheme,
      host: host!.startsWith('[') ? host!.slice(1, -1) : decode(host!),
      ...(portNumber === undefined ? {} : { port: portNumber }),
      ...(user === undefined ? {} : { username: decode(colon < 0 ? user : user.slice(0, colon)) }),
      ...(user === undefined || colon < 0 ? {} : { password: decode(user.slice(colon + 1)) }),
      ...(topic === undefined ? {} : { topic }),
    }
  },
}

/** `socks5h://[USER[:PASSWORD]@]HOST[:PORT]`. */
export interface ProxyUrl {
  readonly host: string
  readonly port: number
  readonly username?: string
  readonly password?: string
}

export const proxyUrl: Kind<ProxyUrl> = {
  placeholder: 'URL',
  expected: 'socks5h://[user[:password]@]host[:port]',
  parse(value) {
    const match = /^socks5h?:\/\/(?:([^/:]*)(?::([^/]*))?@)?(\[[0-9a-f:.]+\]|[^/:@[\]\s]+)(?::(\d+))?\/?$/i.exec(value)
    if (match === null) throw new InvalidValue()
    const [, username, password, host, port] = match
    const portNumber = port === undefined ? 1080 : Number(port)
    if (portNumber < 1 || portNumber > 0xffff) throw new InvalidValue()
    return {
      host: host!.replace(/^\[|\]$/g, ''),
      port: portNumber,
      ...(username === undefined ? {} : { username: decode(username) }),
      ...(password === undefined ? {} : { password: decode(password) }),
    }
  },
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new InvalidValue()
  }
}
