import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { type ConnectionValues, connectionOptions } from '../../src/options/connection.ts'
import { environmentSource, resolve } from '../../src/options/resolve.ts'

type Texts = Readonly<Record<string, string>>

/** What the connection options come to; `given` by key as on the command line. */
function connection(given: Texts, env: Texts = {}): ConnectionValues {
  const texts = new Map(Object.entries(given).map(([key, text]) => [key, [text]]))
  return resolve(connectionOptions, [{ texts, nameOf: (key) => key }, environmentSource(connectionOptions, env)])
}

describe('connectionOptions', () => {
  it('has these values when nothing is given', () => {
    const given = Object.entries(connection({})).filter(([, value]) => value !== undefined && value !== false)
    expect(Object.fromEntries(given)).toEqual({
      connectTimeout: 30_000,
      reconnectDelay: 1000,
      reconnectMaxDelay: 30_000,
      keepAlive: 60,
      property: [],
      wsHeader: [],
      willQos: 0,
      willUserProperty: [],
    })
  })

  it.each<[key: keyof ConnectionValues, text: string, value: unknown]>([
    ['port', '0', 0],
    ['port', '65535', 65_535],
    ['protocolVersion', '31', 3],
    ['protocolVersion', '311', 4],
    ['protocolVersion', '5', 5],
    ['protocolVersion', '3.1.1', 4],
    ['protocolVersion', 'mqttv31', 3],
    ['protocolVersion', 'mqttv311', 4],
    ['protocolVersion', 'mqttv5', 5],
    ['sessionExpiryInterval', '0', 0],
    ['sessionExpiryInterval', '0x10', 16],
    ['sessionExpiryInterval', '4294967295', 0xffff_ffff],
    ['sessionExpiryInterval', 'never', 0xffff_ffff],
    ['sessionExpiryInterval', '∞', 0xffff_ffff],
    ['sessionExpiryInterval', '-1', 0xffff_ffff],
    ['reconnect', '0', 0],
    ['reconnect', '3', 3],
    ['reconnect', 'never', 0],
    ['reconnect', 'always', Number.POSITIVE_INFINITY],
    ['connectTimeout', '1ms', 1],
    ['keepAlive', '5', 5],
    ['maxPacketSize', '1M', 1024 ** 2],
    ['clientId', '', ''],
    ['clientId', '007', '007'],
    ['password', 'é', Buffer.from('é')],
    ['tlsVersion', 'tlsv1.3', 'TLSv1.3'],
    ['wsPath', '/a?b=c', '/a?b=c'],
    ['wsHeader', 'A: b', [['A', 'b']]],
  ])('reads %s %j as %j', (key, text, value) => {
    expect(connection({ [key]: text })[key]).toEqual(value)
  })

  it.each([
    ['port', '-1'],
    ['port', '65536'],
    ['protocolVersion', '4'],
    ['protocolVersion', 'MQTTV5'],
    ['sessionExpiryInterval', '4294967296'],
    ['sessionExpiryInterval', '-2'],
    ['sessionExpiryInterval', '1.5'],
    ['sessionExpiryInterval', ''],
    ['reconnect', '-1'],
    ['reconnect', '1e3'],
    ['reconnect', 'forever'],
    ['connectTimeout', '0'],
    ['keepAlive', '4'],
    ['keepAlive', '65536'],
    ['maxPacketSize', '63'],
    ['maxPacketSize', '256M'],
    ['clientId', 'a\0'],
    ['tlsVersion', 'tlsv1.1'],
    ['wsPath', 'mqtt'],
    ['wsPath', '/a b'],
    ['wsPath', '/a#b'],
    ['willTopic', 'a/+'],
    ['willQos', '3'],
    ['url', 'h'],
    ['proxy', 'http://h'],
  ])('refuses %s %j', (key, text) => {
    expect(() => connection({ [key]: text })).toThrow(UsageError)
  })

  it.each([
    ['00ff', [0, 255]],
    ['00FF', [0, 255]],
    // As mosquitto's clients read it.
    ['abc', [0x0a, 0xbc]],
    ['0', [0]],
  ])('reads psk %s as bytes', (psk, bytes) => {
    expect(connection({ psk, pskIdentity: 'i' }).psk).toEqual(Buffer.from(bytes))
  })

  it.each([
    ['psk', ''],
    ['psk', '0x12'],
    ['psk', 'ab cd'],
    ['pskIdentity', ''],
    ['pskIdentity', 'a\0b'],
  ])('refuses %s %j', (key, text) => {
    expect(() => connection({ psk: 'ab', pskIdentity: 'i', [key]: text })).toThrow(/: expected (hex digits|1 to 256)/)
  })

  it('holds a pre-shared key and its identity to what OpenSSL takes', () => {
    const longest = { psk: '11'.repeat(512), pskIdentity: 'ä'.repeat(128) }
    expect(connection(longest)).toMatchObject({ psk: Buffer.alloc(512, 0x11), pskIdentity: longest.pskIdentity })
    expect(() => connection({ ...longest, psk: `1${longest.psk}` })).toThrow(UsageError)
    expect(() => connection({ ...longest, pskIdentity: `x${longest.pskIdentity}` })).toThrow(UsageError)
  })

  it('holds no will payload or user property that does not fit its field', () => {
    const long = 'x'.repeat(65_536)
    expect(() => connection({ willTopic: 't', willPayload: long })).toThrow(UsageError)
    expect(() => connection({ willTopic: 't', willUserProperty: `a=${long}` })).toThrow(UsageError)
  })

  it.each<[given: Texts, env: Texts, found: object]>([
    [{ host: 'h' }, { TMQTT_URL: 'mqtt://u:p@e:9/t' }, { host: 'h', url: undefined }],
    [{ host: 'h' }, { TMQTT_UNIX: '/s' }, { host: 'h', unix: undefined }],
    [{ url: 'mqtt://h' }, { TMQTT_HOST: 'e', TMQTT_PORT: '9' }, { host: undefined, port: undefined }],
    [{ url: 'mqtt://h' }, { TMQTT_UNIX: '/s' }, { unix: undefined }],
    [{ unix: '/s' }, { TMQTT_HOST: 'e', TMQTT_PORT: '9' }, { unix: '/s', host: undefined, port: undefined }],
    [{ unix: '/s' }, { TMQTT_URL: 'mqtt://h' }, { unix: '/s', url: undefined }],
    [{ clientId: 'a' }, { TMQTT_CLIENT_ID_PREFIX: 'b' }, { clientId: 'a', clientIdPrefix: undefined }],
    [{ clientIdPrefix: 'b' }, { TMQTT_CLIENT_ID: 'a' }, { clientId: undefined, clientIdPrefix: 'b' }],
    [{ passwordFile: 'f' }, { TMQTT_PASSWORD: 'p' }, { password: undefined, passwordFile: 'f' }],
    [{ passwordPrompt: 'true' }, { TMQTT_PASSWORD: 'p' }, { password: undefined, passwordPrompt: true }],
    [{ password: 'p' }, { TMQTT_PASSWORD_FILE: 'f' }, { passwordFile: undefined }],
    [{ password: 'p' }, { TMQTT_PASSWORD_PROMPT: '1' }, { passwordPrompt: false }],
    [{ psk: 'ab', pskIdentity: 'i' }, { TMQTT_CAFILE: 'c', TMQTT_TLS_USE_OS_CERTS: '1' }, { cafile: undefined }],
    [{ cafile: 'c' }, { TMQTT_PSK: 'ab', TMQTT_PSK_IDENTITY: 'i' }, { cafile: 'c', psk: undefined }],
  ])('given %j lets it void %j', (given, env, found) => {
    expect(connection(given, env)).toMatchObject(found)
  })

  it.each([
    ['unix', '/s', 'host', 'h'],
    ['unix', '/s', 'port', '1'],
    ['unix', '/s', 'url', 'mqtt://h'],
    ['unix', '/s', 'proxy', 'socks5h://p'],
    ['unix', '/s', 'bindAddress', '127.0.0.1'],
    ['unix', '/s', 'websocket', 'true'],
    ['srv', 'true', 'port', '1'],
    ['srv', 'true', 'unix', '/s'],
    ['srv', 'true', 'proxy', 'socks5h://p'],
    ['srv', 'true', 'websocket', 'true'],
    ['clientId', 'a', 'clientIdPrefix', 'b'],
    ['password', 'p', 'passwordFile', 'f'],
    ['password', 'p', 'passwordPrompt', 'true'],
    ['passwordFile', 'f', 'passwordPrompt', 'true'],
    ['psk', 'ab', 'cafile', 'c'],
    ['psk', 'ab', 'crl', 'c'],
    ['psk', 'ab', 'capath', 'c'],
    ['psk', 'ab', 'tlsUseOsCerts', 'true'],
  ])('refuses %s %s together with %s %s', (one, text, other, otherText) => {
    expect(() => connection({ [one]: text, [other]: otherText })).toThrow(/can't be used together/)
    expect(() => connection({ [other]: otherText, [one]: text })).toThrow(/can't be used together/)
  })

  it.each([
    ['cert', 'c', 'needs --key'],
    ['key', 'k', 'needs --cert'],
    ['keyPassword', 'p', 'needs --key'],
    ['keyform', 'pem', 'needs --key'],
    ['psk', 'ab', 'needs --psk-identity'],
    ['willPayload', 'x', 'needs --will-topic'],
    ['willRetain', 'true', 'needs --will-topic'],
    ['willDelayInterval', '1', 'needs --will-topic'],
    ['willMessageExpiryInterval', '1', 'needs --will-topic'],
    ['willContentType', 'x', 'needs --will-topic'],
    ['willPayloadFormatIndicator', '1', 'needs --will-topic'],
    ['willResponseTopic', 'x', 'needs --will-topic'],
    ['willCorrelationData', 'x', 'needs --will-topic'],
    ['willUserProperty', 'a=b', 'needs --will-topic'],
  ])('refuses %s %s alone: it %s', (key, text, message) => {
    expect(() => connection({ [key]: text })).toThrow(message)
  })

  it.each(['willDelayInterval', 'willMessageExpiryInterval', 'willPayloadFormatIndicator', 'sessionExpiryInterval'])(
    'chooses MQTT 5 for %s',
    (key) => {
      expect(connection({ willTopic: 't', [key]: '1' }).protocolVersion).toBe(5)
      expect(() => connection({ willTopic: 't', [key]: '1', protocolVersion: '311' })).toThrow('needs MQTT 5')
    },
  )

  it('chooses no version for a will without properties', () => {
    expect(
      connection({ willTopic: 't', willPayload: 'x', willQos: '2', willRetain: 'true' }).protocolVersion,
    ).toBeUndefined()
  })

  it('keeps all that could hold a password secret', () => {
    const secret = Object.entries(connectionOptions).flatMap(([key, option]) => ('secret' in option ? [key] : []))
    expect(secret).toEqual([
      'url',
      'proxy',
      'password',
      'psk',
      'keyPassword',
      'tlsEngineKpassSha1',
      'wsHeader',
      'willPayload',
    ])
  })
})
