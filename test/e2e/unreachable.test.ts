import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { startAedes } from '../support/aedes.ts'
import { atEndOfTest } from '../support/clean-up.ts'
import { freePort } from '../support/free-port.ts'
import { readPublish } from '../support/packets.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'
import { spawnShell, spawnTmqtt } from '../support/spawn.ts'
import { failureOf } from './failure.ts'

describe('a broker that is not there', () => {
  it('exits with 3 for a host name that nobody has', async () => {
    const { code, says } = await failureOf(spawnTmqtt(['sub', '-h', 'broker.invalid', '-t', 't']))
    expect(code).toBe(3)
    expect(says).toMatch(/^cannot reach broker\.invalid:1883: /)
  })

  it.each([['sub'], ['pub', '-m', 'x'], ['pub', '-l']])(
    'exits with 3 for a port that is refused: %s %s',
    async (...args) => {
      const port = await freePort()
      const { code, says } = await failureOf(spawnTmqtt([...args, '-h', '127.0.0.1', '-p', String(port), '-t', 't']))
      expect(code).toBe(3)
      expect(says).toMatch(/^cannot reach 127\.0\.0\.1:\d+: connection refused; is the broker running there/)
    },
  )

  it('exits with 3 for a unix socket that is not there', async () => {
    const { code, says } = await failureOf(spawnTmqtt(['sub', '--unix', '/nonexistent/socket', '-t', 't']))
    expect(code).toBe(3)
    expect(says).toContain('cannot reach /nonexistent/socket: no such socket')
  })

  it('exits with 3 when no CONNACK comes in time', async () => {
    const { url } = await startScriptedBroker()
    const { code, says } = await failureOf(spawnTmqtt(['sub', '-L', url, '-t', 't', '--connect-timeout', '100ms']))
    expect(code).toBe(3)
    expect(says).toContain('no CONNACK within 0.1 s (--connect-timeout)')
  })

  it('exits with 3 when the other side hangs up before CONNACK', async () => {
    const server = await startScriptedBroker()
    const subscriber = spawnTmqtt(['sub', '-L', server.url, '-t', 't'])
    const peer = await server.connection()
    await peer.packet('CONNECT')
    peer.end()
    expect((await failureOf(subscriber)).code).toBe(3)
  })
})

describe('a wrong command line', () => {
  it.each([
    { args: ['pub', '-m', 'x', '-t', 'a/#'], names: '-t' },
    { args: ['pub', '-m', 'x', '-t', 'a/+/b'], names: '-t' },
    { args: ['pub', '-m', 'x', '-t', ''], names: '-t' },
    { args: ['pub', '-m', 'x', '-t', 'a\nb'], names: '-t' },
    { args: ['pub', '-m', 'x'], names: 'no topic' },
    { args: ['pub', '-t', 'a'], names: 'nothing to publish' },
    { args: ['pub', '-t', 'a', '-m', 'x', '-l'], names: "-m and -l can't be used together" },
    { args: ['pub', '-t', 'a', '-f', '/nonexistent/file'], names: '-f /nonexistent/file: no such file' },
    { args: ['sub', '-t', 'a+/b'], names: '-t' },
    { args: ['sub', '-t', 'a/#/b'], names: '-t' },
    { args: ['sub', '-t', 'a/b#'], names: '-t' },
    { args: ['sub', '-t', ''], names: '-t' },
    { args: ['sub'], names: 'nothing to subscribe to' },
    { args: ['sub', '-t', 'a', '-q', '3'], names: '-q' },
    { args: ['sub', '-t', 'a', '-F', '%Z'], names: "-F: invalid format specifier 'Z'" },
    {
      args: ['sub', '-t', 'a', '--cafile', '/nonexistent/ca.pem'],
      names: '--cafile /nonexistent/ca.pem: no such file',
    },
    { args: ['sub', '-t', 'a', '-c'], names: '-i' },
    { args: ['sub', '-t', 'a', '--no-such-option'], names: '--no-such-option' },
    { args: ['sub', '-t', 'a'], topic: '/a%00b', names: '-L' },
    { args: ['pub', '-m', 'x'], topic: '/a%00b', names: '-L' },
    { args: ['pub', '-m', 'x'], topic: '/a/%23', names: '-L' },
  ])('exits with 1 before any connection: $args $topic', async ({ args, topic, names }) => {
    let connections = 0
    const server = createServer((socket) => {
      connections++
      socket.destroy()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    atEndOfTest(() => server.close())
    const { port } = server.address() as AddressInfo
    const { code, says } = await failureOf(spawnTmqtt([...args, '-L', `mqtt://127.0.0.1:${port}${topic ?? ''}`]))
    expect(code).toBe(1)
    expect(says).toContain(names)
    expect(connections).toBe(0)
  })
})

describe('an argument that is not UTF-8', () => {
  it('exits with 1 before any connection, and is not published as something else', async () => {
    const { code, says } = await failureOf(spawnShell(`tmqtt pub -h broker.invalid -t t -m $'x\\xb0y'`))
    expect(code).toBe(1)
    expect(says).toMatch(/^argument 7 is not UTF-8; a payload of any bytes comes by -f, -s or -l/)
  })

  it('is not one that holds the character which stands for such bytes', async () => {
    const server = await startScriptedBroker()
    spawnTmqtt(['pub', '-L', server.url, '-t', 't', '-m', 'x\ufffdy'])
    const peer = await server.connection()
    await peer.accept()
    expect(readPublish(await peer.packet('PUBLISH'), peer.version).payload.toString()).toBe('x\ufffdy')
  })
})

it('exits with 27 when -W runs out', async () => {
  const { urls } = await startAedes()
  const { code, says } = await failureOf(spawnTmqtt(['sub', '-L', urls.tcp, '-t', 't', '-W', '0.2']))
  expect(code).toBe(27)
  expect(says).toBe('timed out after 0.2 s (-W)')
})
