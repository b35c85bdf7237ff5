import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Session } from '../../src/mqtt/session.ts'
import { Subscription } from '../../src/mqtt/subscription.ts'
import { atEndOfTest } from '../support/clean-up.ts'
import { packet, publishPacket } from '../support/packets.ts'
import { type ScriptedBroker, startScriptedBroker } from '../support/scripted-peer.ts'
import { connect, groupOf, lasting, nextTexts, optionsFor, publishTexts, startPublisher, subscribe } from './client.ts'

let broker: ScriptedBroker
beforeEach(async () => {
  broker = await startScriptedBroker()
})

const events = { signal: new AbortController().signal, notice: () => {} }
const never = { attempts: 0, delayMs: 1, maxDelayMs: 1 }

describe('Session.connect', () => {
  it.each([
    { protocolVersion: 4, code: 5 },
    { protocolVersion: 4, code: 3 },
    { protocolVersion: 5, code: 135 },
  ] as const)('fails with CONNACK code $code of version $protocolVersion', async ({ protocolVersion, code }) => {
    const connecting = Session.connect(optionsFor(broker, { protocolVersion }), events)
    const peer = await broker.connection()
    await Promise.all([
      expect(connecting).rejects.toMatchObject({ exitCode: code, message: expect.stringContaining(`(${code})`) }),
      peer.accept({ reasonCode: code }),
    ])
    await peer.closed
  })

  it('understands a broker that knows no MQTT 5, and says so in its own version', async () => {
    const connecting = Session.connect(optionsFor(broker, { protocolVersion: 5 }), events)
    const peer = await broker.connection()
    await peer.packet('CONNECT')
    peer.send(packet('CONNACK', 0, [0, 1]))
    await expect(connecting).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining('version') })
  })

  it.each([
    { name: 'a close', answer: [], exitCode: 3, says: 'it closed the connection before CONNACK' },
    { name: 'a CONNACK without a body', answer: [0x20, 0], exitCode: 7, says: 'a packet of type 2 that is cut off' },
    { name: 'half a CONNACK', answer: [0x20, 1, 0], exitCode: 7, says: 'a packet of type 2 that is cut off' },
    { name: 'a PUBLISH', answer: [0x30, 3, 0, 1, 0x61], exitCode: 7, says: 'a packet before CONNACK' },
    { name: 'HTTP', answer: [...Buffer.from('HTTP/1.1 400 Bad')], exitCode: 3, says: 'no CONNACK within 0.3 s' },
  ])('fails when CONNECT is answered by $name', async ({ name, answer, exitCode, says }) => {
    const connectTimeoutMs = name === 'HTTP' ? 300 : 10_000
    const connecting = Session.connect(optionsFor(broker, { connectTimeoutMs }), events)
    const peer = await broker.connection()
    await peer.packet('CONNECT')
    peer.send(answer)
    if (answer.length === 0) peer.end()
    await expect(connecting).rejects.toMatchObject({ exitCode, message: expect.stringContaining(says) })
    await peer.closed
  })

  it('fails when CONNECT is answered by AUTH that nobody has asked for', async () => {
    const connecting = Session.connect(optionsFor(broker, { protocolVersion: 5 }), events)
    const peer = await broker.connection()
    await peer.packet('CONNECT')
    peer.send(packet('AUTH', 0, [0x18, 0]))
    const message = expect.stringMatching(/^cannot reach \S+ Protocol error: Auth packet received/)
    await expect(connecting).rejects.toMatchObject({ exitCode: 3, message })
    await peer.closed
  })

  it('gives up when no CONNACK comes in time', async () => {
    const connecting = Session.connect(optionsFor(broker, { connectTimeoutMs: 50 }), events)
    const peer = await broker.connection()
    await expect(connecting).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('no CONNACK within 0.05 s'),
    })
    await peer.closed
  })

  it('stops when the signal is aborted', async () => {
    const stop = new AbortController()
    const connecting = Session.connect(optionsFor(broker), { ...events, signal: stop.signal })
    const peer = await broker.connection()
    await peer.packet('CONNECT')
    stop.abort(new Error('stopped'))
    await expect(connecting).rejects.toThrow('stopped')
    await peer.closed
  })
})

