import { describe, expect, it } from 'vitest'
import { connectionOptions } from '../../src/options/connection.ts'
import { isCredential, masked } from '../../src/options/secret.ts'

type Key = keyof typeof connectionOptions

describe('masked', () => {
  it.each<[key: Key, text: string, shown: string]>([
    ['host', 'example.org', 'example.org'],
    ['username', 'joe', 'joe'],
    ['password', 'hunter2', '***'],
    ['password', 'mqtt://joe:hunter2@host', '***'],
    ['wsHeader', 'Authorization: Bearer hunter2', '***'],
    ['willPayload', 'gone', '***'],
    ['url', 'mqtts://example.org/a', 'mqtts://example.org/a'],
    ['url', 'mqtts://joe@example.org', 'mqtts://joe@example.org'],
    ['url', 'mqtts://joe:hunter2@example.org:8883/a@b', 'mqtts://joe:***@example.org:8883/a@b'],
    ['url', 'mqtts://joe:hun:ter@2@example.org', 'mqtts://joe:***@example.org'],
    ['url', 'mqtts://:hunter2@example.org', 'mqtts://:***@example.org'],
    ['url', 'unix:/run/a.sock', 'unix:/run/a.sock'],
    ['url', 'joe:hunter2@example.org', '***'],
    ['url', 'http://joe:hunter2@example.org', '***'],
    ['proxy', 'socks5h://joe:hunter2@proxy:1080', 'socks5h://joe:***@proxy:1080'],
  ])('shows %s %j as %j', (key, text, shown) => {
    expect(masked(connectionOptions[key], text)).toBe(shown)
  })
})

describe('isCredential', () => {
  it.each<[key: Key, text: string, is: boolean]>([
    ['host', 'example.org', false],
    ['username', 'joe', false],
    ['password', 'hunter2', true],
    ['keyPassword', 'hunter2', true],
    ['wsHeader', 'Authorization: Bearer hunter2', true],
    ['url', 'mqtts://joe@example.org', false],
    ['url', 'mqtts://joe:hunter2@example.org', true],
    ['willPayload', 'gone', false],
  ])('of %s %j is %s', (key, text, is) => {
    expect(isCredential(connectionOptions[key], text)).toBe(is)
  })
})
