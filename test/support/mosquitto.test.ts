import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { certificates } from './certificates.ts'
import { hasMosquitto, startMosquitto } from './mosquitto.ts'
import { hasMosquittoClients, mosquittoPub, mosquittoSub } from './mosquitto-clients.ts'

describe.skipIf(!hasMosquitto || !hasMosquittoClients)('startMosquitto', () => {
  it('keeps a session over kill and restart', async () => {
    const broker = await startMosquitto({ persistence: true })
    const port = String(broker.ports.tcp)
    const session = ['-p', port, '-i', 'keeper', '-c', '-q', '1', '-t', 't']
    await ended(mosquittoSub([...session, '-E']))
    await ended(mosquittoPub(['-p', port, '-q', '1', '-t', 't', '-m', 'kept']))

    await broker.kill()
    await broker.restart()

    const subscriber = mosquittoSub([...session, '-C', '1'])
    await ended(subscriber)
    expect(subscriber.stdout.toString()).toBe('kept\n')
    expect(broker.log()).toMatch(/terminating.*running/s)
  })

  it('keeps what it has saved over SIGKILL, and nothing later', async () => {
    const broker = await startMosquitto({ persistence: true })
    const port = String(broker.ports.tcp)
    const session = ['-p', port, '-i', 'keeper', '-c', '-q', '1', '-t', 't']
    await ended(mosquittoSub([...session, '-E']))
    await ended(mosquittoPub(['-p', port, '-q', '1', '-t', 't', '-m', 'saved']))
    await broker.save()
    await ended(mosquittoPub(['-p', port, '-q', '1', '-t', 't', '-m', 'forgotten']))
    await broker.kill('SIGKILL')
    await broker.restart()
    await ended(mosquittoPub(['-p', port, '-q', '1', '-t', 't', '-m', 'new']))
    const subscriber = mosquittoSub([...session, '-C', '2'])
    await ended(subscriber)
    expect(subscriber.stdout.toString()).toBe('saved\nnew\n')
  })

  it('keeps connections over pause and resume', async () => {
    const broker = await startMosquitto()
    const subscriber = mosquittoSub(['-p', String(broker.ports.tcp), '-t', 't', '-i', 'c1'])
    await broker.waitForLog(/Sending SUBACK to c1/)
    broker.pause()
    const publisher = mosquittoPub(['-p', String(broker.ports.tcp), '-t', 't', '-m', 'late'])
    broker.resume()
    await ended(publisher)
    expect(await subscriber.nextLine()).toBe('late')
  })

  it('still tells who subscribed when quiet', async () => {
    const broker = await startMosquitto({ quiet: true })
    mosquittoSub(['-p', String(broker.ports.tcp), '-t', 't', '-i', 'c1'])
    await broker.waitForLog('c1 0 t')
    expect(broker.log()).not.toContain('SUBACK')
  })

  it('asks for the password and keeps to the ACL', async () => {
    const password = { username: 'u', password: 'p w' }
    const broker = await startMosquitto({ password, acl: 'user u\ntopic readwrite mine/#\n' })
    const args = ['-V', '5', '-q', '1', '-p', String(broker.ports.tcp), '-m', 'x', '-t']
    expect(await mosquittoPub([...args, 'mine/a']).exited).toMatchObject({ code: 135 })
    await ended(mosquittoPub(['-u', 'u', '-P', 'p w', ...args, 'mine/a']))
    const refused = mosquittoPub(['-u', 'u', '-P', 'p w', ...args, 'other'])
    await refused.exited
    expect(refused.stderr).toContain('Not authorized')
  })

  it('listens with TLS, on a Unix socket and for WebSockets', async () => {
    const { ca, server, client } = await certificates()
    const tls = { ...server, cafile: ca, requireClientCertificate: true }
    const broker = await startMosquitto({ tls, websocket: true, unixSocket: true })
    const args = ['-t', 't', '-m', 'x']
    const identity = ['--cert', client.certfile, '--key', client.keyfile]
    await ended(mosquittoPub([...args, '-h', 'localhost', '-p', String(broker.ports.tls), '--cafile', ca, ...identity]))
    await ended(mosquittoPub([...args, '--unix', broker.unixSocket]))
    const socket = new WebSocket(broker.urls.ws, 'mqtt')
    await once(socket, 'open')
    socket.close()
  })

  it('tells why it does not start', async () => {
    await expect(startMosquitto({ config: ['no_such_setting 1'] })).rejects.toThrow(/Unknown configuration variable/)
  })
})

async function ended(program: ReturnType<typeof mosquittoPub>): Promise<void> {
  expect(await program.exited, program.stderr).toEqual({ code: 0, signal: null })
}
