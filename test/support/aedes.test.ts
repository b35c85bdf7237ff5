import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startAedes } from './aedes.ts'
import { certificates } from './certificates.ts'
import { hasMosquittoClients, mosquittoPub } from './mosquitto-clients.ts'

describe('startAedes', () => {
  it('listens with TLS and for WebSockets, and stops with connections open', async () => {
    const { ca, server } = await certificates()
    const broker = await startAedes({ websocket: true, tls: { ...server, cafile: ca } })
    const sockets = [
      new WebSocket(broker.urls.ws, 'mqtt'),
      new WebSocket(broker.urls.wss, 'mqtt', { rejectUnauthorized: false }),
    ]
    await Promise.all(sockets.map((socket) => once(socket, 'open')))
    const closed = sockets.map((socket) => once(socket, 'close'))
    await broker.stop()
    await Promise.all(closed)
    expect(broker.broker.closed).toBe(true)
  })

  it.skipIf(!hasMosquittoClients)('asks for the password', async () => {
    const broker = await startAedes({ password: { username: 'u', password: 'p' } })
    const args = ['-p', String(broker.ports.tcp), '-t', 't', '-m', 'x', '-u', 'u', '-P']
    expect(await mosquittoPub([...args, 'wrong']).exited).toMatchObject({ code: 4 })
    expect(await mosquittoPub([...args, 'p']).exited).toMatchObject({ code: 0 })
  })
})
