import { describe, expect, it } from 'vitest'
import { startAedes } from '../support/aedes.ts'
import { type Certificates, certificates } from '../support/certificates.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { spawnTmqtt } from '../support/spawn.ts'
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

  it.each([
    ['server', []],
    ['wrongHost', ['--insecure']],
    ['wrongHost', ['--servername', 'wrong.example']],
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
})
