import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { atEndOfTest } from './clean-up.ts'
import { type Limits, limitProperties, usualLimits } from './faulty/limits.ts'
import { encodeProperties, id, numberProperty } from './faulty/properties.ts'
import { answers, connect, messages, pingreq, publish, subscribe, talk } from './faulty/talk.ts'
import { startFaultyBroker } from './faulty-broker.ts'
import { ack, lengthPrefixed, packet } from './packets.ts'
import { Peer } from './scripted-peer.ts'

const keeper = connect({ clientId: 'keeper', cleanStart: false, sessionExpiryInterval: 60 })
const identifier = (value: number) => [{ id: id.subscriptionIdentifier, value: Buffer.of(value) }]
const retainedWill = { topic: 'will', payload: 'gone', retain: true }

describe('the faulty broker without a fault', () => {
  it.each([
    { versions: [3, 4, 5], level: 3, answer: ['CONNACK 0 00'] },
    { versions: [3, 4, 5], level: 4, answer: ['CONNACK 0 00'] },
    { versions: [3, 4, 5], level: 5, answer: ['CONNACK 0 00'] },
    { versions: [3, 4, 5], level: 6, answer: ['CONNACK 0 84'] },
    { versions: [3, 4], level: 5, answer: ['CONNACK 0 01'] },
    { versions: [3, 4], level: 6, answer: ['CONNACK 0 01'] },
    { versions: [5], level: 4, answer: ['CONNACK 0 01'] },
  ] as const)(
    'that accepts the levels $versions answers $answer at level $level',
    async ({ versions, level, answer }) => {
      const broker = await startFaultyBroker({ versions })
      expect(await talk(broker, [connect({ version: level })])).toEqual(answer)
    },
  )

  it.each([
    { what: 'another packet before CONNECT', said: pingreq },
    {
      what: 'a second CONNECT',
      said: Buffer.concat([connect(), connect()]),
      answer: ['CONNACK 0 00', 'DISCONNECT 82'],
    },
    { what: 'the protocol name of MQTT 3.1 at level 5', said: packet('CONNECT', 0, lengthPrefixed('MQIsdp'), [5]) },
    { what: 'a CONNECT that is cut off', said: packet('CONNECT', 0, lengthPrefixed('MQTT'), [5, 2]) },
  ])('ends the connection for $what', async ({ said, answer = [] }) => {
    expect(await talk(await startFaultyBroker(), [said])).toEqual(answer)
  })

  it.each([
    { version: 5, cleanStart: false, code: '00' },
    { version: 4, cleanStart: true, code: '00' },
    { version: 4, cleanStart: false, code: '02' },
    { version: 3, cleanStart: true, code: '02' },
  ] as const)('answers $code to no client identifier, level $version, clean start $cleanStart', async (asked) => {
    const said = connect({ ...asked, clientId: '' })
    expect(await talk(await startFaultyBroker(), [said])).toEqual([`CONNACK 0 ${asked.code}`])
  })

  it.each([
    { version: 5, password: 'right', code: '00' },
    { version: 5, password: 'wrong', code: '86' },
    { version: 4, password: 'wrong', code: '04' },
  ] as const)('answers $code to the $password password, level $version', async ({ version, password, code }) => {
    const broker = await startFaultyBroker({ authenticate: { username: 'joe', password: 'right' } })
    expect(await talk(broker, [connect({ version, username: 'joe', password })])).toEqual([`CONNACK 0 ${code}`])
  })

  it.each<[limits: Partial<Limits>, said: Uint8Array, answer: string]>([
    [{ maximumQoS: 1 }, publish('t', '', { qos: 2 }), 'DISCONNECT 9b'],
    [{ maximumQoS: 1 }, subscribe('t', 2), 'SUBACK 01'],
    [{ retainAvailable: false }, publish('t', '', { retain: true }), 'DISCONNECT 9a'],
    [{ wildcardAvailable: false }, subscribe('a/+'), 'DISCONNECT a2'],
    [{ sharedAvailable: false }, subscribe('$share/g/t'), 'DISCONNECT 9e'],
    [{ subscriptionIdentifiersAvailable: false }, subscribe('t', 0, identifier(1)), 'DISCONNECT a1'],
    [{ maximumPacketSize: 100 }, publish('t', 'x'.repeat(100)), 'DISCONNECT 95'],
    [{ topicAliasMaximum: 0 }, publish('t', '', { properties: [numberProperty(id.topicAlias, 1)] }), 'DISCONNECT 94'],
  ])('with %o answers %o by %s', async (limits, said, answer) => {
    expect(await answers(await startFaultyBroker(), [connect(), said])).not.toContain(answer)
    expect(await answers(await startFaultyBroker({ limits }), [connect(), said])).toEqual([answer])
  })

  it('ends the connection of a client that exceeds the receive maximum', async () => {
    const broker = await startFaultyBroker({ limits: { receiveMaximum: 1 } })
    const [first, second] = [1, 2].map((packetId) => publish('t', '', { qos: 2, packetId }))
    expect(await answers(broker, [connect(), first!, second!])).toEqual(['PUBREC', 'DISCONNECT 93'])
    const released = [connect(), first!, ack('PUBREL', 1), second!]
    expect(await answers(broker, released)).toEqual(['PUBREC', 'PUBCOMP', 'PUBREC'])
  })

  it('states its limits, and by default none that it can leave out', () => {
    const hex = (limits: Limits) => encodeProperties(limitProperties(limits)).toString('hex')
    expect(hex(usualLimits)).toBe('2100142700100000' + '22000a')
    const all = {
      maximumQoS: 1,
      retainAvailable: false,
      wildcardAvailable: false,
      sharedAvailable: false,
      subscriptionIdentifiersAvailable: false,
      receiveMaximum: 1,
      maximumPacketSize: 100,
      topicAliasMaximum: 0,
      serverKeepAlive: 10,
    }
    expect(hex(all)).toBe('210001' + '2700000064' + '220000' + '2401' + '2500' + '2800' + '2a00' + '2900' + '13000a')
  })

  it.each(['a/#/b', 'a+', '#a', '', '$share/g', '$share//t'])('refuses the filter %o', async (filter) => {
    expect(await answers(await startFaultyBroker(), [connect(), subscribe(filter)])).toEqual(['SUBACK 8f'])
  })

  it('delivers one copy for overlapping subscriptions, with all identifiers and the highest QoS', async () => {
    const subscriptions = [subscribe('a/#', 0, identifier(1)), subscribe('a/+', 2, identifier(2)), subscribe('b')]
    const received = await messages(await startFaultyBroker(), [
      connect(),
      ...subscriptions,
      publish('a/b', 'm', { qos: 1 }),
    ])
    expect(received).toEqual(['a/b: m q1 0b010b02'])
  })

  it('gives each message of a shared subscription to the next client', async () => {
    const broker = await startFaultyBroker()
    const members = ['one', 'two'].map((clientId) =>
      connect({ clientId, cleanStart: false, sessionExpiryInterval: 60 }),
    )
    for (const member of members) await talk(broker, [member, subscribe('$share/g/t', 1)])
    await talk(broker, [connect(), ...['1', '2', '3'].map((text) => publish('t', text, { qos: 1 }))])
    expect(await messages(broker, [members[0]!])).toEqual(['t: 1 q1', 't: 3 q1'])
    expect(await messages(broker, [members[1]!])).toEqual(['t: 2 q1'])
  })

  it('ends the older of two connections with one client identifier', async () => {
    const broker = await startFaultyBroker()
    const older = new Peer(connectSocket(broker.port, '127.0.0.1'), Number.POSITIVE_INFINITY)
    atEndOfTest(() => older.destroy())
    older.send(connect({ clientId: 'same', will: retainedWill }))
    await older.packet('CONNACK')
    await talk(broker, [connect({ clientId: 'same' })])
    expect((await older.packet('DISCONNECT')).body).toEqual(Buffer.of(0x8e))
    await older.closed
    expect(broker.retained.get('will')?.payload.toString()).toBe('gone')
  })

  it('publishes the will after DISCONNECT with reason code 4', async () => {
    const broker = await startFaultyBroker()
    await talk(broker, [connect({ will: retainedWill })], { disconnect: packet('DISCONNECT', 0, [4]) })
    expect(await messages(broker, [connect(), subscribe('#')])).toEqual(['will: gone q0 retain'])
  })

  it('takes a QoS 2 message once, by its packet identifier, until it is released', async () => {
    const broker = await startFaultyBroker()
    const twice = publish('t', 'm', { qos: 2, packetId: 9 })
    expect(await messages(broker, [keeper, subscribe('t'), twice, twice])).toEqual(['t: m q0'])
    expect(await talk(broker, [keeper, twice, ack('PUBREL', 9), twice])).toEqual([
      'CONNACK 1 00',
      'PUBREC',
      'PUBCOMP',
      't: m q0',
      'PUBREC',
    ])
  })

  it('sends again what was not acknowledged, no more than the receive maximum of the client at a time', async () => {
    const broker = await startFaultyBroker()
    const oneByOne = connect({
      clientId: 'keeper',
      cleanStart: false,
      sessionExpiryInterval: 60,
      properties: [numberProperty(id.receiveMaximum, 1)],
    })
    await talk(broker, [oneByOne, subscribe('t', 2)])
    await talk(broker, [connect(), publish('t', 'one', { qos: 1 }), publish('t', 'two', { qos: 2 })])
    expect(await messages(broker, [oneByOne])).toEqual(['t: one q1'])
    expect(await messages(broker, [oneByOne, ack('PUBACK', 1)])).toEqual(['t: one q1 dup', 't: two q2'])
    expect(await talk(broker, [oneByOne, ack('PUBREC', 2)])).toEqual(['CONNACK 1 00', 't: two q2 dup', 'PUBREL'])
    expect(await talk(broker, [oneByOne, ack('PUBCOMP', 2)])).toEqual(['CONNACK 1 00', 'PUBREL'])
    expect(await talk(broker, [oneByOne])).toEqual(['CONNACK 1 00'])
  })

  it('leaves out messages above the maximum packet size of the client', async () => {
    const small = connect({ properties: [numberProperty(id.maximumPacketSize, 50)] })
    const said = [small, subscribe('t', 1), publish('t', 'x'.repeat(50), { qos: 1 }), publish('t', 'm', { qos: 1 })]
    expect(await messages(await startFaultyBroker(), said)).toEqual(['t: m q1'])
  })

  it('lowers the message expiry interval by the time a message has waited, and then drops it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    atEndOfTest(() => vi.useRealTimers())
    const broker = await startFaultyBroker()
    const properties = [numberProperty(id.messageExpiryInterval, 10)]
    await talk(broker, [keeper, subscribe('q', 1)])
    await talk(broker, [
      connect(),
      ...['q', 'r'].map((topic) => publish(topic, 'm', { qos: 1, retain: true, properties })),
    ])
    vi.setSystemTime(Date.now() + 4000)
    expect(await messages(broker, [connect(), subscribe('r')])).toEqual(['r: m q0 retain 0200000006'])
    expect(await messages(broker, [keeper])).toEqual(['q: m q1 0200000006'])
    vi.setSystemTime(Date.now() + 6000)
    expect(await messages(broker, [connect(), subscribe('r')])).toEqual([])
  })

  it('keeps a session as long as CONNECT or DISCONNECT says', async () => {
    const broker = await startFaultyBroker()
    await talk(broker, [connect({ clientId: 'short' })])
    await talk(broker, [keeper])
    expect(broker.sessions).toEqual(['keeper'])
    await talk(broker, [keeper], { disconnect: packet('DISCONNECT', 0, [0, 5, id.sessionExpiryInterval, 0, 0, 0, 0]) })
    expect(broker.sessions).toEqual([])
  })

  it('tells its connections and what was published, and stops with connections open', async () => {
    const broker = await startFaultyBroker()
    const socket = connectSocket(broker.port, '127.0.0.1').resume()
    socket.write(Buffer.concat([connect(), publish('t', 'm', { qos: 1 }), pingreq]))
    await broker.waitForLog('connected c\n')
    expect(broker.connections).toBe(1)
    expect(broker.published).toMatchObject([{ topic: 't', payload: Buffer.from('m'), qos: 1, publisher: 'c' }])
    const closed = once(socket, 'close')
    await broker.stop()
    await closed
    expect(broker.connections).toBe(0)
  })
})
