import { readFileSync } from 'node:fs'
import type { TlsOptions } from 'node:tls'
import { beforeAll, describe, expect, it } from 'vitest'
import { startAedes } from '../support/aedes.ts'
import { type Certificates, certificates, type KeyPair, type ServerTls } from '../support/certificates.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { runCli } from '../support/run.ts'
import { startSocks } from '../support/socks.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { startTlsTerminator } from '../support/tls-terminator.ts'

let files: Certificates
beforeAll(async () => {
  files = await certificates()
})

type Identity = { [K in keyof Certificates]: Certificates[K] extends KeyPair ? K : never }[keyof Certificates]
type Args = readonly string[]

/** The broker by a TLS peer of this process, and what a publisher has come to there. */
async function publishTo(scheme: string, peer: TlsOptions, args: Args, { host = 'localhost', env = {} } = {}) {
  const { ports } = await startAedes({ websocket: true })
  const terminator = await startTlsTerminator(peer, scheme === 'wss' ? ports.ws : ports.tcp)
  const address = `${host}:${terminator.port}`
  const publisher = runCli(['pub', '-L', `${scheme}://${address}`, ...args, '-t', 't', '-m', 'x', '-q', '1'], { env })
  const exit = await publisher.exit
  return { ...terminator, address, exit, stdout: publisher.stdout.toString(), stderr: publisher.stderr }
}

/** What tmqtt has to say when it does not trust, in one line, with nothing sent to the peer that it does not trust. */
async function expectDistrust(run: Awaited<ReturnType<typeof publishTo>>, reason: string): Promise<void> {
  expect(run).toMatchObject({ exit: 8, stdout: '', stderr: `tmqtt pub: cannot trust ${run.address}: ${reason}\n` })
  expect(await run.decrypted()).toBe('')
}

async function expectDelivery(run: Awaited<ReturnType<typeof publishTo>>): Promise<void> {
  expect(run).toMatchObject({ exit: 0, stderr: '' })
  expect((await run.decrypted()).length).toBeGreaterThan(20)
}

function identity({ certfile, keyfile }: KeyPair): TlsOptions {
  return { cert: readFileSync(certfile), key: readFileSync(keyfile) }
}

function only(version: string): TlsOptions {
  const exactly = version as 'TLSv1.3'
  return { minVersion: exactly, maxVersion: exactly, ...(/1(\.1)?$/.test(version) ? { ciphers: OLD_CIPHERS } : {}) }
}

/** Those that OpenSSL no longer takes unasked. */
const OLD_CIPHERS = 'DEFAULT@SECLEVEL=0'

const trusting = (...args: Args) => ['--cafile', files.ca, ...args]
const showing = ({ certfile, keyfile }: KeyPair, ...args: Args) =>
  trusting('--cert', certfile, '--key', keyfile, ...args)

const UNKNOWN = 'the certificate authority is not trusted; --cafile names your own authority'
const EXPIRED = "the broker's certificate has expired; who runs the broker has to renew it"
const NOT_YET = "the broker's certificate is not valid yet; is this machine's clock right?"
const SELF_SIGNED = "the broker's certificate is self-signed; --cafile names it if you trust it"
const PURPOSE = "the broker's certificate is not made for servers; it needs another one"
const REVOKED = "the broker's certificate has been revoked (--crl); it needs a new one"
const NO_LIST = 'no list of revoked certificates is of an authority that signed here; add its own to --crl'
const OLD_LIST = 'the list of revoked certificates has expired; get a new one for --crl'
const NO_VERSION = 'the broker speaks no TLS version that is accepted here (--tls-version)'

const otherHost = (reason: string) =>
  `the certificate is for another host: ${reason}; --servername or --insecure if that is right`
const WRONG_HOST = otherHost("Host: localhost. is not in the cert's altnames: DNS:wrong.example")
const WRONG_ADDRESS = otherHost("IP: 127.0.0.1 is not in the cert's list")

