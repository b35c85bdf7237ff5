import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { atEndOfTest } from '../support/clean-up.ts'
import { hasScript, spawnInTerminal, spawnTmqtt } from '../support/spawn.ts'
import { failureOf } from './failure.ts'

describe('tmqtt broker', () => {
  it('prints a URL for each listener, and nothing else', async () => {
    const broker = spawnTmqtt(['broker', '-p', '0', '--ws-port', '0'])
    expect(await broker.nextLine()).toMatch(/^mqtt:\/\/127\.0\.0\.1:\d+$/)
    expect(await broker.nextLine()).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/)
    broker.kill('SIGTERM')
    expect(await broker.exited).toEqual({ code: 0, signal: null })
    expect(broker.stdout.toString().split('\n').length).toBe(3)
    expect(broker.stderr).toBe('')
  })

  it.each([['0.0.0.0'], ['::'], ['192.0.2.1']])('refuses --address %s without credentials', async (address) => {
    const { code, says } = await failureOf(spawnTmqtt(['broker', '-p', '0', '--address', address]))
    expect(code).toBe(1)
    expect(says).toContain(`--address ${address}: other machines can reach it, so give -u and a password`)
  })

  it('listens for other machines with credentials', async () => {
    const env = { TMQTT_PASSWORD: 'secret' }
    const broker = spawnTmqtt(['broker', '-p', '0', '--address', '0.0.0.0', '-u', 'joe'], { env })
    expect(await broker.nextLine()).toMatch(/^mqtt:\/\/0\.0\.0\.0:\d+$/)
  })

  describe('to web pages', () => {
    /** Exit status of a publisher that says it is a page from there. */
    async function publishFrom(origin: string, args: readonly string[] = [], login: readonly string[] = []) {
      const broker = spawnTmqtt(['broker', '-p', '0', '--ws-port', '0', ...args])
      await broker.nextLine()
      const header = ['--ws-header', `Origin: ${origin}`]
      const words = ['pub', '-L', await broker.nextLine(), ...header, ...login, '-t', 't', '-m', 'x', '-q', '1']
      const publisher = spawnTmqtt(words)
      return { code: (await publisher.exited).code, says: publisher.stderr }
    }

    it.each(['http://localhost:3000', 'https://127.0.0.1', 'http://[::1]:8080'])('is open to %s', async (origin) => {
      expect(await publishFrom(origin)).toEqual({ code: 0, says: '' })
    })

    it.each([
      'https://example.org',
      'http://localhost.example.org',
      'http://127.0.0.1.example.org',
      'null',
      'file://',
      'nonsense',
    ])('is closed to %s, unless it has a password', async (origin) => {
      const { code, says } = await publishFrom(origin)
      expect(code).toBe(3)
      expect(says).toContain('HTTP status 401')
      const login = ['-u', 'joe', '-P', 'secret']
      expect(await publishFrom(origin, login, login)).toEqual({ code: 0, says: '' })
    })
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('shuts down on %s with clients connected', async (signal) => {
    const broker = spawnTmqtt(['broker', '-p', '0', '--ws-port', '0'])
    const clients = [await broker.nextLine(), await broker.nextLine()].map((url) => {
      const env = { URL: url }
      // With its own retained message the subscriber prints a line when it is subscribed.
      return { url, publisher: spawnTmqtt(['pub', '-L', url, '-t', 't', '-r', '-q', '1', '-m', 'x'], { env }) }
    })
    for (const { publisher } of clients) expect(await publisher.exited).toEqual({ code: 0, signal: null })
    const subscribers = clients.map(({ url }) => spawnTmqtt(['sub', '-L', url, '-t', 't', '--reconnect', 'never']))
    await Promise.all(subscribers.map((subscriber) => subscriber.nextLine()))
    broker.kill(signal)
    expect(await broker.exited).toEqual({ code: 0, signal: null })
    expect(broker.stderr).toBe('')
    for (const subscriber of subscribers) {
      expect((await subscriber.exited).code).toBe(7)
      expect(subscriber.stderr).toMatch(/^tmqtt sub: the connection to \S+ was lost\n$/)
    }
  })

  it('exits with 1 when the port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    atEndOfTest(() => server.close())
    const { port } = server.address() as AddressInfo
    const { code, says } = await failureOf(spawnTmqtt(['broker', '-p', String(port)]))
    expect(code).toBe(1)
    expect(says).toBe(`cannot listen on 127.0.0.1 port ${port}: the port is in use; -p 0 picks a free one`)
  })

  it('exits with 1 when the WebSocket port is in use, though the other was free', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    atEndOfTest(() => server.close())
    const { port } = server.address() as AddressInfo
    const broker = spawnTmqtt(['broker', '-p', '0', '--ws-port', String(port)])
    expect(await broker.exited).toEqual({ code: 1, signal: null })
    expect(broker.stderr).toContain(`port ${port}: the port is in use`)
  })

  it.skipIf(!hasScript)('shows on a terminal who comes and goes', async () => {
    const broker = spawnInTerminal(['broker', '-p', '0'], { columns: 80, rows: 20 })
    const url = (await broker.nextLine()).trim()
    await spawnTmqtt(['pub', '-L', url, '-i', 'visitor', '-t', 't', '-m', 'x']).exited
    await broker.waitForStdout(/visitor connected\r\nvisitor left\r\n/)
    broker.stdin.write('\x03')
    expect((await broker.exited).code).toBe(0)
  })
})