describe('Session', () => {
  it('exits with 19 when the broker stops answering', async () => {
    const connected = await connect(broker, { keepAlive: 1, reconnect: never })
    startPublisher(connected.session)
    await connected.peer.packet('PINGREQ')
    await expect(connected.session.connection!.lost).resolves.toMatchObject({ exitCode: 19 })
  })

  it('takes any packet for a sign of life', async () => {
    const connected = await connect(broker, { keepAlive: 1, reconnect: never })
    const subscription = await subscribe(connected, 0)
    for (let count = 0; count < 3; count++) {
      await connected.peer.packet('PINGREQ')
      connected.peer.publish({ topic: 'a', payload: String(count) })
      expect(await nextTexts(subscription)).toEqual([String(count)])
    }
  })

  it('takes a piece of a packet for a sign of life', async () => {
    const { peer, session, notices } = await connect(broker, { keepAlive: 1 })
    const subscription = await subscribe({ peer, session, notices }, 0)
    const publish = publishPacket({ topic: 'a', payload: 'slow' })
    for (const at of [0, 2, 4]) {
      await peer.packet('PINGREQ')
      peer.send(publish.subarray(at, at + 2))
    }
    peer.send(publish.subarray(6))
    expect(await nextTexts(subscription)).toEqual(['slow'])
    expect(notices).toEqual([])
  })

  it.each(['end', 'leave'] as const)('waits with %s no longer than a second for the broker to close', async (how) => {
    const { peer, session } = await connect(broker)
    peer.socket.allowHalfOpen = true
    const ended = once(peer.socket, 'end')
    await session[how]()
    await ended
    expect(peer.socket.writableEnded).toBe(false)
  })

  it('gives up at its end on a socket that takes nothing', async () => {
    const { peer, session } = await connect(broker, { reconnect: never })
    const publisher = startPublisher(session)
    peer.socket.pause()
    const texts = Array.from({ length: 100 }, () => 'x'.repeat(1_000_000))
    const publishing = publishTexts(publisher, session, 0, texts)
    while (!session.connection!.lane.needsDrain) await setImmediate()
    await expect(session.end(100)).rejects.toMatchObject({ exitCode: 7, message: 'the broker takes no more' })
    await expect(publishing).rejects.toThrow('the broker takes no more')
  })

  it('waits between attempts twice as long each time up to a limit, a random half of it less', async () => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.8)
    atEndOfTest(() => random.mockRestore())
    const { peer, notices } = await connect(broker, {
      reconnect: { attempts: Number.POSITIVE_INFINITY, delayMs: 500, maxDelayMs: 1000 },
    })
    peer.destroy()
    ;(await broker.connection()).destroy()
    // That one holds for a moment does not count.
    const again = await broker.connection()
    await again.accept()
    again.destroy()
    await broker.connection()
    expect(notices.flatMap((text) => /trying again in ([\d.]+) s/.exec(text)?.[1] ?? [])).toEqual(['0.3', '0.6', '0.6'])
  })

  it('tells -d of the packets of both planes, those that were really sent and received', async () => {
    const lines: string[] = []
    const debug = { print: (more: readonly string[]) => void lines.push(...more), taken: async () => {} }
    const connected = await connect(broker, { keepAlive: 1, reconnect: never, debug })
    const subscription = await subscribe(connected, 1)
    connected.peer.publish({ topic: 'a', payload: 'x', qos: 1, packetId: 7 })
    expect(await nextTexts(subscription)).toEqual(['x'])
    subscription.acknowledge()
    await connected.peer.packet('PUBACK')
    await connected.peer.packet('PINGREQ')
    await connected.session.end()
    expect(lines).toEqual([
      'Client test sending CONNECT',
      'Client test received CONNACK (0)',
      'Client test sending SUBSCRIBE (Mid: 1, Topic: #, QoS: 1, Options: 0x00)',
      'Client test received SUBACK',
      'Subscribed (mid: 1): 1',
      "Client test received PUBLISH (d0, q1, r0, m7, 'a', ... (1 bytes))",
      'Client test sending PUBACK (m7, rc0)',
      'Client test sending PINGREQ',
      'Client test sending DISCONNECT',
    ])
  })

  it.each([0x8e, 0x87, 0x9d])('does not come back after DISCONNECT with 0x%x', async (code) => {
    const connected = await connect(broker, { protocolVersion: 5 })
    const subscription = await subscribe(connected, 0)
    connected.peer.send(packet('DISCONNECT', 0, [code]))
    await expect(subscription.next()).rejects.toMatchObject({ exitCode: code })
  })

  it('comes back after DISCONNECT with "server shutting down", and says so', async () => {
    const connected = await connect(broker, { protocolVersion: 5 })
    const subscription = await subscribe(connected, 0)
    connected.peer.send(packet('DISCONNECT', 0, [0x8b]))
    const again = await broker.connection()
    await again.accept()
    await again.acceptSubscribe(0)
    again.publish({ topic: 'a', payload: 'x' })
    expect(await nextTexts(subscription)).toEqual(['x'])
    expect(connected.notices.join('\n')).toMatch(/Server shutting down \(139\).*trying again[\s\S]*connected again/)
  })

  it('gives up after as many attempts as it is told', async () => {
    const connected = await connect(broker, { reconnect: { attempts: 2, delayMs: 1, maxDelayMs: 1 } })
    const subscription = await subscribe(connected, 0)
    connected.peer.destroy()
    for (let attempt = 0; attempt < 2; attempt++) (await broker.connection()).destroy()
    await expect(subscription.next()).rejects.toMatchObject({ exitCode: 3 })
  })

  it('resumes a lasting session with the identifier that the broker assigned', async () => {
    const overrides = { protocolVersion: 5, clientId: '', properties: lasting } as const
    const connected = await connect(broker, overrides, { properties: [0x12, 0, 3, 0x66, 0x6f, 0x6f] })
    startPublisher(connected.session)
    connected.peer.destroy()
    const again = await broker.connection()
    const connect2 = await again.accept({ sessionPresent: true })
    expect(connect2.body.includes('foo')).toBe(true)
    // Clean Start is bit 1 of the connect flags [MQTT 5, 3.1.2.3].
    expect(connect2.body[7]! & 2).toBe(0)
  })
})