const servers: readonly [from: Identity, reason: string, given: string, args: () => Args, host?: string][] = [
  ['server', UNKNOWN, '--cafile of another authority', () => ['--cafile', files.otherCa]],
  ['server', UNKNOWN, '--capath of another authority', () => ['--capath', directoryWith(files.otherCa)]],
  ['server', UNKNOWN, '--insecure', () => ['--cafile', files.otherCa, '--insecure']],
  ['expired', EXPIRED, '--cafile', () => trusting()],
  ['expired', EXPIRED, '--insecure', () => trusting('--insecure')],
  ['notYetValid', NOT_YET, '--cafile', () => trusting()],
  ['notYetValid', NOT_YET, '--insecure', () => trusting('--insecure')],
  ['wrongPurpose', PURPOSE, '--insecure', () => trusting('--insecure')],
  ['selfSigned', SELF_SIGNED, '--cafile', () => trusting()],
  ['selfSigned', SELF_SIGNED, '--insecure', () => trusting('--insecure')],
  ['wrongHost', WRONG_HOST, '--cafile', () => trusting()],
  ['wrongHost', WRONG_ADDRESS, 'an address', () => trusting(), '127.0.0.1'],
  ['nameOnly', WRONG_ADDRESS, 'an address', () => trusting(), '127.0.0.1'],
  ['revoked', REVOKED, '--crl', () => trusting('--crl', files.crl.ca)],
  ['revoked', REVOKED, '--crl and --insecure', () => trusting('--crl', files.crl.ca, '--insecure')],
  ['revoked', REVOKED, '--crl with two lists', () => trusting('--crl', together(files.crl.otherCa, files.crl.ca))],
  ['server', NO_LIST, '--crl of another authority', () => trusting('--crl', files.crl.otherCa)],
  ['server', OLD_LIST, '--crl of 2020', () => trusting('--crl', files.crl.outdated)],
]

const trusted: readonly [from: Identity, given: string, args: () => Args, host?: string][] = [
  ['server', '--cafile', () => trusting()],
  ['server', 'an address', () => trusting(), '127.0.0.1'],
  ['nameOnly', '--servername for an address', () => trusting('--servername', 'localhost'), '127.0.0.1'],
  ['nameOnly', '--insecure for an address', () => trusting('--insecure'), '127.0.0.1'],
  ['wrongHost', '--insecure', () => trusting('--insecure')],
  ['wrongHost', '--servername', () => trusting('--servername', 'wrong.example')],
  ['selfSigned', '--cafile of it', () => ['--cafile', files.selfSigned.certfile]],
  ['server', '--crl', () => trusting('--crl', files.crl.ca)],
  ['server', '--crl with two lists', () => trusting('--crl', together(files.crl.ca, files.crl.otherCa))],
  ['revoked', 'no --crl', () => trusting()],
]

function directoryWith(file: string): string {
  const directory = temporaryDirectory()
  directory.write('authority.pem', readFileSync(file))
  return directory.path
}

function together(...paths: Args): string {
  return temporaryDirectory().write('both.pem', paths.map((path) => readFileSync(path, 'utf8')).join('\n'))
}

