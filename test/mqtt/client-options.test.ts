import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { beforeAll, describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { type ClientOptions, clientOptions, type Defaults, needsKeyPassword } from '../../src/mqtt/client-options.ts'
import { type ConnectionValues, connectionOptions } from '../../src/options/connection.ts'
import { resolve } from '../../src/options/resolve.ts'
import { type Certificates, certificates } from '../support/certificates.ts'
import { temporaryDirectory } from '../support/temporary.ts'

type Texts = Readonly<Record<string, string | readonly string[]>>

let files: Certificates
beforeAll(async () => {
  files = await certificates()
})

function valuesOf(given: Texts): ConnectionValues {
  const texts = new Map(Object.entries(given).map(([key, text]) => [key, [text].flat()]))
  return resolve(connectionOptions, [{ texts, nameOf: (key) => key }])
}

function optionsOf(given: Texts, defaults: Partial<Defaults> = {}): ClientOptions {
  return clientOptions(valuesOf(given), { env: {}, pid: 4711, reconnectAttempts: 0, warn: () => {}, ...defaults })
}

function pemOf(path: string): string {
  return readFileSync(path, 'latin1').trim()
}

describe('clientOptions', () => {
  it('connects to this machine unless told otherwise', () => {
    expect(optionsOf({})).toEqual({
      server: { host: 'localhost', port: 1883 },
      protocolVersion: 4,
      clientId: '',
      cleanStart: true,
      keepAlive: 60,
      properties: { connect: [], will: [], subscribe: [], unsubscribe: [], disconnect: [] },
      connectTimeoutMs: 30_000,
      reconnect: { attempts: 0, delayMs: 1000, maxDelayMs: 30_000 },
    })
  })

  it.each<[given: Texts, server: object]>([
    [
      { host: 'h', port: '7' },
      { host: 'h', port: 7 },
    ],
    [{ url: 'mqtt://h:7' }, { host: 'h', port: 7 }],
    [{ url: 'mqtt://h' }, { host: 'h', port: 1883 }],
    [
      { url: 'mqtt://h:7', host: 'other' },
      { host: 'other', port: 7 },
    ],
    [
      { url: 'mqtt://h:7', port: '8' },
      { host: 'h', port: 8 },
    ],
    [{ url: 'mqtt://[::1]' }, { host: '::1', port: 1883 }],
    [{ unix: '/s' }, { host: 'localhost', port: 1883, unix: '/s' }],
    [{ url: 'unix:/s' }, { host: 'localhost', port: 1883, unix: '/s' }],
    [
      { host: '/s', port: '0' },
      { host: '/s', port: 0, unix: '/s' },
    ],
    [{ bindAddress: '127.0.0.2' }, { host: 'localhost', port: 1883, bindAddress: '127.0.0.2' }],
    [{ proxy: 'socks5h://p' }, { host: 'localhost', port: 1883, proxy: { host: 'p', port: 1080 } }],
    [{ websocket: 'true' }, { host: 'localhost', port: 1883, websocket: { path: '/mqtt', headers: [] } }],
    [
      { url: 'ws://h', wsPath: '/x', wsHeader: ['A: b', 'A: c'] },
      {
        host: 'h',
        port: 1883,
        websocket: {
          path: '/x',
          headers: [
            ['A', 'b'],
            ['A', 'c'],
          ],
        },
      },
    ],
  ])('given %j connects to %j', (given, server) => {
    expect(optionsOf(given).server).toEqual(server)
  })

  it('reconnects as often as the command does, unless --reconnect says otherwise', () => {
    const always = Number.POSITIVE_INFINITY
    expect(optionsOf({}, { reconnectAttempts: always }).reconnect.attempts).toBe(always)
    expect(optionsOf({ reconnect: 'never' }, { reconnectAttempts: always }).reconnect.attempts).toBe(0)
    expect(optionsOf({ reconnect: '3' }).reconnect.attempts).toBe(3)
  })

  it('never waits less at last than at first', () => {
    const { reconnect } = optionsOf({ reconnectDelay: '50s', reconnectMaxDelay: '10s' })
    expect(reconnect).toEqual({ attempts: 0, delayMs: 50_000, maxDelayMs: 50_000 })
  })

  it("refuses --proxy with -A, which names this machine's end", () => {
    expect(() => optionsOf({ proxy: 'socks5h://p', bindAddress: '127.0.0.1' })).toThrow(
      new UsageError("--proxy and -A can't be used together"),
    )
  })
})

describe('clientOptions: session', () => {
  it.each<[given: Texts, clientId: string]>([
    [{ clientId: 'me' }, 'me'],
    [{ clientId: '' }, ''],
    [{ clientIdPrefix: 'me-' }, 'me-4711'],
    [{ clientIdPrefix: 'me-', protocolVersion: '31' }, 'me-4711'],
    [{ protocolVersion: '5' }, ''],
  ])('given %j uses the client identifier %j', (given, clientId) => {
    expect(optionsOf(given).clientId).toBe(clientId)
  })

  it('makes an identifier up for MQTT 3.1, another each time', () => {
    const made = [1, 2].map(() => optionsOf({ protocolVersion: '31' }).clientId)
    // Of at most 23 characters [3.1, 3.1].
    for (const id of made) expect(id).toMatch(/^tmqtt-[A-Za-z0-9]{16}$/)
    expect(made[0]).not.toBe(made[1])
  })

  it.each<[given: Texts, cleanStart: boolean, connect: readonly unknown[]]>([
    [{ protocolVersion: '5' }, true, []],
    [{ persistentSession: 'true', clientId: 'me' }, false, []],
    [
      { persistentSession: 'true', clientId: 'me', protocolVersion: '5' },
      false,
      [['session-expiry-interval', 0xffff_ffff]],
    ],
    [
      { persistentSession: 'true', clientId: 'me', sessionExpiryInterval: '60' },
      false,
      [['session-expiry-interval', 60]],
    ],
    [
      { persistentSession: 'true', clientIdPrefix: 'me', sessionExpiryInterval: '60' },
      false,
      [['session-expiry-interval', 60]],
    ],
    [{ persistentSession: 'true', clientId: 'me', sessionExpiryInterval: '0' }, false, []],
    [{ sessionExpiryInterval: '60' }, true, [['session-expiry-interval', 60]]],
    [{ sessionExpiryInterval: 'never', clientId: 'me' }, true, [['session-expiry-interval', 0xffff_ffff]]],
    [{ protocolVersion: '5', maxPacketSize: '1k' }, true, [['maximum-packet-size', 1024]]],
    [{ protocolVersion: '5', topicAliasMaximum: '10' }, true, [['topic-alias-maximum', 10]]],
    [
      { property: ['connect session-expiry-interval 9', 'connect user-property b 1'] },
      true,
      [
        ['session-expiry-interval', 9],
        ['user-property', ['b', '1']],
      ],
    ],
    [
      { property: 'connect receive-maximum 3', sessionExpiryInterval: '9', maxPacketSize: '1k' },
      true,
      [
        ['receive-maximum', 3],
        ['session-expiry-interval', 9],
        ['maximum-packet-size', 1024],
      ],
    ],
  ])('given %j starts clean: %s, with %j', (given, cleanStart, connect) => {
    expect(optionsOf(given)).toMatchObject({ cleanStart })
    expect(optionsOf(given).properties.connect).toEqual(connect)
  })

  it('tells a broker of MQTT 5 how much it may send, and keeps the limit itself before', () => {
    expect(optionsOf({ protocolVersion: '5' }, { receiveMaximum: 7 }).properties.connect).toEqual([
      ['receive-maximum', 7],
    ])
    expect(optionsOf({ maxPacketSize: '1k' }, { receiveMaximum: 7 })).toMatchObject({
      properties: { connect: [] },
      maxPacketSize: 1024,
    })
  })

  it('gives each packet the properties that are for it, in the order given', () => {
    const property = ['b 2', 'a 1', 'b 1'].flatMap((pair) => [
      `will user-property ${pair}`,
      `subscribe user-property ${pair}`,
      `disconnect user-property ${pair}`,
    ])
    const pairs = [
      ['b', '2'],
      ['a', '1'],
      ['b', '1'],
    ].map((pair) => ['user-property', pair])
    expect(optionsOf({ willTopic: 't', property }).properties).toEqual({
      connect: [],
      will: pairs,
      subscribe: pairs,
      unsubscribe: [],
      disconnect: pairs,
    })
  })

  it('keeps to a maximum packet size given as a property', () => {
    expect(optionsOf({ property: 'connect maximum-packet-size 2000' }).maxPacketSize).toBe(2000)
  })

  it.each<[given: Texts, message: string]>([
    [
      { sessionExpiryInterval: '9', property: 'connect session-expiry-interval 8' },
      'session-expiry-interval is given twice',
    ],
    [
      { property: ['publish content-type a', 'connect receive-maximum 1', 'connect receive-maximum 1'] },
      'receive-maximum is given twice',
    ],
    [{ property: 'will content-type x' }, '-D will needs --will-topic'],
  ])('refuses %j', (given, message) => {
    expect(() => optionsOf(given)).toThrow(message)
  })

  it.each<[given: Texts]>([
    [{ persistentSession: 'true' }],
    [{ persistentSession: 'true', protocolVersion: '31' }],
    [{ persistentSession: 'true', clientId: '' }],
    [{ persistentSession: 'true', clientIdPrefix: 'me' }],
    [{ persistentSession: 'true', protocolVersion: '5' }],
    [{ persistentSession: 'true', sessionExpiryInterval: '60' }],
    [{ sessionExpiryInterval: 'never' }],
    [{ sessionExpiryInterval: 'never', clientIdPrefix: 'me' }],
  ])('wants a client identifier for a session that could not be found again: %j', (given) => {
    expect(() => optionsOf(given)).toThrow(UsageError)
    expect(() => optionsOf(given)).toThrow(/-i/)
  })
})

describe('clientOptions: credentials', () => {
  it.each<[given: Texts, username: string | undefined, password: string | undefined]>([
    [{}, undefined, undefined],
    [{ username: 'u' }, 'u', undefined],
    [{ username: '' }, '', undefined],
    [{ username: 'u', password: '' }, 'u', ''],
    [{ username: 'u', password: 'pä' }, 'u', 'pä'],
    [{ url: 'mqtt://u:p@h' }, 'u', 'p'],
    [{ url: 'mqtt://u:p@h', username: 'v' }, 'v', 'p'],
    [{ url: 'mqtt://u:p@h', password: 'q' }, 'u', 'q'],
    [{ password: 'p', protocolVersion: '5' }, undefined, 'p'],
  ])('given %j logs in as %j with %j', (given, username, password) => {
    const found = optionsOf(given)
    expect([found.username, found.password?.toString()]).toEqual([username, password])
  })

  it.each<[given: Texts]>([[{ password: 'p' }], [{ password: 'p', protocolVersion: '31' }]])(
    'refuses a password without user name before MQTT 5: %j',
    (given) => {
      expect(() => optionsOf(given)).toThrow(new UsageError('a password needs a user name (-u) before MQTT 5'))
    },
  )

  it.each([
    ['secret', 'secret'],
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    [' secret \nmore\n', ' secret '],
    ['\n', ''],
    ['', ''],
    ['se\rcret\n', 'se\rcret'],
  ])('reads the first line of a password file: %j is %j', (content, password) => {
    const passwordFile = temporaryDirectory().write('password', content)
    expect(optionsOf({ username: 'u', passwordFile }).password?.toString()).toBe(password)
  })

  it.each([
    [0o600, 0],
    [0o400, 0],
    [0o640, 1],
    [0o604, 1],
  ])('warns when others can read a secret file: of mode %o, %d times', (mode, times) => {
    const directory = temporaryDirectory()
    const { certfile: cert, keyfile } = files.client
    const passwordFile = directory.write('password', 'secret', mode)
    const key = directory.write('key', readFileSync(keyfile), mode)
    const warnings: string[] = []
    const warn = (text: string) => warnings.push(text)
    optionsOf({ username: 'u', passwordFile }, { warn })
    optionsOf({ cafile: files.ca, cert, key }, { warn })
    const expected = [`--password-file ${passwordFile}`, `--key ${key}`].map(
      (what) => `${what}: other users can read this file (chmod 600)`,
    )
    expect(warnings).toEqual(times === 0 ? [] : expected)
  })

  it('takes what was typed on the terminal', () => {
    const given = { username: 'u', passwordPrompt: 'true' }
    expect(optionsOf(given, { password: Buffer.from('typed') }).password?.toString()).toBe('typed')
  })
})

describe('clientOptions: will', () => {
  it.each(['31', '311', '5'])('is the same in every version without properties: %s', (protocolVersion) => {
    const given = { protocolVersion, willTopic: 't', willPayload: 'gone ä', willQos: '2', willRetain: 'true' }
    expect(optionsOf(given).will).toEqual({ topic: 't', payload: Buffer.from('gone ä'), qos: 2, retain: true })
  })

  it('is empty, at QoS 0 and not retained unless told otherwise', () => {
    expect(optionsOf({ willTopic: 't' }).will).toEqual({ topic: 't', payload: Buffer.alloc(0), qos: 0, retain: false })
  })

  it('has the properties of MQTT 5', () => {
    const found = optionsOf({
      willTopic: 't',
      willDelayInterval: '5',
      willPayloadFormatIndicator: 'utf8',
      willMessageExpiryInterval: '0',
      willContentType: 'text/plain',
      willResponseTopic: 'r',
      willCorrelationData: 'id',
      willUserProperty: ['a=1', 'b=2', 'a=3', '__proto__=4'],
    })
    expect(found.protocolVersion).toBe(5)
    expect(found.properties.will).toEqual([
      ['will-delay-interval', 5],
      ['payload-format-indicator', 1],
      ['message-expiry-interval', 0],
      ['content-type', 'text/plain'],
      ['response-topic', 'r'],
      ['correlation-data', Buffer.from('id')],
      ['user-property', ['a', '1']],
      ['user-property', ['b', '2']],
      ['user-property', ['a', '3']],
      ['user-property', ['__proto__', '4']],
    ])
  })

  it('says with 0 that its payload is just bytes', () => {
    const found = optionsOf({ willTopic: 't', willPayloadFormatIndicator: '0' })
    expect(found.properties.will).toEqual([['payload-format-indicator', 0]])
  })
})

describe('clientOptions: TLS', () => {
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
    ['--tls-version', { tlsVersion: 'tlsv1.3' }],
    ['--ciphers', { ciphers: 'HIGH' }],
    ['--tls-alpn', { tlsAlpn: 'mqtt' }],
    ['--servername', { servername: 'h' }],
  ])('is what %s needs', (option, given) => {
    expect(() => optionsOf(given)).toThrow(new RegExp(`^${option} does nothing without TLS`))
  })

  it.each<[given: Texts]>([[{ wsPath: '/x' }], [{ wsHeader: 'A: b' }]])('refuses %j without WebSocket', (given) => {
    expect(() => optionsOf(given)).toThrow(/^--ws-path and --ws-header do nothing without WebSocket/)
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
    [{ ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }, { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }],
    [{ tlsAlpn: 'mqtt' }, { ALPNProtocols: ['mqtt'] }],
    [{ insecure: 'true' }, { rejectUnauthorized: true, checkServerIdentity: expect.any(Function) }],
    [{ unix: '/s' }, { rejectUnauthorized: true, checkServerIdentity: expect.any(Function) }],
  ])('given %j uses %j', (given, tls) => {
    expect(optionsOf({ cafile: files.ca, ...given }).server.tls).toMatchObject(tls)
  })

  it('drops only the check of the name with --insecure', () => {
    const { tls } = optionsOf({ cafile: files.ca, insecure: 'true' }).server
    expect(tls?.checkServerIdentity?.('h', {} as never)).toBeUndefined()
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

  it('refuses a client certificate where TLS is off', () => {
    const { certfile, keyfile } = files.client
    expect(() => optionsOf({ cert: certfile, key: keyfile })).toThrow(/^--cert does nothing without TLS/)
  })

  it('names the option and the file that it cannot use', () => {
    const directory = temporaryDirectory()
    const missing = directory.file('missing')
    const empty = directory.write('empty', 'not a certificate')
    const broken = directory.write('broken', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
    const nothing = temporaryDirectory().path
    const { certfile, keyfile, encryptedKeyfile } = files.client
    const trusted = { cafile: files.ca }
    const cases: [given: Texts, message: string][] = [
      [{ cafile: missing }, `--cafile ${missing}: no such file`],
      [{ cafile: directory.path }, `--cafile ${directory.path}: is a directory`],
      [{ cafile: empty }, `--cafile ${empty}: no PEM certificate in it`],
      [{ cafile: broken }, `--cafile ${broken}: holds a certificate that cannot be read`],
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
      [{ username: 'u', passwordFile: missing }, `--password-file ${missing}: no such file`],
    ]
    for (const [given, message] of cases) {
      expect(() => optionsOf(given), message).toThrow(UsageError)
      expect(() => optionsOf(given), message).toThrow(message)
    }
  })
})

describe('needsKeyPassword', () => {
  it('holds for an encrypted key whose password was not given', () => {
    const { certfile: cert, keyfile, encryptedKeyfile } = files.client
    expect(needsKeyPassword(valuesOf({}))).toBe(false)
    expect(needsKeyPassword(valuesOf({ cert, key: keyfile }))).toBe(false)
    expect(needsKeyPassword(valuesOf({ cert, key: encryptedKeyfile }))).toBe(true)
    expect(needsKeyPassword(valuesOf({ cert, key: encryptedKeyfile, keyPassword: 'x' }))).toBe(false)
  })

  it('names a key that cannot be read', () => {
    const key = temporaryDirectory().file('missing')
    expect(() => needsKeyPassword(valuesOf({ cert: 'c', key }))).toThrow(new UsageError(`--key ${key}: no such file`))
  })
})
