import { Resolver } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { type Certificates, certificates } from '../support/certificates.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { optionsOf, type Texts } from './options-of.ts'

let files: Certificates
beforeAll(async () => {
  files = await certificates()
})

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

  it.each<[given: Texts]>([[{ wsPath: '/x' }], [{ wsHeader: 'A: b' }]])('refuses %j without WebSocket', (given) => {
    expect(() => optionsOf(given)).toThrow(/^--ws-path and --ws-header do nothing without WebSocket/)
  })

  it('is to tell of every packet with -d only', () => {
    const debug = { print: () => {}, taken: async () => {} }
    expect(optionsOf({ debug: 'true' }, { debug }).debug).toBe(debug)
    expect(optionsOf({}, { debug })).not.toHaveProperty('debug')
  })

  it('leaves host and port to DNS with -S', () => {
    const { server } = optionsOf({ srv: 'true', host: 'h', cafile: files.ca })
    expect(server).toMatchObject({ host: 'h', srv: expect.any(Resolver) })
    expect(server.tls).not.toHaveProperty('servername')
    expect(optionsOf({ srv: 'true', host: 'h', cafile: files.ca, servername: 'n' }).server.tls).toMatchObject({
      servername: 'n',
      host: 'n',
    })
  })

  it.each<[message: string, given: Texts]>([
    ['-S takes host and port from DNS', { url: 'mqtt://h:7' }],
    ['-S takes host and port from DNS', { url: 'unix:/s' }],
    ['-S takes host and port from DNS', { url: 'ws://h' }],
    ['-S looks a host name up, and ::1 is an address', { host: '::1' }],
  ])('refuses: %s, with %j', (message, given) => {
    expect(() => optionsOf({ srv: 'true', ...given })).toThrow(UsageError)
    expect(() => optionsOf({ srv: 'true', ...given })).toThrow(message)
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

  it('names a password file that cannot be read', () => {
    const missing = temporaryDirectory().file('missing')
    expect(() => optionsOf({ username: 'u', passwordFile: missing })).toThrow(
      new UsageError(`--password-file ${missing}: no such file`),
    )
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
