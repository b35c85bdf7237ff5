import { describe, expect, it } from 'vitest'
import { InvalidValue } from '../../src/options/option.ts'
import { type BrokerUrl, brokerUrl, type ProxyUrl, proxyUrl } from '../../src/options/url.ts'

const plain = { tls: false, websocket: false }

describe('brokerUrl', () => {
  it.each<[url: string, broker: BrokerUrl]>([
    ['mqtt://h', { ...plain, host: 'h' }],
    ['MQTT://h', { ...plain, host: 'h' }],
    ['mqtts://h', { tls: true, websocket: false, host: 'h' }],
    ['ws://h', { tls: false, websocket: true, host: 'h' }],
    ['wss://h', { tls: true, websocket: true, host: 'h' }],
    ['mqtt://h:1', { ...plain, host: 'h', port: 1 }],
    ['mqtt://h:65535', { ...plain, host: 'h', port: 65_535 }],
    ['mqtt://h:/t', { ...plain, host: 'h', topic: 't' }],
    ['mqtt://h/', { ...plain, host: 'h' }],
    ['mqtt://h/a/b', { ...plain, host: 'h', topic: 'a/b' }],
    ['mqtt://h//a', { ...plain, host: 'h', topic: '/a' }],
    ['mqtt://h/a?b', { ...plain, host: 'h', topic: 'a?b' }],
    ['mqtt://h/a/#', { ...plain, host: 'h', topic: 'a/#' }],
    ['mqtt://h/a%20b%2Fc', { ...plain, host: 'h', topic: 'a b/c' }],
    ['mqtt://h/a@b', { ...plain, host: 'h', topic: 'a@b' }],
    ['mqtt://u@h', { ...plain, host: 'h', username: 'u' }],
    ['mqtt://u:p@h', { ...plain, host: 'h', username: 'u', password: 'p' }],
    ['mqtt://u:@h', { ...plain, host: 'h', username: 'u', password: '' }],
    ['mqtt://:p@h', { ...plain, host: 'h', username: '', password: 'p' }],
    ['mqtt://u:p:q@r@h', { ...plain, host: 'h', username: 'u', password: 'p:q@r' }],
    ['mqtt://u%40x%3A:p%2F%C3%A9@h', { ...plain, host: 'h', username: 'u@x:', password: 'p/é' }],
    ['mqtt://[::1]', { ...plain, host: '::1' }],
    [
      'mqtt://u:p@[2001:DB8::7]:8/t',
      { ...plain, host: '2001:DB8::7', port: 8, username: 'u', password: 'p', topic: 't' },
    ],
    ['mqtt://127.0.0.1', { ...plain, host: '127.0.0.1' }],
    ['unix:/run/x.sock', { ...plain, unix: '/run/x.sock' }],
    ['unix:///run/x.sock', { ...plain, unix: '/run/x.sock' }],
    ['unix:x.sock', { ...plain, unix: 'x.sock' }],
    ['UNIX:/a%20b', { ...plain, unix: '/a b' }],
  ])('reads %s', (url, broker) => {
    expect(brokerUrl.parse(url)).toEqual(broker)
  })

  it.each([
    '',
    'h',
    'h:1883',
    'mqtt:h',
    'mqtt:/h',
    'mqtt://',
    'mqtt:///t',
    'mqtt://u:p@',
    'mqtt://:1883',
    'http://h',
    'constructor://h',
    'mqtt://h:0',
    'mqtt://h:65536',
    'mqtt://h:12a',
    'mqtt://h:-1',
    'mqtt://::1',
    'mqtt://[::1',
    'mqtt://[h]',
    'mqtt://h/a/#/b',
    'mqtt://h/a%00',
    'mqtt://h/%',
    'mqtt://%zz@h',
    'mqtt://u:%ff@h',
    ' mqtt://h',
    'unix:',
    'unix:/a\0',
    'unix:%',
  ])('refuses %j', (url) => {
    expect(() => brokerUrl.parse(url)).toThrow(InvalidValue)
  })
})

describe('proxyUrl', () => {
  it.each<[url: string, proxy: ProxyUrl]>([
    ['socks5h://p', { host: 'p', port: 1080 }],
    ['socks5://p', { host: 'p', port: 1080 }],
    ['SOCKS5H://p:1/', { host: 'p', port: 1 }],
    ['socks5h://u@p', { host: 'p', port: 1080, username: 'u' }],
    ['socks5h://u:w@p:65535', { host: 'p', port: 65_535, username: 'u', password: 'w' }],
    ['socks5h://u%40:w%3A%25@p', { host: 'p', port: 1080, username: 'u@', password: 'w:%' }],
    ['socks5h://u:w:x@p', { host: 'p', port: 1080, username: 'u', password: 'w:x' }],
    ['socks5h://[::1]:9', { host: '::1', port: 9 }],
  ])('reads %s', (url, proxy) => {
    expect(proxyUrl.parse(url)).toEqual(proxy)
  })

  it.each([
    '',
    'p:1080',
    'http://p',
    'socks4://p',
    'socks5h://',
    'socks5h://p:0',
    'socks5h://p:65536',
    'socks5h://p/path',
    'socks5h://%@p',
  ])('refuses %j', (url) => {
    expect(() => proxyUrl.parse(url)).toThrow(InvalidValue)
  })
})
