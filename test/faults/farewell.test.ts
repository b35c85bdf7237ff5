import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { certificates } from '../support/certificates.ts'
import { atEndOfTest } from '../support/clean-up.ts'
import { listen } from '../support/listeners.ts'
import { firstPacket, packet } from '../support/packets.ts'
import { runCli } from '../support/run.ts'
import type { Urls } from '../support/urls.ts'

/** A broker that resets the connection as soon as it has read DISCONNECT. @returns its URL. */
async function startRude(transport: keyof Urls) {
  const { ca: cafile, server } = await certificates()
  const connections = new Set<Socket>()
  const listeners = await listen({ websocket: true, tls: { ...server, cafile } }, (stream) => {
    let rest: Buffer = Buffer.alloc(0)
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      for (let next = firstPacket(rest); next !== undefined; next = firstPacket(rest)) {
        rest = rest.subarray(next.bytes.length)
        if (next.type === 'CONNECT') stream.write(packet('CONNACK', 0, [0, 0]))
        if (next.type === 'DISCONNECT') for (const socket of connections) socket.resetAndDestroy()
      }
    })
  })
  // A socket of Node that carries TLS can't reset: one in front of it can.
  const front = createServer({ allowHalfOpen: true }, (socket) => {
    connections.add(socket)
    const behind = connect(listeners.ports[transport], '127.0.0.1')
    for (const each of [socket, behind]) each.on('error', () => {})
    socket.pipe(behind).pipe(socket)
  })
  await once(front.listen(0, '127.0.0.1'), 'listening')
  atEndOfTest(async () => {
    front.close()
    await listeners.close()
  })
  const url = new URL(listeners.urls[transport])
  url.port = String((front.address() as AddressInfo).port)
  return { url: url.href, cafile }
}

describe('a reset behind DISCONNECT', () => {
  // There it may as well be that the broker was gone before, and has not read the message.
  it('over bare TCP exits with 7, since a message at QoS 0 may be lost', async () => {
    const { url } = await startRude('tcp')
    const publisher = runCli(['pub', '-L', url, '-t', 'a', '-m', 'x'])
    expect(await publisher.exit).toBe(7)
    expect(publisher.stderr).toContain('may be lost')
  })

  // There it answers what closes TLS or the WebSocket, also of a broker that is in order.
  it.each(['tls', 'ws', 'wss'] as const)('over %s means nothing', async (transport) => {
    const { url, cafile } = await startRude(transport)
    const trust = transport === 'ws' ? [] : ['--cafile', cafile]
    const publisher = runCli(['pub', '-L', url, ...trust, '-t', 'a', '-m', 'x'])
    expect(await publisher.exit, publisher.stderr).toBe(0)
  })
})
