import type { Resolver } from 'node:dns/promises'
import type { EventEmitter } from 'node:events'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket, ConnectionOptions as TlsOptions } from 'node:tls'
import { TlsError, type TmqttError, UnreachableError } from '../errors.ts'
import { ReadBuffers } from './read-buffers.ts'
import { locate } from './srv.ts'

/** Where the broker is and how its bytes travel. */
export interface Server {
  readonly host: string
  readonly port: number
  /** Path of a unix socket instead of host and port. */
  readonly unix?: string
  /** Host and port are in the SRV record of `host`, which this looks up; `port` means nothing then. */
  readonly srv?: Resolver
  readonly bindAddress?: string
  readonly proxy?: {
    readonly host: string
    readonly port: number
    readonly username?: string
    readonly password?: string
  }
  /** Without host and socket, which come from here. */
  readonly tls?: TlsOptions
  /** Takes each line of the NSS key log, with its line feed. */
  readonly keyLog?: (line: Buffer) => void
  readonly websocket?: { readonly path: string; readonly headers: readonly (readonly [string, string])[] }
}

/** How far a connection has come. */
export type Step = 'tcp' | 'tls' | 'websocket' | 'mqtt'

/** Told of each step of connecting when it is done; of those that there are. */
export interface StepObserver {
  /** The name of the host has this address. */
  resolved(address: string): void
  /** @param address undefined for a unix socket. */
  connected(address: string | undefined): void
  secured(socket: TLSSocket): void
  upgraded(): void
}

export interface TransportOptions {
  readonly observer?: StepObserver | undefined
  /** Messages are released, so that what a plain socket reads to can be used again. */
  readonly reusesMemory?: boolean | undefined
}

/** For messages: what the user would type after `-h` and `-p`. */
export function addressOf(server: Server): string {
  if (server.unix !== undefined) return server.unix
  if (server.srv !== undefined) return server.host
  return server.host.includes(':') ? `[${server.host}]:${server.port}` : `${server.host}:${server.port}`
}

/**
 * Connects tcp, unix, SOCKS, TLS and WebSocket as the server wants them. What the socket receives waits until `resume`.
 *
 * @throws UnreachableError or TlsError, or whatever the signal was aborted with.
 */
