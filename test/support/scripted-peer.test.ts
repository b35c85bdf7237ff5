import { connect } from 'node:net'
import { MqttClient } from 'mqtt'
import { describe, expect, it } from 'vitest'
import { ack, readPublish } from './packets.ts'
import { type Peer, startScriptedBroker } from './scripted-peer.ts'

describe('startScriptedBroker', () => {
  it.each([3, 4, 5] as const)('lets the test be the broker of a client, MQTT level %d', async (protocolVersion) => {
    const { client, peer } = await connected(protocolVersion)
    expect(peer.version).toBe(protocolVersion)

    const subscribed = client.subscribeAsync('a/#', { qos: 1 })
    await peer.acceptSubscribe(1)
    await subscribed

    const message = new Promise<unknown[]>((resolve) => client.once('message', (...args) => resolve(args)))
    peer.publish({ topic: 'a/b', payload: 'hi', qos: 1, packetId: 9 })
    expect((await message).slice(0, 2)).toEqual(['a/b', Buffer.from('hi')])
    expect((await peer.packet('PUBACK')).body.readUInt16BE(0)).toBe(9)

    const published = client.publishAsync('a/c', 'there', { qos: 1 })
    const publish = readPublish(await peer.packet('PUBLISH'), peer.version)
    expect(publish).toMatchObject({ topic: 'a/c', qos: 1, payload: Buffer.from('there') })
    peer.send(ack('PUBACK', publish.packetId!))
    await published
  })

  it('tells who waits that the client closed the connection', async () => {
    const { client, peer } = await connected(4)
    const waiting = expect(peer.packet('PUBLISH')).rejects.toThrow('waited for PUBLISH, but the client closed')
    client.stream.destroy()
    await waiting
    await peer.closed
  })

  it('hands out what came before the end', async () => {
    await using server = await startScriptedBroker()
    connect(server.port).end(Buffer.from([0xc0, 0, 0xe0, 0]))
    const peer = await server.connection()
    await peer.closed
    expect((await peer.packet()).type).toBe('PINGREQ')
    expect((await peer.packet()).type).toBe('DISCONNECT')
    await expect(peer.packet()).rejects.toThrow('the client closed the connection')
  })

  it('refuses a packet of another type than the test waits for', async () => {
    const server = await startScriptedBroker()
    connect(server.port).end(Buffer.from([0xc0, 0]))
    const peer = await server.connection()
    await expect(peer.packet('CONNECT')).rejects.toThrow('waited for CONNECT, but the client sent PINGREQ c000')
  })

  it('tells who waits for a connection that it was stopped', async () => {
    const server = await startScriptedBroker()
    const waiting = expect(server.connection()).rejects.toThrow('the scripted broker was stopped')
    await server.stop()
    await waiting
  })
})

async function connected(protocolVersion: 3 | 4 | 5): Promise<{ client: MqttClient; peer: Peer }> {
  const server = await startScriptedBroker()
  const options = {
    protocolVersion,
    protocolId: protocolVersion === 3 ? ('MQIsdp' as const) : ('MQTT' as const),
    reconnectPeriod: 0,
  }
  const client = new MqttClient(() => connect(server.port), options)
  client.on('error', () => {})
  const connack = new Promise((resolve) => client.once('connect', resolve))
  const peer = await server.connection()
  await peer.accept()
  await connack
  return { client, peer }
}
