import { describe, expect, it } from 'vitest'
import { startAedes } from '../support/aedes.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { ack, packet, readPublish } from '../support/packets.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { failureOf } from './failure.ts'

const password = { username: 'joe', password: 'right' }

describe('a wrong password', () => {
  const wrong = ['-t', 't', '-u', 'joe', '-P', 'wrong', '-L']

  it('is return code 4 of aedes', async () => {
    const { urls } = await startAedes({ password })
    const { code, says } = await failureOf(spawnTmqtt(['sub', ...wrong, urls.tcp]))
    expect(code).toBe(4)
    expect(says).toMatch(/refused the connection: bad user name or password \(4\); check -u and the password/)
  })

  it('ends pub -l at once, though standard input stays open', async () => {
    const { urls } = await startAedes({ password })
    expect((await failureOf(spawnTmqtt(['pub', '-l', ...wrong, urls.tcp]))).code).toBe(4)
  })

  it('ends sub and pub of a broker that wants one and gets none', async () => {
    const { urls } = await startAedes({ password })
    expect((await failureOf(spawnTmqtt(['pub', '-t', 't', '-m', 'x', '-L', urls.tcp]))).code).toBe(4)
  })

  it.skipIf(!hasMosquitto).each([
    ['31', [5], 'not authorized (5)'],
    ['311', [5], 'not authorized (5)'],
    ['5', [134, 135], /(Bad User Name or Password|Not authorized) \(13[45]\)/],
  ] as const)('of mosquitto with -V %s exits with %j', async (version, codes, name) => {
    const { urls } = await startMosquitto({ password })
    const runs = [['sub'], ['pub', '-m', 'x'], ['pub', '-l']].map(([command, ...args]) =>
      failureOf(spawnTmqtt([command!, ...args, '-V', version, ...wrong, urls.tcp])),
    )
    for (const { code, says } of await Promise.all(runs)) {
      expect(codes).toContain(code)
      expect(says).toMatch(name)
      expect(says).toContain('check -u')
    }
  })
})

describe('a reason code that MQTT does not have', () => {
  // Some of them are exit statuses that mean something else.
  it.each([6, 27, 70, 127, 163, 255])('%d in CONNACK exits with 128', async (reasonCode) => {
    const server = await startScriptedBroker()
    const publisher = spawnTmqtt(['pub', '-L', server.url, '-V', '5', '-t', 't', '-m', 'x'])
    await (await server.connection()).accept({ reasonCode })
    const { code, says } = await failureOf(publisher)
    expect({ code, says }).toEqual({ code: 128, says: expect.stringContaining(`unknown reason (${reasonCode})`) })
  })
})

describe('DISCONNECT of a broker', () => {
  it.each([
    [0, 7, /ended the connection$/],
    [0x8e, 0x8e, /Session taken over \(142\)$/],
  ])('with reason code %d exits with %d', async (reasonCode, exit, text) => {
    const server = await startScriptedBroker()
    const subscriber = spawnTmqtt(['sub', '-L', server.url, '-V', '5', '-t', 't'])
    const peer = await server.connection()
    await peer.accept()
    await peer.acceptSubscribe(0)
    peer.send(packet('DISCONNECT', 0, [reasonCode]))
    const { code, says } = await failureOf(subscriber)
    expect({ code, says }).toEqual({ code: exit, says: expect.stringMatching(text) })
  })
})

describe('a refused subscription', () => {
  it('exits with 128 before MQTT 5', async () => {
    const { urls } = await startAedes({ authorizeSubscribe: (_client, _subscription, done) => done(null, null) })
    const { code, says } = await failureOf(spawnTmqtt(['sub', '-t', 'secret/#', '-L', urls.tcp]))
    expect(code).toBe(128)
    expect(says).toContain("subscription to 'secret/#' refused: ")
    expect(says).toContain('(128)')
  })

  it('is a notice when other subscriptions are granted', async () => {
    const { broker, urls } = await startAedes({
      authorizeSubscribe: (_client, subscription, done) =>
        done(null, subscription.topic === 'no' ? null : subscription),
    })
    const subscriber = spawnTmqtt(['sub', '-t', 'no', '-t', 'yes', '-C', '1', '-L', urls.tcp])
    await subscriber.waitForStderr("tmqtt sub: subscription to 'no' refused")
    broker.publish({ cmd: 'publish', topic: 'yes', payload: 'x', qos: 0, retain: false, dup: false }, () => {})
    expect(await subscriber.exited).toEqual({ code: 0, signal: null })
    expect(subscriber.stdout.toString()).toBe('x\n')
  })

  it('exits with the reason code of MQTT 5', async () => {
    const server = await startScriptedBroker()
    const subscriber = spawnTmqtt(['sub', '-V', '5', '-t', 'secret/#', '-L', server.url])
    const peer = await server.connection()
    await peer.accept()
    await peer.acceptSubscribe(135)
    const { code, says } = await failureOf(subscriber)
    expect(code).toBe(135)
    expect(says).toContain("subscription to 'secret/#' refused: Not authorized (135)")
    expect((await peer.packet()).type).toBe('DISCONNECT')
  })
})

describe.skipIf(!hasMosquitto)('a refused publish', () => {
  it.each(['1', '2'])('exits with 135 on MQTT 5 at QoS %s', async (qos) => {
    const { urls } = await startMosquitto({ acl: 'topic readwrite mine/#\n' })
    const args = ['-V', '5', '-q', qos, '-L', urls.tcp]
    const { code, says } = await failureOf(spawnTmqtt(['pub', ...args, '-t', 'theirs', '-m', 'x']))
    expect(code).toBe(135)
    expect(says).toContain('1 of 1 messages rejected: Not authorized (135)')
    const allowed = spawnTmqtt(['pub', ...args, '-t', 'mine/t', '-m', 'x'])
    expect(await allowed.exited, allowed.stderr).toEqual({ code: 0, signal: null })
  })
})

describe('a refused line of pub -l', () => {
  it('is counted, and the other lines are published', async () => {
    const server = await startScriptedBroker()
    const publisher = spawnTmqtt(['pub', '-V', '5', '-q', '1', '-L', server.url, '-t', 't', '-l'], {
      input: 'one\ntwo\nthree\n',
    })
    const peer = await server.connection()
    await peer.accept()
    for (const reasonCode of [0, 151, 16]) {
      const { packetId } = readPublish(await peer.packet('PUBLISH'), 5)
      peer.send(ack('PUBACK', packetId!, reasonCode))
    }
    expect(await failureOf(publisher)).toEqual({
      code: 151,
      ledger: 'published 3, acknowledged 2, refused 1',
      says: '1 of 3 messages rejected: Quota exceeded (151)',
    })
  })
})