describe('the signal of a session', () => {
  it.each(['before', 'behind'])('tells whoever asks for it %s the end why the session is over', async (when) => {
    const { session } = await connect(broker)
    const early = when === 'before' ? session.over : undefined
    expect(early?.aborted ?? false).toBe(false)
    const reason = new Error('enough')
    session.fail(reason)
    await session.end()
    expect(early ?? session.over).toMatchObject({ aborted: true, reason })
    expect(() => session.throwIfOver()).toThrow(reason)
    expect(session.over).toBe(session.over)
  })
})

describe('Subscription', () => {
  it('names the filter that was refused, also when one looks like a number', async () => {
    const { session, peer, notices } = await connect(broker)
    const subscription = new Subscription(session, [groupOf(0, 'b', '1')], (text) => notices.push(text))
    session.start()
    const started = subscription.start()
    const { body } = await peer.packet('SUBSCRIBE')
    expect(body.toString('utf8', 4, 5)).toBe('b')
    peer.suback(body.readUInt16BE(0), [0x80, 0])
    await started
    expect(notices).toEqual([expect.stringContaining("'b' refused")])
  })

  it('asks again for all filters on the next connection, whatever was refused on the last', async () => {
    const { session, peer } = await connect(broker)
    const subscription = new Subscription(session, [groupOf(0, 'b', 'c')], () => {})
    session.start()
    const started = subscription.start()
    await peer.acceptSubscribe(0x80, 0)
    await started
    peer.destroy()
    const again = await broker.connection()
    await again.accept()
    const { body } = await again.acceptSubscribe(0, 0)
    expect(body.toString('latin1', 2)).toBe('\0\x01b\0\0\x01c\0')
  })

  it('connects again when SUBSCRIBE is not answered', async () => {
    const connected = await connect(broker, { connectTimeoutMs: 500 })
    const subscription = new Subscription(connected.session, [groupOf(0, 'a')], () => {})
    connected.session.start()
    const started = subscription.start()
    await connected.peer.packet('SUBSCRIBE')
    const again = await broker.connection()
    await again.accept()
    await again.acceptSubscribe(0)
    await started
    expect(connected.notices.join()).toContain('does not answer SUBSCRIBE')
  })
})
