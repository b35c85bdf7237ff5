import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startAedes } from '../support/aedes.ts'
import { type Certificates, certificates } from '../support/certificates.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { failureOf } from './failure.ts'

type Identity = 'server' | 'expired' | 'wrongHost' | 'selfSigned'

/** A publisher that trusts an authority, at a broker with this certificate. */
async function publish(identity: Identity, authority: 'ca' | 'otherCa', args: readonly string[] = []) {
  const files: Certificates = await certificates()
  const { urls } = await startAedes({ tls: { ...files[identity], cafile: files.ca } })
  return spawnTmqtt(['pub', '-L', urls.tls, '--cafile', files[authority], ...args, '-t', 't', '-m', 'x', '-q', '1'])
}

describe('TLS', () => {
  it.each([
    ['expired', 'ca', [], "the broker's certificate has expired"],
    ['expired', 'ca', ['--insecure'], "the broker's certificate has expired"],
    ['wrongHost', 'ca', [], 'the certificate is for another host'],
    ['server', 'otherCa', [], '--cafile names your own authority'],
    ['server', 'otherCa', ['--insecure'], '--cafile names your own authority'],
    ['selfSigned', 'ca', [], 'self-signed'],
    // With one of these, mosquitto's --insecure takes a certificate of anybody.
    ['server', 'otherCa', ['--insecure', '--tls-version', 'tlsv1.2'], '--cafile names your own authority'],
    ['server', 'otherCa', ['--insecure', '--ciphers', 'HIGH'], '--cafile names your own authority'],
  ] as const)('exits with 8: %s to who trusts %s, %j', async (identity, authority, args, reason) => {
    const { code, says } = await failureOf(await publish(identity, authority, args))
    expect(code).toBe(8)
    expect(says).toMatch(/^cannot trust localhost:\d+: /)
    expect(says).toContain(reason)
  })

  it('exits with 8 for an authority that the system does not know', async () => {
    const { ca, server } = await certificates()
    const { urls } = await startAedes({ tls: { ...server, cafile: ca } })
    const { code, says } = await failureOf(spawnTmqtt(['sub', '-L', urls.tls, '-t', 't']))
    expect(code).toBe(8)
    expect(says).toContain('--cafile names your own authority')
  })

  it('is not turned off, nor is anybody trusted, by what Node heeds in the environment', async () => {
    const { ca, server, otherCa } = await certificates()
    const { urls } = await startAedes({ tls: { ...server, cafile: ca }, websocket: true })
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_EXTRA_CA_CERTS: ca }
    for (const url of [urls.tls, urls.wss]) {
      const { code } = await failureOf(spawnTmqtt(['sub', '-L', url, '--cafile', otherCa, '-t', 't'], { env }))
      expect(code).toBe(8)
    }
  })

  it.each([
    ['server', []],
    ['wrongHost', ['--insecure']],
    ['wrongHost', ['--servername', 'wrong.example']],
    ['server', ['--tls-version', 'tlsv1.3', '--ciphers', 'TLS_AES_128_GCM_SHA256']],
  ] as const)('succeeds: %s, %j', async (identity, args) => {
    const publisher = await publish(identity, 'ca', args)
    expect(await publisher.exited, publisher.stderr).toEqual({ code: 0, signal: null })
  })

  it('succeeds with an authority in SSL_CERT_FILE, the system’s store', async () => {
    const { ca, server } = await certificates()
    const { urls } = await startAedes({ tls: { ...server, cafile: ca } })
    const env = { SSL_CERT_FILE: ca }
    const publisher = spawnTmqtt(['pub', '-L', urls.tls, '--tls-use-os-certs', '-t', 't', '-m', 'x'], { env })
    expect(await publisher.exited, publisher.stderr).toEqual({ code: 0, signal: null })
  })

  it('exits with 8 when the broker does not speak TLS', async () => {
    const { ca } = await certificates()
    const { urls } = await startAedes()
    const url = urls.tcp.replace('mqtt:', 'mqtts:')
    const { code } = await failureOf(spawnTmqtt(['sub', '-L', url, '--cafile', ca, '-t', 't']))
    expect(code).toBe(8)
  })

  it.each([
    { name: 'aedes', available: true, start: startAedes },
    { name: 'mosquitto', available: hasMosquitto, start: startMosquitto },
  ])('exits with 8 without the client certificate that $name wants', async ({ available, start }) => {
    if (!available) return
    const { ca, server } = await certificates()
    const { urls } = await start({ tls: { ...server, cafile: ca, requireClientCertificate: true } })
    for (const args of [['sub'], ['pub', '-m', 'x'], ['pub', '-l']]) {
      const { code, says } = await failureOf(spawnTmqtt([...args, '-L', urls.tls, '--cafile', ca, '-t', 't']))
      expect(code).toBe(8)
      expect(says).toContain('client certificate (--cert, --key)')
    }
  })

  it.skipIf(!hasMosquitto)('tells mosquitto that its certificate was refused', async () => {
    const { ca, wrongHost } = await certificates()
    const { urls, waitForLog } = await startMosquitto({ tls: { ...wrongHost, cafile: ca } })
    const publisher = spawnTmqtt(['pub', '-L', urls.tls, '--cafile', ca, '-t', 't', '-m', 'x'])
    expect((await failureOf(publisher)).code).toBe(8)
    await waitForLog('alert bad certificate')
  })

  it('appends the keys of each connection to the file of --tls-keylog', async () => {
    const { ca, server } = await certificates()
    const { urls } = await startAedes({ tls: { ...server, cafile: ca } })
    const file = temporaryDirectory().file('keys')
    const publish = async () => {
      const args = ['-L', urls.tls, '--cafile', ca, '--tls-keylog', file, '-t', 't', '-m', 'x']
      const publisher = spawnTmqtt(['pub', ...args])
      expect(await publisher.exited, publisher.stderr).toEqual({ code: 0, signal: null })
      return readFileSync(file, 'utf8')
    }
    const first = await publish()
    expect(first).toMatch(/^(?:[A-Z0-9_]+ [0-9a-f]{64} [0-9a-f]+\n){4,}$/)
    expect(first).toContain('CLIENT_TRAFFIC_SECRET_0 ')
    const both = await publish()
    expect(both.startsWith(first)).toBe(true)
    expect(both.length).toBeGreaterThan(first.length)
  })

  it('leaves TLS 1.3 on where --ciphers names those of TLS 1.2', async () => {
    const { ca, server } = await certificates()
    const { urls } = await startAedes({ tls: { ...server, cafile: ca } })
    const file = temporaryDirectory().file('keys')
    const args = ['--cafile', ca, '--ciphers', 'ECDHE-ECDSA-AES128-GCM-SHA256', '--tls-keylog', file]
    const publisher = spawnTmqtt(['pub', '-L', urls.tls, ...args, '-t', 't', '-m', 'x'])
    expect(await publisher.exited, publisher.stderr).toEqual({ code: 0, signal: null })
    expect(readFileSync(file, 'utf8')).toContain('CLIENT_TRAFFIC_SECRET_0 ')
  })

  it('only warns when the file of --tls-keylog cannot be written', async () => {
    const { ca, server } = await certificates()
    const { urls } = await startAedes({ tls: { ...server, cafile: ca } })
    const file = temporaryDirectory().path
    const publisher = spawnTmqtt(['pub', '-L', urls.tls, '--cafile', ca, '--tls-keylog', file, '-t', 't', '-m', 'x'])
    expect(await publisher.exited).toEqual({ code: 0, signal: null })
    expect(publisher.stderr).toBe(`tmqtt pub: cannot write --tls-keylog ${file}: is a directory\n`)
  })

  it('is off with --no-tls', async () => {
    const { ports } = await startAedes()
    const args = ['--no-tls', '--cafile', 'missing', '-h', '127.0.0.1', '-p', String(ports.tcp), '-t', 't', '-m', 'x']
    const publisher = spawnTmqtt(['pub', ...args])
    expect(await publisher.exited, publisher.stderr).toEqual({ code: 0, signal: null })
  })
})