export async function openTransport(
  wanted: Server,
  signal: AbortSignal,
  { observer, reusesMemory = false }: TransportOptions = {},
): Promise<Duplex> {
  const server = wanted.srv === undefined ? wanted : await locate(wanted, wanted.srv, signal)
  let socket: Duplex | undefined
  let step: Step = 'tcp'
  const abort = () => socket?.destroy()
  signal.addEventListener('abort', abort)
  try {
    signal.throwIfAborted()
    socket =
      server.proxy === undefined
        ? await connectTcp(server, signal, { observer, reusesMemory }, (s) => (socket = s))
        : await connectSocks(server, signal)
    observer?.connected((socket as net.Socket).remoteAddress)
    if (server.tls !== undefined) {
      step = 'tls'
      socket = await startTls(server, socket as net.Socket, signal)
      observer?.secured(socket as TLSSocket)
    }
    if (server.websocket !== undefined) {
      step = 'websocket'
      socket = await startWebSocket(server, socket, signal)
      observer?.upgraded()
    }
    signal.throwIfAborted()
    return socket
  } catch (error) {
    socket?.destroy()
    signal.throwIfAborted()
    throw explain(error as NodeJS.ErrnoException, server, step)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

async function connectTcp(
  server: Server,
  signal: AbortSignal,
  { observer, reusesMemory = false }: TransportOptions,
  keep: (socket: net.Socket) => void,
): Promise<net.Socket> {
  const local = server.bindAddress === undefined ? {} : await localAddress(server.bindAddress, server.host)
  const isPlain = server.tls === undefined && server.websocket === undefined
  const reading = reusesMemory && isPlain ? readInto(new ReadBuffers(), (chunk) => socket.emit('data', chunk)) : {}
  let socket: net.Socket
  const connect = async (options: net.NetConnectOpts) => {
    socket = net.connect({ ...options, ...reading })
    // Such a socket does not wait by itself until somebody listens.
    if (reading.onread !== undefined) socket.pause()
    keep(socket)
    socket.once('lookup', (error, address) => error ?? observer?.resolved(address))
    await orAborted(emitted(socket, 'connect'), signal)
    return socket
  }
  if (server.unix !== undefined) return await connect({ path: server.unix })
  const { host, port } = server
  if (host === 'localhost' && server.bindAddress === undefined && observer === undefined) {
    try {
      return await connect({ host: LOOPBACK, port, noDelay: true })
    } catch {
      signal.throwIfAborted()
    }
  }
  return await connect({ host, port, noDelay: true, ...local })
}

/** What `localhost` stands for [RFC 6761, 6.3]; looking it up, which an observer is told of, takes longer than to connect. */
const LOOPBACK = '127.0.0.1'

/** Options that make a socket read into these buffers. It emits no data by itself then. */
function readInto(buffers: ReadBuffers, received: (chunk: Buffer) => void): Pick<net.ConnectOpts, 'onread'> {
  const callback = (length: number) => {
    received(buffers.filled(length))
    return true
  }
  return { onread: { buffer: () => buffers.next(), callback } }
}

/** Where to connect from; the other end has to be of the same family. */
async function localAddress(name: string, host: string): Promise<{ localAddress: string; family: number }> {
  const { lookup } = await import('node:dns/promises')
  try {
    const { address, family } = await lookup(name, { family: net.isIP(name) === 0 ? net.isIP(host) : 0 })
    return { localAddress: address, family }
  } catch (error) {
    throw new UnreachableError(`no local address named ${name} (-A)`, { cause: error })
  }
}

async function connectSocks(server: Server, signal: AbortSignal): Promise<net.Socket> {
  // As a part of the bundle, a package of CommonJS has no other name than this.
  const { SocksClient } = (await import('socks')).default
  const { host, port, username, password } = server.proxy!
  const connecting = SocksClient.createConnection({
    command: 'connect',
    destination: { host: server.host, port: server.port },
    proxy: { host, port, type: 5, ...(username === undefined ? {} : { userId: username, password: password ?? '' }) },
    set_tcp_nodelay: true,
    // The connect timeout is ours.
    timeout: 2 ** 31 - 1,
  }).catch((error: Error) => {
    throw new UnreachableError(`cannot reach ${addressOf(server)} through the proxy ${host}:${port}: ${error.message}`)
  })
  connecting.then(({ socket }) => signal.aborted && socket.destroy()).catch(() => {})
  const { socket } = await orAborted(connecting, signal)
  return socket
}

/** The alert bad_certificate, as it stands in a handshake of TLS 1.3 before our Finished [RFC 8446, 6]. */
const BAD_CERTIFICATE = Buffer.of(0x15, 3, 3, 0, 2, 2, 42)

async function startTls(server: Server, socket: net.Socket, signal: AbortSignal): Promise<TLSSocket> {
  const tls = await import('node:tls')
  const options = { host: server.host, ...server.tls }
  const { checkServerIdentity = tls.checkServerIdentity } = options
  const secure = tls.connect({
    ...options,
    socket,
    checkServerIdentity: (name, certificate) => {
      const error = checkServerIdentity(name, certificate)
      // Node checks when the handshake is done, and hangs up without a word. In TLS 1.3 our Finished is not sent yet, so
      // the broker still takes an alert that is not encrypted; in TLS 1.2 it is, and nobody could say more.
      if (error !== undefined && secure.getProtocol() === 'TLSv1.3') socket.write(BAD_CERTIFICATE)
      return error
    },
  })
  if (server.keyLog !== undefined) secure.on('keylog', server.keyLog)
  await orAborted(emitted(secure, 'secureConnect'), signal)
  return secure
}

/** The largest packet; brokers put at most one into a frame that is as large. */
const LARGEST_FRAME = 268_435_460

async function startWebSocket(server: Server, socket: Duplex, signal: AbortSignal): Promise<Duplex> {
  const { createWebSocketStream, WebSocket } = await import('ws')
  const { path, headers } = server.websocket!
  const host = server.unix === undefined ? addressOf(server) : 'localhost'
  const websocket = new WebSocket(`ws://${host}${path}`, 'mqtt', {
    createConnection: () => socket as net.Socket,
    headers: Object.fromEntries(headers),
    perMessageDeflate: false,
    maxPayload: LARGEST_FRAME,
  })
  await orAborted(emitted(websocket, 'open'), signal)
  const stream = createWebSocketStream(websocket)
  // When the broker cuts the connection instead of closing the WebSocket, the stream of ws 8.23 waits for a 'finish'
  // that never comes. What was received is read to its end first.
  websocket.once('close', () => {
    if (stream.writableEnded || stream.readableEnded) stream.destroy()
    else stream.once('end', () => stream.destroy())
  })
  return stream
}

/** `once` of node:events takes long at a start. @throws the error that is emitted instead. */
async function emitted(emitter: EventEmitter, event: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    emitter.once('error', reject)
    emitter.once(event, () => {
      emitter.removeListener('error', reject)
      resolve()
    })
  })
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** What went wrong, in words, by Node's error code. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused; is the broker running there, and is the port right?',
  ENOTFOUND: 'no such host; check the name (-h)',
  EAI_AGAIN: 'the name could not be looked up; is the network up?',
  ENOENT: 'no such socket',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ECONNRESET: 'the connection was closed',
  EPIPE: 'the connection was closed',
  EADDRNOTAVAIL: 'no such local address (-A)',
  EACCES: 'permission denied',
  EMFILE: 'too many open files (ulimit -n)',
  ENFILE: 'too many open files in the whole system',
}

/** What a machine says that has no port left, or no address of that family. */
export const NOWHERE_TO_CONNECT_FROM = 'no local address or port is free to connect from'