describe.each(['mqtts', 'wss'])('%s', (scheme) => {
  describe.each(['TLSv1.2', 'TLSv1.3'])('by %s', (version) => {
    const peer = (from: Identity) => ({ ...identity(files[from]), ...only(version) })

    it.each(servers)('does not trust %s: %s, given %s', async (from, reason, _given, args, host = 'localhost') => {
      await expectDistrust(await publishTo(scheme, peer(from), args(), { host }), reason)
    })

    it.each(trusted)('trusts %s, given %s', async (from, _given, args, host = 'localhost') => {
      await expectDelivery(await publishTo(scheme, peer(from), args(), { host }))
    })

    it('trusts whom the system trusts, and no more', async () => {
      const system = (SSL_CERT_FILE: string) =>
        publishTo(scheme, peer('server'), ['--tls-use-os-certs'], { env: { SSL_CERT_FILE } })
      await expectDistrust(await system(files.otherCa), UNKNOWN)
      await expectDelivery(await system(files.ca))
    })

    it.each(['', '127.0.0.1'])('asks for the host as server name, but for an address: %j', async (address) => {
      const asked: (string | undefined)[] = []
      const SNICallback: TlsOptions['SNICallback'] = (name, done) => {
        asked.push(name)
        done(null)
      }
      const host = address || 'localhost'
      await expectDelivery(await publishTo(scheme, { ...peer('server'), SNICallback }, trusting(), { host }))
      expect(asked).toEqual(address === '' ? ['localhost'] : [])
    })

    it('wants to speak the protocol of --tls-alpn, or none with who has none', async () => {
      const asking = trusting('--tls-alpn', 'mqtt')
      const reason = 'the broker does not speak the protocol asked for (--tls-alpn)'
      await expectDistrust(await publishTo(scheme, { ...peer('server'), ALPNProtocols: ['http/1.1'] }, asking), reason)
      await expectDelivery(await publishTo(scheme, { ...peer('server'), ALPNProtocols: ['mqtt'] }, asking))
      await expectDelivery(await publishTo(scheme, peer('server'), asking))
    })

    describe('to a broker that wants a client certificate', () => {
      const wanting = () => ({
        ...peer('server'),
        ca: readFileSync(files.ca),
        requestCert: true,
        rejectUnauthorized: true,
      })

      it('says that it is missing', async () => {
        const reason =
          version === 'TLSv1.3'
            ? 'the broker wants a client certificate (--cert, --key)'
            : 'the broker refused the handshake; it may want a client certificate (--cert, --key) or a pre-shared key (--psk)'
        await expectDistrust(await publishTo(scheme, wanting(), trusting()), reason)
      })

      it('has the certificate in mind when it hangs up without a word', async () => {
        const run = await publishTo(scheme, wanting(), showing(files.strangeClient))
        expect([3, 8]).toContain(run.exit)
        expect(run.stderr).toMatch(
          /^tmqtt pub: cannot (reach|trust) .*closed.* the client certificate \(--cert\)\??\n$/,
        )
        expect(await run.decrypted()).toBe('')
      })

      it('sends it, also with a key behind a password', async () => {
        const { encryptedKeyfile: keyfile, password } = files.client
        const locked = showing({ ...files.client, keyfile })
        await expectDelivery(await publishTo(scheme, wanting(), showing(files.client)))
        await expectDelivery(await publishTo(scheme, wanting(), [...locked, '--key-password', password]))
        const env = { TMQTT_KEY_PASSWORD: password }
        await expectDelivery(await publishTo(scheme, wanting(), locked, { env }))
      })
    })
  })

  it('checks the broker behind a proxy, too', async () => {
    const { ports } = await startAedes({ websocket: true })
    const reach = async (from: Identity) => {
      const terminator = await startTlsTerminator(identity(files[from]), scheme === 'wss' ? ports.ws : ports.tcp)
      const { port } = await startSocks(terminator.port)
      const args = trusting('--crl', files.crl.ca, '--proxy', `socks5h://127.0.0.1:${port}`)
      const publisher = runCli(['pub', '-L', `${scheme}://example.org:7`, ...args, '-t', 't', '-m', 'x', '-q', '1'])
      const exit = await publisher.exit
      return { ...terminator, address: 'example.org:7', exit, stdout: '', stderr: publisher.stderr }
    }
    await expectDelivery(await reach('server'))
    await expectDistrust(await reach('revoked'), REVOKED)
    await expectDistrust(await reach('expired'), EXPIRED)
  })

  it.each(['TLSv1', 'TLSv1.1'])('does not speak %s, which is all that the broker speaks', async (version) => {
    await expectDistrust(
      await publishTo(scheme, { ...identity(files.server), ...only(version) }, trusting()),
      NO_VERSION,
    )
  })

  it('does not speak TLS 1.2 with --tls-version tlsv1.3', async () => {
    const peer = { ...identity(files.server), ...only('TLSv1.2') }
    await expectDistrust(await publishTo(scheme, peer, trusting('--tls-version', 'tlsv1.3')), NO_VERSION)
  })

  describe('by a pre-shared key', () => {
    const peer: TlsOptions = {
      ciphers: 'PSK',
      pskCallback: (_socket, name) => (name === 'joe' ? Buffer.from('00ab12', 'hex') : null),
    }
    const keyed = (psk: string, name = 'joe') => ['--psk', psk, '--psk-identity', name]

    it('reaches a broker that has the same key', async () => {
      await expectDelivery(await publishTo(scheme, peer, keyed('00ab12')))
    })

    it.each([
      ['another key', keyed('00ab13'), 'the broker cannot decrypt what was sent; it may have another key (--psk)'],
      ['another name', keyed('00ab12', 'jim'), 'the broker has no pre-shared key of this name (--psk-identity)'],
    ])('says that the broker has %s', async (_what, args, reason) => {
      await expectDistrust(await publishTo(scheme, peer, args), reason)
    })

    it('does not trust a broker that has a certificate instead', async () => {
      const run = await publishTo(scheme, identity(files.server), keyed('00ab12'))
      expect(run).toMatchObject({ exit: 8, stdout: '' })
      expect(await run.decrypted()).toBe('')
    })
  })

  it.each<[what: string, args: () => Args, says: () => string]>([
    [
      'a key without its password',
      () => showing({ ...files.client, keyfile: files.client.encryptedKeyfile }, '--key-password', 'wrong'),
      () => `--key ${files.client.encryptedKeyfile} needs the right --key-password`,
    ],
    [
      'a key of another certificate',
      () => showing({ ...files.client, keyfile: files.server.keyfile }),
      () => `--key ${files.server.keyfile} does not belong to --cert ${files.client.certfile}`,
    ],
    ['an empty --cafile', () => ['--cafile', '/dev/null'], () => '--cafile /dev/null: no PEM certificate in it'],
    [
      'an empty --crl',
      () => trusting('--crl', '/dev/null'),
      () => '--crl /dev/null: no PEM list of revoked certificates in it',
    ],
  ])('does not even connect with %s', async (_what, args, says) => {
    const run = await publishTo(scheme, identity(files.server), args())
    expect(run).toMatchObject({ exit: 1, stdout: '' })
    expect(run.stderr).toMatch(/^[^\n]+\n$/)
    expect(run.stderr).toContain(`tmqtt pub: ${says()}`)
    expect(run.connections()).toBe(0)
  })
})