describe.skipIf(!hasMosquitto)('a pre-shared key', () => {
  /** A publisher at a broker that knows the key 00ab12 of joe. */
  async function publishWith(...args: readonly string[]) {
    const keys = temporaryDirectory().write('keys', 'joe:00ab12\n')
    const { ports } = await startMosquitto({ config: ['psk_hint hint', `psk_file ${keys}`] })
    const at = ['-h', '127.0.0.1', '-p', String(ports.tcp)]
    return spawnTmqtt(['pub', ...at, ...args, '-t', 't', '-m', 'x', '-q', '1'])
  }

  it.each([[[]], [['--ciphers', 'PSK-AES128-GCM-SHA256']]])('is taken by mosquitto, with %j', async (args) => {
    const publisher = await publishWith('--psk', '00ab12', '--psk-identity', 'joe', ...args)
    expect(await publisher.exited, publisher.stderr).toEqual({ code: 0, signal: null })
  })

  it.each([
    ['00ab13', 'joe', '--psk)'],
    ['ab12', 'joe', '--psk)'],
    ['00ab12', 'jane', '--psk-identity)'],
  ])('exits with 8 when it is refused: %s of %s', async (key, identity, reason) => {
    const { code, says } = await failureOf(await publishWith('--psk', key, '--psk-identity', identity))
    expect(code).toBe(8)
    expect(says).toContain(reason)
  })

  it('proves the broker: one that has certificates instead is not trusted', async () => {
    const { ca, server } = await certificates()
    const { ports } = await startAedes({ tls: { ...server, cafile: ca } })
    const at = ['-h', 'localhost', '-p', String(ports.tls), '--psk', '00ab12', '--psk-identity', 'joe']
    for (const args of [[], ['--insecure', '--ciphers', 'ALL']]) {
      const { code } = await failureOf(spawnTmqtt(['pub', ...at, ...args, '-t', 't', '-m', 'x']))
      expect(code).toBe(8)
    }
  })
})