const UNKNOWN_AUTHORITY = 'the certificate authority is not trusted; --cafile names your own authority'
const NO_VERSION = 'the broker speaks no TLS version that is accepted here (--tls-version)'
const REFUSED_CERTIFICATE = 'the broker does not accept the client certificate (--cert)'

const TLS_REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the broker's certificate has expired; who runs the broker has to renew it",
  CERT_NOT_YET_VALID: "the broker's certificate is not valid yet; is this machine's clock right?",
  CERT_REVOKED: "the broker's certificate has been revoked (--crl); it needs a new one",
  CERT_SIGNATURE_FAILURE: 'the certificate authority is not the one trusted; --cafile names your own authority',
  CRL_HAS_EXPIRED: 'the list of revoked certificates has expired; get a new one for --crl',
  CRL_NOT_YET_VALID: "the list of revoked certificates (--crl) is not valid yet; is this machine's clock right?",
  CRL_SIGNATURE_FAILURE: 'the list of revoked certificates (--crl) is not signed by the authority that it names',
  DEPTH_ZERO_SELF_SIGNED_CERT: "the broker's certificate is self-signed; --cafile names it if you trust it",
  INVALID_PURPOSE: "the broker's certificate is not made for servers; it needs another one",
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_CRL: 'no list of revoked certificates is of an authority that signed here; add its own to --crl',
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: NO_VERSION,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: REFUSED_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC: 'the broker cannot decrypt what was sent; it may have another key (--psk)',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'the client certificate has expired; --cert needs a new one',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: 'the client certificate has been revoked; --cert needs a new one',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: REFUSED_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    'the broker refused the handshake; it may want a client certificate (--cert, --key) or a pre-shared key (--psk)',
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: REFUSED_CERTIFICATE,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the broker wants a client certificate (--cert, --key)',
  ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR: 'the broker cannot verify what was sent; it may have another key (--psk)',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 'the broker does not speak the protocol asked for (--tls-alpn)',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: NO_VERSION,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the broker does not trust the client certificate (--cert)',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_PSK_IDENTITY: 'the broker has no pre-shared key of this name (--psk-identity)',
  ERR_SSL_UNSUPPORTED_PROTOCOL: NO_VERSION,
  ERR_SSL_WRONG_VERSION_NUMBER: 'the broker does not speak TLS on this port',
}

/**
 * Turns an error of Node's, or of the libraries beneath, into one that says what to do. Also for errors that come
 * later: with TLS 1.3 a missing client certificate shows only after the handshake.
 *
 * @param step at which it came.
 */
export function explain(error: NodeJS.ErrnoException, server: Server, step: Step): TmqttError {
  if (error instanceof UnreachableError || error instanceof TlsError) return error
  const cause = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error
  const where = addressOf(server)
  const tls = tlsReason(cause, server, step)
  if (tls !== undefined) return new TlsError(`cannot trust ${where}: ${tls}`, { cause: error })
  return new UnreachableError(`cannot reach ${where}: ${plainReason(cause, server, step)}`, { cause: error })
}

function tlsReason(error: NodeJS.ErrnoException & { reason?: string }, server: Server, step: Step): string | undefined {
  // As OpenSSL 3.5, of Node 22 and newer, has it: SSL/TLS. A number is the reason code of an error of MQTT.js.
  const code = String(error.code ?? '').replace('ERR_SSL_SSL/TLS_', 'ERR_SSL_SSLV3_')
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const difference = error.reason?.replace(/: $/, '')
    return `the certificate is for another host: ${difference}; --servername or --insecure if that is right`
  }
  if (TLS_REASONS[code] !== undefined) return TLS_REASONS[code]
  if (code.startsWith('ERR_SSL_') || /CERT|SIGNATURE|ISSUER/.test(code)) return error.reason ?? error.message
  if (step !== 'tls') return undefined
  if (code !== 'ECONNRESET') return error.message
  const hint = server.tls?.cert === undefined ? '' : ', and take the client certificate (--cert)'
  return `it closed the connection; does it speak TLS on this port${hint}?`
}

function plainReason(error: NodeJS.ErrnoException, server: Server, step: Step): string {
  if (step === 'websocket') {
    const status = /Unexpected server response: (\d+)/.exec(error.message)?.[1]
    if (status === undefined) {
      const hint = server.tls?.cert === undefined ? '' : '; it may not take the client certificate (--cert)'
      return `no WebSocket there: ${REASONS[error.code ?? ''] ?? error.message}${hint}`
    }
    return `it answered the WebSocket request for ${server.websocket?.path} with HTTP status ${status} (--ws-path, --ws-header)`
  }
  // For an address that was asked for it is `bind` that fails; but for ports both are told of `connect`.
  const { code = '', syscall } = error
  if (syscall === 'connect' && (code === 'EADDRNOTAVAIL' || code === 'EADDRINUSE')) return NOWHERE_TO_CONNECT_FROM
  return REASONS[code] ?? error.message
}