const REVOKED_CLIENT: readonly [Identity, string][] = [
  ['revoked', 'the client certificate has been revoked; --cert needs a new one'],
]

describe.skipIf(!hasMosquitto).each(['mqtts', 'wss'])("mosquitto's %s", (scheme) => {
  const start = async (tls: ServerTls) => {
    const broker = await startMosquitto({ tls, websocket: true })
    return { ...broker, url: new URL(scheme === 'wss' ? broker.urls.wss : broker.urls.tls) }
  }

  /** Fails by distrust, and mosquitto has heard nothing of it. */
  async function expectRefusal(
    { url, urls, waitForLog }: Awaited<ReturnType<typeof start>>,
    args: Args,
    reason: string,
  ) {
    const publisher = runCli(['pub', '-L', url.href, ...args, '-t', 't', '-m', 'x', '-i', 'canary'])
    expect(await publisher.exit).toBe(8)
    expect(publisher.stderr).toBe(`tmqtt pub: cannot trust ${url.host}: ${reason}\n`)
    expect(await runCli(['pub', '-L', urls.tcp, '-i', 'after', '-t', 't', '-m', 'x']).exit).toBe(0)
    expect(await waitForLog(/New client connected .* as after/)).not.toContain('canary')
  }

  it.each(servers)('is not trusted with %s: %s, given %s', async (from, reason, _given, args, host = 'localhost') => {
    const broker = await start({ ...files[from], cafile: files.ca })
    broker.url.hostname = host
    await expectRefusal(broker, args(), reason)
  })

  it.each<[whose: Identity, reason: string]>([
    ['strangeClient', 'the broker does not trust the client certificate (--cert)'],
    ['expired', 'the client certificate has expired; --cert needs a new one'],
    // mosquitto 2.0.11 forgets its list of revoked certificates where it speaks WebSocket.
    ...(scheme === 'wss' ? [] : REVOKED_CLIENT),
  ])('does not take the client certificate %s: %s', async (whose, reason) => {
    const wanting = { ...files.server, cafile: files.ca, crlfile: files.crl.ca, requireClientCertificate: true }
    const broker = await start(wanting)
    await expectRefusal(broker, showing(files[whose]), reason)
    const good = runCli(['pub', '-L', broker.url.href, ...showing(files.client), '-t', 't', '-m', 'x', '-q', '1'])
    expect(await good.exit, good.stderr).toBe(0)
  })
})
