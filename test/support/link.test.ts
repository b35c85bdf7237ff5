import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { type LinkSettings, startLink } from './link.ts'
import { ack, publishPacket } from './packets.ts'
import { startScriptedBroker } from './scripted-peer.ts'

const message = publishPacket({ topic: 'a', payload: 'x', qos: 1 })

async function linked(packets: boolean) {
  const broker = await startScriptedBroker()
  const link = await startLink(broker.port, { packets })
  const client = connect(link.ports.tcp, '127.0.0.1')
  client.on('error', () => {})
  await once(client, 'connect')
  client.write(message)
  const peer = await broker.connection()
  return { link, client, peer }
}

describe('a link', () => {
  it('hands on both ways', async () => {
    const { link, client, peer } = await linked(false)
    expect((await peer.packet()).bytes).toEqual(message)
    peer.send(ack('PUBACK', 1))
    expect((await once(client, 'data'))[0]).toEqual(ack('PUBACK', 1))
    expect(link.connections).toBe(1)
  })

  it('breaks what is open with cut', async () => {
    const { link, client, peer } = await linked(false)
    await peer.packet()
    link.cut()
    await Promise.all([once(client, 'close'), peer.closed])
  })

  it('hands on nothing while it is frozen, and all of it then', async () => {
    const { link, client, peer } = await linked(false)
    await peer.packet()
    link.freeze()
    client.write(message)
    peer.send(ack('PUBACK', 1))
    const arrived: string[] = []
    const there = [
      peer.packet().then(() => arrived.push('there')),
      once(client, 'data').then(() => arrived.push('here')),
    ]
    // A new connection is taken as well: its handshake shows that what was sent before has had its time.
    await once(
      connect(link.ports.tcp, '127.0.0.1').on('error', () => {}),
      'connect',
    )
    expect(arrived).toEqual([])
    link.thaw()
    await Promise.all(there)
  })

  it('leaves a black hole with abandon, and carries new connections', async () => {
    const broker = await startScriptedBroker()
    const link = await startLink(broker.port)
    const lost = connect(link.ports.tcp, '127.0.0.1')
    lost.write(message)
    const peer = await broker.connection()
    await peer.packet()
    link.abandon()
    lost.write(message)
    const arrived: string[] = []
    peer.packet().then(
      () => arrived.push('a packet'),
      () => arrived.push('its end'),
    )
    const after = connect(link.ports.tcp, '127.0.0.1')
    after.write(message)
    expect(await (await broker.connection()).packet()).toMatchObject({ type: 'PUBLISH' })
    expect(arrived).toEqual([])
    expect(lost.destroyed).toBe(false)
    for (const socket of [lost, after]) socket.destroy()
  })

  it.each(['before', 'after'] as const)('breaks %s a packet of the client', async (when) => {
    const { link, client, peer } = await linked(true)
    await peer.packet()
    const cut = link.cutAt({ from: 'client', type: 'PUBLISH', nth: 2, when })
    client.write(Buffer.concat([message, message, message]))
    await Promise.all([cut, once(client, 'close')])
    await peer.closed
    const rest = Array.from({ length: 3 }, () =>
      peer.packet().then(
        () => 1,
        () => 0,
      ),
    )
    expect((await Promise.all(rest)).filter(Boolean)).toHaveLength(when === 'before' ? 1 : 2)
  })

  it('breaks behind a packet of the broker, which arrives', async () => {
    const { link, client, peer } = await linked(true)
    const cut = link.cutAt({ from: 'broker', type: 'PUBACK', when: 'after' })
    peer.send(ack('PUBACK', 1))
    expect((await once(client, 'data'))[0]).toEqual(ack('PUBACK', 1))
    client.resume()
    await Promise.all([cut, once(client, 'close')])
  })

  it('shows each packet that it has handed on', async () => {
    const broker = await startScriptedBroker()
    const seen: string[] = []
    const watch: LinkSettings['watch'] = (from, { type }) => seen.push(`${from} ${type}`)
    const link = await startLink(broker.port, { packets: true, watch })
    const client = connect(link.ports.tcp, '127.0.0.1')
    client.write(Buffer.concat([message, message]))
    const peer = await broker.connection()
    await peer.packet()
    await peer.packet()
    peer.send(ack('PUBACK', 1))
    await once(client, 'data')
    await vi.waitFor(() => expect(seen).toEqual(['client PUBLISH', 'client PUBLISH', 'broker PUBACK']))
  })

  it('takes its time where it is limited', async () => {
    const { link, client, peer } = await linked(false)
    await peer.packet()
    link.limit(100_000)
    const began = performance.now()
    client.write(publishPacket({ topic: 'a', payload: Buffer.alloc(20_000) }))
    await peer.packet()
    expect(performance.now() - began).toBeGreaterThan(150)
  })
})
