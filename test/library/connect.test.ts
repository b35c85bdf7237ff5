import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  ConnectionLostError,
  type ConnectOptions,
  connect,
  publish,
  RefusedError,
  subscribe,
  TlsError,
  UnreachableError,
  UsageError,
} from '../../src/library/index.ts'
import { certificates } from '../support/certificates.ts'
import { freePort } from '../support/free-port.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { ack, lengthPrefixed, readPublish } from '../support/packets.ts'
import { type ScriptedBroker, startScriptedBroker } from '../support/scripted-peer.ts'
import { connected } from './client.ts'

/** Needs a password; no more of it is read before that is missed. */
const lockedKey = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMA==\n-----END ENCRYPTED PRIVATE KEY-----\n'

let broker: ScriptedBroker
beforeEach(async () => {
  broker = await startScriptedBroker()
})

describe('connect', () => {
  it('sends CONNECT as the options say, by MQTT 5', async () => {
    const options: ConnectOptions = {
      clientId: 'me',
      username: 'joe',
      password: 'secret',
      cleanStart: false,
      sessionExpiryInterval: 5,
      keepAlive: 7,
      will: { topic: 'gone', payload: 'me', qos: 1, retain: true, delayInterval: 3 },
    }
    const connecting = connect(broker.url, options)
    const peer = await broker.connection()
    const { body } = await peer.accept({ sessionPresent: true })
    expect(body).toEqual(
      Buffer.concat([
        lengthPrefixed('MQTT'),
        // User name, password, retained will at QoS 1; no clean start.
        Buffer.of(5, 0b1110_1100, 0, 7),
        Buffer.of(5, 0x11, 0, 0, 0, 5),
        lengthPrefixed('me'),
        Buffer.of(5, 0x18, 0, 0, 0, 3),
        ...['gone', 'me', 'joe', 'secret'].map(lengthPrefixed),
      ]),
    )
    const client = await connecting
    expect([client.clientId, client.sessionPresent, client.protocolVersion]).toEqual(['me', true, '5'])
  })

  it('takes user and password from the URL, and tells the client identifier that the broker has assigned', async () => {
    const connecting = connect(broker.url.replace('//', '//joe:s%40cret@'))
    const peer = await broker.connection()
    const { body } = await peer.accept({ properties: Buffer.concat([Buffer.of(0x12), lengthPrefixed('auto-1')]) })
    expect(body.includes(Buffer.concat(['joe', 's@cret'].map(lengthPrefixed)))).toBe(true)
    expect((await connecting).clientId).toBe('auto-1')
  })

  it('falls back to MQTT 3.1.1 with a broker that refuses MQTT 5, unless a version was asked for', async () => {
    const connecting = connect(broker.url)
    const first = await broker.connection()
    await first.packet('CONNECT')
    first.connack({ reasonCode: 132 })
    const second = await broker.connection()
    await second.accept()
    expect(second.version).toBe(4)
    expect((await connecting).protocolVersion).toBe('3.1.1')
    const asked = connect(broker.url, { protocolVersion: '5' })
    const third = await broker.connection()
    await third.packet('CONNECT')
    third.connack({ reasonCode: 132 })
    await expect(asked).rejects.toThrow(
      'Unsupported Protocol Version (132); try another protocol version (protocolVersion)',
    )
  })

  it('rejects with the reason code of CONNACK', async () => {
    const connecting = connect(broker.url)
    const peer = await broker.connection()
    await peer.packet('CONNECT')
    peer.connack({ reasonCode: 134 })
    await expect(connecting).rejects.toBeInstanceOf(RefusedError)
    await expect(connecting).rejects.toMatchObject({
      reasonCode: 134,
      message: expect.stringContaining('check username'),
    })
  })

  it('rejects where nobody listens, and in time where nobody answers', async () => {
    await expect(connect(`mqtt://127.0.0.1:${await freePort()}`)).rejects.toBeInstanceOf(UnreachableError)
    const connecting = connect(broker.url, { connectTimeoutMs: 50 })
    await expect(connecting).rejects.toThrow('no CONNACK within 0.05 s (connectTimeoutMs)')
  })

  it('rejects with the reason of its signal, and closes', async () => {
    const reason = new Error('never mind')
    const controller = new AbortController()
    const connecting = connect(broker.url, { signal: controller.signal })
    const peer = await broker.connection()
    await peer.packet('CONNECT')
    controller.abort(reason)
    await expect(connecting).rejects.toBe(reason)
    await peer.closed
    await expect(connect(broker.url, { signal: controller.signal })).rejects.toBe(reason)
  })

  it.each<[what: string, url: string, options: object]>([
    ['another scheme', 'http://localhost', {}],
    ['a topic in the URL', 'mqtt://localhost/a', {}],
    ['TLS options without TLS', 'mqtt://localhost', { tls: {} }],
    ['what is no certificate', 'mqtts://localhost', { tls: { cert: 'none' } }],
    ['what is no list of revoked certificates', 'mqtts://localhost', { tls: { crl: 'none' } }],
    ['a key without its password', 'mqtts://localhost', { tls: { key: lockedKey } }],
    ['headers without WebSocket', 'mqtt://localhost', { headers: { a: 'b' } }],
    ['an unknown version', 'mqtt://localhost', { protocolVersion: '4' }],
    ['a keep alive out of range', 'mqtt://localhost', { keepAlive: 70_000 }],
    ['a kept session without client identifier', 'mqtt://localhost', { cleanStart: false }],
    ['a password without user name before MQTT 5', 'mqtt://localhost', { protocolVersion: '3.1.1', password: 'x' }],
    ['a will with a wildcard', 'mqtt://localhost', { will: { topic: '#', payload: '' } }],
    ['a receive maximum of 0', 'mqtt://localhost', { receiveMaximum: 0 }],
    ['an inflight window of 0', 'mqtt://localhost', { maxInflight: 0 }],
    ['a negative wait', 'mqtt://localhost', { reconnect: { delayMs: -1 } }],
  ])('refuses %s', async (_, url, options) => {
    await expect(connect(url, options)).rejects.toBeInstanceOf(UsageError)
  })

  it.skipIf(!hasMosquitto)('connects by TLS and WebSocket, and trusts whom it is told to', async () => {
    const { ca, server } = await certificates()
    const { urls } = await startMosquitto({ tls: { ...server, cafile: ca }, websocket: true })
    const tls = { ca: readFileSync(ca) }
    for (const [url, options] of [
      [urls.tls, { tls }],
      [urls.ws, { headers: { 'X-Test': '1' } }],
      [urls.wss, { tls }],
    ] as const) {
      const client = await connect(url, options)
      await publish(client, 'a', 'x', { qos: 1 })
      await client.disconnect()
    }
    await expect(connect(urls.tls)).rejects.toBeInstanceOf(TlsError)
    await expect(connect(urls.tls)).rejects.toThrow('tls.ca names your own authority')
  })

  it.skipIf(!hasMosquitto)('does not trust a certificate that a list has revoked', async () => {
    const { ca, revoked, crl } = await certificates()
    const { urls } = await startMosquitto({ tls: { ...revoked, cafile: ca } })
    const lists = [crl.otherCa, crl.ca].map((path) => readFileSync(path, 'utf8'))
    const tls = { ca: readFileSync(ca), crl: lists.join('') }
    const revocation = "the broker's certificate has been revoked (tls.crl)"
    await expect(connect(urls.tls, { tls })).rejects.toBeInstanceOf(TlsError)
    await expect(connect(urls.tls, { tls })).rejects.toThrow(revocation)
    await expect(connect(urls.tls, { tls: { ...tls, crl: lists } })).rejects.toThrow(revocation)
  })
})

