import { existsSync, readFileSync, statSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { beforeAll, describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { needsKeyPassword } from '../../src/mqtt/tls-options.ts'
import { type Certificates, certificates } from '../support/certificates.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { optionsOf, type Texts, valuesOf } from './options-of.ts'

let files: Certificates
beforeAll(async () => {
  files = await certificates()
})

function pemOf(path: string): string {
  return readFileSync(path, 'latin1').trim()
}

describe('TLS', () => {
  const system = () => temporaryDirectory().write('system.pem', pemOf(files.otherCa))

  it.each<[given: Texts, port: number]>([
    [{ tlsUseOsCerts: 'true' }, 8883],
    [{ port: '8883' }, 8883],
    [{ url: 'mqtts://h' }, 8883],
    [{ url: 'wss://h' }, 8883],
    [{ url: 'mqtt://h:8883' }, 8883],
    [{ url: 'mqtts://h:7' }, 7],
    [{ tlsUseOsCerts: 'true', port: '1883' }, 1883],
  ])('is on for %j, at port %d', (given, port) => {
    expect(optionsOf(given).server).toMatchObject({ port, tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2' } })
  })

  it('is on for --cafile and --capath, which name whom to trust', () => {
    const directory = temporaryDirectory()
    directory.write('b.pem', `text before\n${pemOf(files.otherCa)}\n`)
    directory.write('a.pem', `${pemOf(files.ca)}\n`)
    directory.write('readme', 'no certificate')
    const [ca, other] = [pemOf(files.ca), pemOf(files.otherCa)]
    expect(optionsOf({ cafile: files.ca }).server).toMatchObject({ port: 8883, tls: { ca: [ca] } })
    expect(optionsOf({ capath: directory.path }).server).toMatchObject({ port: 8883, tls: { ca: [ca, other] } })
    const both = temporaryDirectory().write('both.pem', `${ca}\n${other}\n`)
    expect(optionsOf({ cafile: both }).server.tls?.ca).toEqual([ca, other])
  })

  it.each<[given: Texts]>([[{}], [{ insecure: 'true' }], [{ port: '8884' }], [{ url: 'ws://h' }]])(
    'is off for %j',
    (given) => {
      expect(optionsOf(given).server).not.toHaveProperty('tls')
    },
  )

  it.each<[option: string, given: Texts]>([
    ['--crl', { crl: 'f' }],
    ['--tls-version', { tlsVersion: 'tlsv1.3' }],
    ['--ciphers', { ciphers: 'HIGH' }],
    ['--tls-alpn', { tlsAlpn: 'mqtt' }],
    ['--servername', { servername: 'h' }],
    ['--psk-identity', { pskIdentity: 'i' }],
    ['--tls-keylog', { tlsKeylog: 'f' }],
  ])('is what %s needs', (option, given) => {
    expect(() => optionsOf(given)).toThrow(new RegExp(`^${option} does nothing without TLS`))
  })

  it("trusts the system's authorities, as SSL_CERT_FILE names them", () => {
    const env = { SSL_CERT_FILE: system() }
    const other = pemOf(files.otherCa)
    expect(optionsOf({ tlsUseOsCerts: 'true' }, { env }).server.tls?.ca).toEqual([other])
    expect(optionsOf({ port: '8883' }, { env }).server.tls?.ca).toEqual([other])
    expect(optionsOf({ cafile: files.ca }, { env }).server.tls?.ca).toEqual([pemOf(files.ca)])
    expect(optionsOf({ cafile: files.ca, tlsUseOsCerts: 'true' }, { env }).server.tls?.ca).toEqual([
      pemOf(files.ca),
      other,
    ])
  })

  it("trusts Node's own authorities when the system's cannot be read", () => {
    const env = { SSL_CERT_FILE: temporaryDirectory().file('missing') }
    expect(optionsOf({ port: '8883' }, { env }).server.tls?.ca).toEqual(rootCertificates)
  })

  it.each<[given: Texts, tls: object]>([
    [{ host: 'h' }, { servername: 'h' }],
    [
      { host: 'h', servername: 'name' },
      { servername: 'name', host: 'name' },
    ],
    [{ tlsVersion: 'tlsv1.3' }, { minVersion: 'TLSv1.3' }],
    // A list for TLS 1.2 says nothing of TLS 1.3, nor the other way round [OpenSSL, SSL_CTX_set_cipher_list].
    [{ ciphers: 'HIGH' }, { ciphers: expect.stringMatching(/^HIGH:TLS_AES_256_GCM_SHA384:/), minVersion: 'TLSv1.2' }],
    [{ ciphers: 'HIGH:TLS_AES_128_CCM_SHA256' }, { ciphers: 'HIGH:TLS_AES_128_CCM_SHA256' }],
    [
      { ciphers: 'TLS_AES_128_GCM_SHA256', tlsVersion: 'tlsv1.3' },
      { ciphers: 'TLS_AES_128_GCM_SHA256', minVersion: 'TLSv1.3' },
    ],
    [{ tlsAlpn: 'mqtt' }, { ALPNProtocols: ['mqtt'] }],
    [{ insecure: 'true' }, { rejectUnauthorized: true, checkServerIdentity: expect.any(Function) }],
    [{ unix: '/s' }, { rejectUnauthorized: true, checkServerIdentity: expect.any(Function) }],
  ])('given %j uses %j', (given, tls) => {
    expect(optionsOf({ cafile: files.ca, ...given }).server.tls).toMatchObject(tls)
  })

  it.each<[given: Texts]>([
    [{}],
    [{ tlsVersion: 'tlsv1.2' }],
    [{ ciphers: 'HIGH' }],
    [{ tlsVersion: 'tlsv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' }],
  ])('drops only the check of the name with --insecure, unlike mosquitto also with %j', (given) => {
    const { tls } = optionsOf({ cafile: files.ca, insecure: 'true', ...given }).server
    expect(tls).toMatchObject({ rejectUnauthorized: true, ca: [pemOf(files.ca)] })
    expect(tls?.checkServerIdentity?.('h', {} as never)).toBeUndefined()
  })

  it('checks the name without --insecure', () => {
    expect(optionsOf({ cafile: files.ca }).server.tls).not.toHaveProperty('checkServerIdentity')
  })

  it.each(['127.0.0.1', '::1'])('asks for no server name where the host is the address %s', (host) => {
    expect(optionsOf({ cafile: files.ca, host }).server.tls).not.toHaveProperty('servername')
  })

  it('takes a client certificate with its key', () => {
    const { certfile, keyfile, encryptedKeyfile, password } = files.client
    const trusted = { cafile: files.ca, cert: certfile }
    const pem = readFileSync(certfile)
    expect(optionsOf({ ...trusted, key: keyfile }).server.tls).toMatchObject({ cert: pem, key: readFileSync(keyfile) })
    const typed = optionsOf({ ...trusted, key: encryptedKeyfile }, { keyPassword: password })
    expect(typed.server.tls).toMatchObject({ passphrase: password })
    const given = optionsOf({ ...trusted, key: encryptedKeyfile, keyPassword: password }, { keyPassword: 'other' })
    expect(given.server.tls).toMatchObject({ passphrase: password })
  })

  it('takes every list of revoked certificates in the file of --crl', () => {
    const [ours, others] = [pemOf(files.crl.ca), pemOf(files.crl.otherCa)]
    const crl = temporaryDirectory().write('lists.pem', `text before\n${others}\n${ours}\n`)
    expect(optionsOf({ cafile: files.ca, crl }).server.tls).toMatchObject({ crl: [others, ours] })
  })

  it('refuses a client certificate where TLS is off', () => {
    const { certfile, keyfile } = files.client
    expect(() => optionsOf({ cert: certfile, key: keyfile })).toThrow(/^--cert does nothing without TLS/)
  })

  it('names the option and the file that it cannot use', () => {
    const directory = temporaryDirectory()
    const missing = directory.file('missing')
    const empty = directory.write('empty', 'not a certificate')
    const broken = directory.write('broken', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
    const list = readFileSync(files.crl.ca, 'latin1')
    const brokenList = directory.write('list', `${list}-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n`)
    const nothing = temporaryDirectory().path
    const { certfile, keyfile, encryptedKeyfile } = files.client
    const trusted = { cafile: files.ca }
    const cases: [given: Texts, message: string][] = [
      [{ cafile: missing }, `--cafile ${missing}: no such file`],
      [{ cafile: directory.path }, `--cafile ${directory.path}: is a directory`],
      [{ cafile: empty }, `--cafile ${empty}: no PEM certificate in it`],
      [{ cafile: broken }, `--cafile ${broken}: holds a certificate that cannot be read`],
      [{ ...trusted, crl: missing }, `--crl ${missing}: no such file`],
      [{ ...trusted, crl: directory.path }, `--crl ${directory.path}: is a directory`],
      [{ ...trusted, crl: empty }, `--crl ${empty}: no PEM list of revoked certificates in it`],
      [{ ...trusted, crl: files.ca }, `--crl ${files.ca}: no PEM list of revoked certificates in it`],
      [{ ...trusted, crl: brokenList }, `--crl ${brokenList}: Failed to parse CRL`],
      [{ capath: missing }, `--capath ${missing}: no such file`],
      [{ capath: nothing }, `--capath ${nothing}: no PEM certificate in any file there`],
      [{ ...trusted, cert: missing, key: keyfile }, `--cert ${missing}: no such file`],
      [{ ...trusted, cert: certfile, key: missing }, `--key ${missing}: no such file`],
      [{ ...trusted, cert: empty, key: keyfile }, `--cert ${empty} or --key ${keyfile}: `],
      [{ ...trusted, cert: certfile, key: empty }, `--cert ${certfile} or --key ${empty}: `],
      [
        { ...trusted, cert: certfile, key: files.server.keyfile },
        `--key ${files.server.keyfile} does not belong to --cert ${certfile}`,
      ],
      [
        { ...trusted, cert: certfile, key: encryptedKeyfile },
        `--key ${encryptedKeyfile} needs the right --key-password`,
      ],
      [
        { ...trusted, cert: certfile, key: encryptedKeyfile, keyPassword: 'wrong' },
        `--key ${encryptedKeyfile} needs the right --key-password`,
      ],
      [{ ...trusted, ciphers: 'NONSENSE' }, '--ciphers NONSENSE: '],
      [{ ...trusted, ciphers: 'TLS_NONSENSE' }, '--ciphers TLS_NONSENSE: '],
      [{ ...trusted, ciphers: 'HIGH', tlsVersion: 'tlsv1.3' }, '--ciphers HIGH: names no suite of TLS 1.3'],
    ]
    for (const [given, message] of cases) {
      expect(() => optionsOf(given), message).toThrow(UsageError)
      expect(() => optionsOf(given), message).toThrow(message)
    }
  })
})

describe('--psk', () => {
  const psk = { psk: '00ff', pskIdentity: 'joe' }

  it('takes the place of certificates, at the port of TLS', () => {
    const { port, tls } = optionsOf(psk).server
    expect(port).toBe(8883)
    expect(tls).toMatchObject({ ca: [], minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', rejectUnauthorized: true })
    expect(tls?.pskCallback?.(null)).toEqual({ psk: Buffer.of(0, 255), identity: 'joe' })
  })

  it.each<[given: Texts, port: number]>([
    [{ port: '1883' }, 1883],
    [{ url: 'mqtts://h' }, 8883],
    [{ url: 'mqtt://h:7' }, 7],
  ])('is used with %j, at port %d', (given, port) => {
    expect(optionsOf({ ...psk, ...given }).server).toMatchObject({ port, tls: { ca: [] } })
  })

  it('offers ciphers that the key proves, and encrypt, unless --ciphers says otherwise', () => {
    expect(optionsOf(psk).server.tls).toMatchObject({ ciphers: 'aPSK:!eNULL' })
    expect(optionsOf({ ...psk, ciphers: 'PSK' }).server.tls).toMatchObject({ ciphers: 'PSK' })
  })

  it.each<[message: string, given: Texts]>([
    ['--psk works with TLS 1.2 only (--tls-version)', { tlsVersion: 'tlsv1.3' }],
    ['--ciphers TLS_AES_128_GCM_SHA256: names no cipher of TLS 1.2 for --psk', { ciphers: 'TLS_AES_128_GCM_SHA256' }],
    ['--ciphers NONSENSE: ', { ciphers: 'NONSENSE' }],
  ])('refuses: %s', (message, given) => {
    expect(() => optionsOf({ ...psk, ...given })).toThrow(UsageError)
    expect(() => optionsOf({ ...psk, ...given })).toThrow(message)
  })
})

describe('--no-tls', () => {
  it.each<[given: Texts, port: number]>([
    [{ cafile: 'missing' }, 8883],
    [{ capath: 'missing' }, 8883],
    [{ psk: 'ab', pskIdentity: 'i' }, 8883],
    [{ url: 'mqtts://h' }, 8883],
    [{ url: 'mqtts://h:7' }, 7],
    [{ port: '8883' }, 8883],
    [{ cafile: 'missing', port: '7' }, 7],
    [{ cafile: 'missing', crl: 'missing' }, 8883],
    [{ cert: 'missing', key: 'missing', keyform: 'engine', tlsEngine: 'x', ciphers: 'x', tlsKeylog: 'x' }, 1883],
  ])('leaves %j without effect, but for the port %d', (given, port) => {
    const { server } = optionsOf({ ...given, noTls: 'true' })
    expect(server).toMatchObject({ port })
    expect(server).not.toHaveProperty('tls')
    expect(server).not.toHaveProperty('keyLog')
  })
})

describe('a TLS engine', () => {
  it.each<[option: string, given: Texts]>([
    ['--tls-engine x', { tlsEngine: 'x' }],
    ['--tls-engine x', { tlsEngine: 'x', tlsEngineKpassSha1: 'secret' }],
    ['--tls-engine-kpass-sha1', { tlsEngineKpassSha1: 'secret' }],
    ['--keyform engine', { cafile: 'missing', cert: 'missing', key: 'missing', keyform: 'engine' }],
  ])('is what this build has not: %s', (option, given) => {
    expect(() => optionsOf(given)).toThrow(
      new UsageError(`${option}: this build has no TLS engines; --key reads a PEM file`),
    )
  })

  it('is not asked for with --keyform pem', () => {
    const { certfile: cert, keyfile: key } = files.client
    expect(optionsOf({ cafile: files.ca, cert, key, keyform: 'pem' }).server.tls).toHaveProperty('key')
  })
})

describe('--tls-keylog', () => {
  it('appends to a file that only its owner can read', () => {
    const tlsKeylog = temporaryDirectory().file('keys')
    const log = () => optionsOf({ cafile: files.ca, tlsKeylog }).server.keyLog
    expect(existsSync(tlsKeylog)).toBe(false)
    log()?.(Buffer.from('one\n'))
    log()?.(Buffer.from('two\n'))
    expect(readFileSync(tlsKeylog, 'utf8')).toBe('one\ntwo\n')
    expect(statSync(tlsKeylog).mode & 0o777).toBe(0o600)
  })

  it('warns once when it cannot write', () => {
    const tlsKeylog = temporaryDirectory().path
    const warnings: string[] = []
    const { keyLog } = optionsOf({ cafile: files.ca, tlsKeylog }, { warn: (text) => warnings.push(text) }).server
    for (const line of ['one\n', 'two\n']) keyLog?.(Buffer.from(line))
    expect(warnings).toEqual([`cannot write --tls-keylog ${tlsKeylog}: is a directory`])
  })
})

describe('needsKeyPassword', () => {
  it('holds for an encrypted key whose password was not given', () => {
    const { certfile: cert, keyfile, encryptedKeyfile } = files.client
    expect(needsKeyPassword(valuesOf({}))).toBe(false)
    expect(needsKeyPassword(valuesOf({ cert, key: keyfile }))).toBe(false)
    expect(needsKeyPassword(valuesOf({ cert, key: encryptedKeyfile }))).toBe(true)
    expect(needsKeyPassword(valuesOf({ cert, key: encryptedKeyfile, keyPassword: 'x' }))).toBe(false)
    expect(needsKeyPassword(valuesOf({ cert, key: encryptedKeyfile, noTls: 'true' }))).toBe(false)
    expect(needsKeyPassword(valuesOf({ cert, key: encryptedKeyfile, psk: 'ab', pskIdentity: 'i' }))).toBe(false)
  })

  it('names a key that cannot be read', () => {
    const key = temporaryDirectory().file('missing')
    expect(() => needsKeyPassword(valuesOf({ cert: 'c', key }))).toThrow(new UsageError(`--key ${key}: no such file`))
  })
})
