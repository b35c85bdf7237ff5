import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createServer, type SecureVersion } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/errors.ts'
import { explain, openTransport } from '../../src/mqtt/transport.ts'
import { certificates } from '../support/certificates.ts'
import { atEndOfTest } from '../support/clean-up.ts'
import { freePort } from '../support/free-port.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'

const { signal } = new AbortController()

describe('openTransport with -A', () => {
  // Elsewhere this machine has 127.0.0.1 only.
  it.skipIf(process.platform !== 'linux').each([
    ['127.0.0.2', '127.0.0.1', '127.0.0.2'],
    ['127.0.0.2', 'localhost', '127.0.0.2'],
    ['localhost', '127.0.0.1', '127.0.0.1'],
  ])('connects from %s to %s: from the address %s', async (bindAddress, host, from) => {
    const broker = await startScriptedBroker()
    const socket = await openTransport({ host, port: broker.port, bindAddress }, signal)
    atEndOfTest(() => socket.destroy())
    expect((await broker.connection()).socket.remoteAddress).toBe(from)
  })

  it.each([
    ['192.0.2.1', 'no such local address (-A)'],
    ['nowhere.invalid', 'no local address named nowhere.invalid (-A)'],
  ])('names %s, which is not of this machine', async (bindAddress, message) => {
    const { port } = await startScriptedBroker()
    const opening = openTransport({ host: '127.0.0.1', port, bindAddress }, signal)
    await expect(opening).rejects.toMatchObject({
      exitCode: ExitCode.unreachable,
      message: expect.stringContaining(message),
    })
  })
})

describe('openTransport to localhost', () => {
  it('connects to 127.0.0.1 without looking it up', async () => {
    const broker = await startScriptedBroker()
    const socket = (await openTransport({ host: 'localhost', port: broker.port }, signal)) as Socket
    atEndOfTest(() => socket.destroy())
    expect(socket.remoteAddress).toBe('127.0.0.1')
  })

  it('says so when nobody listens there, under the name that was asked for', async () => {
    const port = await freePort()
    const opening = openTransport({ host: 'localhost', port }, signal)
    await expect(opening).rejects.toMatchObject({
      exitCode: ExitCode.unreachable,
      message: `cannot reach localhost:${port}: connection refused; is the broker running there, and is the port right?`,
    })
  })
})

describe('openTransport by WebSocket', () => {
  it.each([
    [
      'HTTP/1.1 403 Forbidden\r\n\r\n',
      'it answered the WebSocket request for /x with HTTP status 403 (--ws-path, --ws-header)',
    ],
    ['', 'no WebSocket there: the connection was closed'],
  ])('says what it got in place of a connection: %j', async (answer, says) => {
    const server = createHttpServer().on('upgrade', (_request, socket) => socket.end(answer))
    server.listen(0, '127.0.0.1')
    atEndOfTest(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const opening = openTransport({ host: '127.0.0.1', port, websocket: { path: '/x', headers: [] } }, signal)
    await expect(opening).rejects.toMatchObject({
      exitCode: ExitCode.unreachable,
      message: `cannot reach 127.0.0.1:${port}: ${says}`,
    })
  })
})

describe('openTransport at a certificate for another host', () => {
  /** What a server of this version makes of a client that refuses its certificate. */
  async function seenByServer(version: SecureVersion): Promise<string | undefined> {
    const { ca, wrongHost } = await certificates()
    const [cert, key] = [wrongHost.certfile, wrongHost.keyfile].map((path) => readFileSync(path))
    const server = createServer({ cert, key, minVersion: version, maxVersion: version }).listen(0, '127.0.0.1')
    atEndOfTest(() => server.close())
    await once(server, 'listening')
    const seen = new Promise<string | undefined>((resolve) => {
      server.on('tlsClientError', (error: NodeJS.ErrnoException) => resolve(error.code))
      server.on('secureConnection', (socket) => {
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
        socket.on('close', () => resolve(undefined))
      })
    })
    const tls = { ca: readFileSync(ca), rejectUnauthorized: true }
    const { port } = server.address() as AddressInfo
    const opening = openTransport({ host: 'localhost', port, tls }, signal)
    await expect(opening).rejects.toMatchObject({ exitCode: ExitCode.tls })
    return await seen
  }

  it('tells the broker why it hangs up, with TLS 1.3', async () => {
    expect(await seenByServer('TLSv1.3')).toMatch(/^ERR_SSL_(SSLV3|SSL\/TLS)_ALERT_BAD_CERTIFICATE$/)
  })

  it('just hangs up with TLS 1.2, where it could not be read', async () => {
    expect(await seenByServer('TLSv1.2')).toBeOneOf([undefined, 'ECONNRESET'])
  })
})

describe('explain', () => {
  it.each(['ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC', 'ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC'])(
    'says which option may be wrong, whatever OpenSSL calls it: %s',
    (code) => {
      const error = explain(Object.assign(new Error('bad record mac'), { code }), { host: 'h', port: 8883 }, 'tls')
      expect(error.exitCode).toBe(ExitCode.tls)
      expect(error.message).toContain('it may have another key (--psk)')
    },
  )
})