describe.skipIf(!hasMosquitto)('connect by TLS', () => {
  it('shows a client certificate, and finds the name that it is told in that of the broker, or any', async () => {
    const { ca, wrongHost, client } = await certificates()
    const { urls } = await startMosquitto({ tls: { ...wrongHost, cafile: ca, requireClientCertificate: true } })
    const pem = {
      ca: readFileSync(ca),
      cert: readFileSync(client.certfile),
      key: readFileSync(client.encryptedKeyfile),
    }
    const tls = { ...pem, passphrase: client.password }
    for (const name of [{ acceptAnyName: true }, { servername: 'wrong.example' }]) {
      const connection = await connect(urls.tls, { tls: { ...tls, ...name } })
      await publish(connection, 'a', 'x', { qos: 1 })
      await connection.disconnect()
    }
    const refused = connect(urls.tls, { tls })
    await expect(refused).rejects.toBeInstanceOf(TlsError)
    await expect(refused).rejects.toThrow('tls.servername or tls.acceptAnyName if that is right')
    const anonymous = connect(urls.tls, { tls: { ca: pem.ca, acceptAnyName: true } })
    await expect(anonymous).rejects.toThrow('the broker wants a client certificate (tls.cert, tls.key)')
  })
})

describe('a client', () => {
  it('ends when it may not reconnect, and says why', async () => {
    const { client, peer } = await connected(broker, { reconnect: false })
    peer.destroy()
    await expect(client.closed).rejects.toBeInstanceOf(ConnectionLostError)
  })

  it('stays silent about an end of which a publisher is told', async () => {
    const { client, peer } = await connected(broker, { reconnect: false })
    const publishing = publish(client, 'a', 'x', { qos: 1 })
    await peer.packet('PUBLISH')
    peer.destroy()
    // Were the end an unhandled rejection, too, it would fail the test run.
    await expect(publishing).rejects.toBeInstanceOf(ConnectionLostError)
  })

  it('waits at its end for acknowledgements, and for the handler that runs', async () => {
    const { client, peer } = await connected(broker)
    let finish: () => void = () => {}
    const subscribing = subscribe(client, { a: 1 }, async () => {
      await new Promise<void>((resolve) => {
        finish = resolve
      })
    })
    await peer.acceptSubscribe(1)
    await subscribing
    for (const packetId of [1, 2]) peer.publish({ topic: 'a', payload: 'x', qos: 1, packetId })
    const publishing = publish(client, 'b', 'y', { qos: 1 })
    const { packetId } = readPublish(await peer.packet('PUBLISH'), 5)
    peer.send(ack('PUBREL', 99))
    await peer.packet('PUBCOMP')
    const ending = client.disconnect()
    finish()
    expect((await peer.packet('PUBACK')).body.readUInt16BE(0)).toBe(1)
    peer.send(ack('PUBACK', packetId!))
    // The message behind it is left for the next session.
    await peer.packet('DISCONNECT')
    await Promise.all([ending, publishing, client.closed])
  })

  it('counts its end in a handler as the end of the handler', async () => {
    const { client, peer } = await connected(broker)
    const subscribing = subscribe(client, { a: 1 }, async () => {
      await client.disconnect()
    })
    await peer.acceptSubscribe(1)
    await subscribing
    peer.publish({ topic: 'a', payload: 'x', qos: 1, packetId: 1 })
    await peer.packet('PUBACK')
    await peer.packet('DISCONNECT')
    await client.closed
  })

  it('gives up at its end on what takes too long, and says so', async () => {
    const { client, peer } = await connected(broker)
    const subscribing = subscribe(client, { a: 1 }, () => new Promise(() => {}))
    await peer.acceptSubscribe(1)
    await subscribing
    peer.publish({ topic: 'a', payload: 'x', qos: 1, packetId: 1 })
    const publishing = publish(client, 'b', 'y', { qos: 1 })
    await peer.packet('PUBLISH')
    const message = 'the client has disconnected with 1 message unacknowledged'
    const ending = client.disconnect({ timeoutMs: 50 })
    await Promise.all([expect(ending).rejects.toThrow(message), expect(publishing).rejects.toThrow(message)])
    await peer.packet('DISCONNECT')
    await expect(publish(client, 'b', 'y')).rejects.toThrow('the session has ended')
  })

  it('ends while it waits to connect again, without waiting any longer', async () => {
    const notices: string[] = []
    let lost: () => void = () => {}
    const noticed = new Promise<void>((resolve) => {
      lost = resolve
    })
    const notice = (text: string) => {
      notices.push(text)
      lost()
    }
    const { client, peer } = await connected(broker, { notice, reconnect: { delayMs: 1_000_000 } })
    peer.destroy()
    await noticed
    await client.disconnect()
    await client.closed
  })

  it('disposes of itself and its subscriptions', async () => {
    const { client, peer } = await connected(broker)
    const subscribing = subscribe(client, { a: 1 })
    await peer.acceptSubscribe(1)
    const ending = (await subscribing)[Symbol.asyncDispose]()
    await peer.acceptUnsubscribe(0)
    await ending
    await client[Symbol.asyncDispose]()
    await peer.packet('DISCONNECT')
  })

  it('asks for the will at its end if told to', async () => {
    const { client, peer } = await connected(broker, { will: { topic: 'a', payload: 'x' } })
    await client.disconnect({ withWill: true })
    expect((await peer.packet('DISCONNECT')).body[0]).toBe(4)
  })
})
