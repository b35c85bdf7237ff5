import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type Fault, type FaultyBroker, faults, startFaultyBroker } from '../faulty-broker.ts'
import { ack } from '../packets.ts'
import { id, numberProperty, type Property, textProperty } from './properties.ts'
import { answers, connect, messages, pingreq, publish, subscribe, talk, unsubscribe } from './talk.ts'

/** What one asks a broker, what it has to answer, and what it answers with the fault. */
type Probe = readonly [
  ask: (broker: FaultyBroker) => Promise<readonly string[]>,
  right: readonly string[],
  wrong: readonly string[],
]

const noLocal = 4
const retainAsPublished = 8
const retainOnlyIfNew = 0x10
const none: readonly string[] = []
const live = (filter: string, topic: string, payload = 'm', qos = 0) => [
  connect(),
  subscribe(filter, qos),
  publish(topic, payload, { qos }),
]
const keeper = connect({ clientId: 'keeper', cleanStart: false, sessionExpiryInterval: 60 })
const retained = publish('t', 'kept', { retain: true })
const aliased = (topic: string, payload: string) =>
  publish(topic, payload, { properties: [numberProperty(id.topicAlias, 1)] })

/** Everything that is said on one connection. */
function whole(...said: readonly Uint8Array[]): Probe[0] {
  return (broker) => talk(broker, said)
}

function delivered(...said: readonly Uint8Array[]): Probe[0] {
  return (broker) => messages(broker, said)
}

function answered(...said: readonly Uint8Array[]): Probe[0] {
  return (broker) => answers(broker, said)
}

/** A live message with this property. */
function withProperty(property: Property): Probe[0] {
  return delivered(connect(), subscribe('t'), publish('t', 'm', { properties: [property] }))
}

async function afterMissedMessage(broker: FaultyBroker): Promise<string[]> {
  await talk(broker, [keeper, subscribe('t', 1)])
  await talk(broker, [connect(), publish('t', 'm', { qos: 1 })])
  return await talk(broker, [keeper])
}

async function afterCleanStart(broker: FaultyBroker): Promise<string[]> {
  await talk(broker, [keeper])
  return await talk(broker, [connect({ clientId: 'keeper' })])
}

/** The will, which is retained. */
async function afterWill(broker: FaultyBroker, disconnect?: Uint8Array): Promise<string[]> {
  const will = { topic: 'will', payload: 'gone', retain: true }
  await talk(broker, [connect({ clientId: 'doomed', will })], { disconnect })
  await broker.waitForLog('closed doomed\n')
  return await messages(broker, [connect(), subscribe('will')])
}

/** Two members of a group that miss a message. */
async function toGroup(broker: FaultyBroker): Promise<string[]> {
  const members = ['one', 'two'].map((clientId) => connect({ clientId, cleanStart: false, sessionExpiryInterval: 60 }))
  for (const member of members) await talk(broker, [member, subscribe('$share/group/t', 1)])
  await talk(broker, [connect(), publish('t', 'm', { qos: 1 })])
  return (await Promise.all(members.map((member) => messages(broker, [member])))).flat()
}

const probes: Readonly<Record<Fault, Probe>> = {
  'never answers CONNECT': [whole(connect()), ['CONNACK 0 00'], none],
  'refuses empty client id': [whole(connect({ clientId: '' })), ['CONNACK 0 00'], ['CONNACK 0 85']],
  'accepts wrong protocol level': [whole(connect({ version: 6 })), ['CONNACK 0 84'], ['CONNACK 0 00']],
  'no PINGRESP': [answered(connect(), pingreq), ['PINGRESP'], none],
  'stops answering': [answered(connect(), publish('t', 'm'), pingreq), ['PINGRESP'], none],
  'drops PUBACK': [answered(connect(), publish('t', 'm', { qos: 1 })), ['PUBACK'], none],
  'drops PUBREC': [answered(connect(), publish('t', 'm', { qos: 2 })), ['PUBREC'], none],
  'drops PUBREL': [
    answered(...live('t', 't', 'm', 2), ack('PUBREC', 1)),
    ['SUBACK 02', 'PUBREC', 'PUBREL'],
    ['SUBACK 02', 'PUBREC'],
  ],
  'drops PUBCOMP': [
    answered(connect(), publish('t', 'm', { qos: 2 }), ack('PUBREL', 3)),
    ['PUBREC', 'PUBCOMP'],
    ['PUBREC'],
  ],
  'drops SUBACK': [answered(connect(), subscribe('t', 1)), ['SUBACK 01'], none],
  'drops UNSUBACK': [answered(connect(), unsubscribe('t')), ['UNSUBACK'], none],
  'refuses SUBSCRIBE': [answered(connect(), subscribe('t')), ['SUBACK 00'], ['SUBACK 87']],
  'delivers to the wrong filter': [delivered(...live('a/+', 'a/b/c')), none, ['a/b/c: m q0']],
  'hash misses parent': [delivered(...live('a/#', 'a')), ['a: m q0'], none],
  'plus misses empty level': [delivered(...live('a/+', 'a/')), ['a/: m q0'], none],
  '# matches $SYS': [delivered(connect(), subscribe('#')), none, ['$SYS/broker/version: faulty broker q0 retain']],
  'delivers after UNSUBSCRIBE': [
    delivered(connect(), subscribe('t'), unsubscribe('t'), publish('t', 'm')),
    none,
    ['t: m q0'],
  ],
  'forgets retained': [delivered(connect(), retained, subscribe('t')), ['t: kept q0 retain'], none],
  'keeps retained': [
    delivered(connect(), retained, publish('t', '', { retain: true }), subscribe('t')),
    none,
    ['t: kept q0 retain'],
  ],
  'live without retain flag cleared': [
    delivered(connect(), subscribe('t'), retained),
    ['t: kept q0'],
    ['t: kept q0 retain'],
  ],
  'ignores retain as published': [
    delivered(connect(), subscribe('t', retainAsPublished), retained),
    ['t: kept q0 retain'],
    ['t: kept q0'],
  ],
  'ignores retain handling': [
    delivered(connect(), retained, subscribe('t', retainOnlyIfNew), subscribe('t', retainOnlyIfNew)),
    ['t: kept q0 retain'],
    ['t: kept q0 retain', 't: kept q0 retain'],
  ],
  'no will': [(broker) => afterWill(broker, Buffer.alloc(0)), ['will: gone q0 retain'], none],
  'will after DISCONNECT': [(broker) => afterWill(broker), none, ['will: gone q0 retain']],
  'loses QoS 0': [delivered(...live('t', 't', 'm', 0)), ['t: m q0'], none],
  'loses QoS 1': [delivered(...live('t', 't', 'm', 1)), ['t: m q1'], none],
  'loses QoS 2': [delivered(...live('t', 't', 'm', 2)), ['t: m q2'], none],
  'duplicates QoS 1': [delivered(...live('t', 't', 'm', 1)), ['t: m q1'], ['t: m q1', 't: m q1']],
  'duplicates QoS 2': [delivered(...live('t', 't', 'm', 2)), ['t: m q2'], ['t: m q2', 't: m q2']],
  'downgrades QoS': [delivered(...live('t', 't', 'm', 2)), ['t: m q2'], ['t: m q1']],
  reorders: [
    delivered(...live('t', 't', '1'), ...['2', '3', '4', '5'].map((text) => publish('t', text))),
    ['1', '2', '3', '4', '5'].map((text) => `t: ${text} q0`),
    ['1', '2', '4', '3'].map((text) => `t: ${text} q0`),
  ],
  'truncates payload': [delivered(...live('t', 't', 'x'.repeat(70_000))), ['t: 70000/70000 q0'], ['t: 65536/65536 q0']],
  'corrupts payload': [delivered(...live('t', 't', 'x'.repeat(70_000))), ['t: 70000/70000 q0'], ['t: 69999/70000 q0']],
  'closes on large payload': [
    answered(connect(), publish('t', 'x'.repeat(70_000)), pingreq),
    ['PINGRESP'],
    ['DISCONNECT 97'],
  ],
  'wrong session present': [afterMissedMessage, ['CONNACK 1 00', 't: m q1'], ['CONNACK 0 00', 't: m q1']],
  'session present after clean start': [afterCleanStart, ['CONNACK 0 00'], ['CONNACK 1 00']],
  'forgets session': [afterMissedMessage, ['CONNACK 1 00', 't: m q1'], ['CONNACK 1 00']],
  'discards session': [afterMissedMessage, ['CONNACK 1 00', 't: m q1'], ['CONNACK 0 00']],
  'shared delivers to all': [toGroup, ['t: m q1'], ['t: m q1', 't: m q1']],
  'shared delivers to none': [toGroup, ['t: m q1'], none],
  'ignores message expiry': [
    delivered(
      connect(),
      publish('t', 'm', { retain: true, properties: [numberProperty(id.messageExpiryInterval, 0)] }),
      subscribe('t'),
    ),
    none,
    ['t: m q0 retain 0200000000'],
  ],
  'ignores topic alias': [
    delivered(connect(), subscribe('t'), aliased('t', '1'), aliased('', '2')),
    ['t: 1 q0', 't: 2 q0'],
    ['t: 1 q0'],
  ],
  'drops properties': [withProperty(textProperty(id.responseTopic, 'r')), ['t: m q0 08000172'], ['t: m q0']],
  'drops user properties': [
    withProperty({ id: id.userProperty, value: Buffer.from('\0\x01a\0\x01b') }),
    ['t: m q0 26000161000162'],
    ['t: m q0'],
  ],
  'ignores no local': [delivered(connect(), subscribe('t', noLocal), publish('t', 'm')), none, ['t: m q0']],
  'ignores subscription identifier': [
    delivered(
      connect(),
      subscribe('t', 0, [{ id: id.subscriptionIdentifier, value: Buffer.of(7) }]),
      publish('t', 'm'),
    ),
    ['t: m q0 0b07'],
    ['t: m q0'],
  ],
}

/** Those that no other probe has to do with: all else stays right. */
const apart = [
  'refuses empty client id',
  'accepts wrong protocol level',
  'drops PUBACK',
  'drops PUBREL',
  'drops PUBCOMP',
  'drops UNSUBACK',
  'delivers to the wrong filter',
  'hash misses parent',
  'plus misses empty level',
  '# matches $SYS',
  'delivers after UNSUBSCRIBE',
  'keeps retained',
  'live without retain flag cleared',
  'ignores retain as published',
  'ignores retain handling',
  'no will',
  'will after DISCONNECT',
  'reorders',
  'session present after clean start',
  'ignores message expiry',
  'ignores topic alias',
  'drops properties',
  'drops user properties',
  'ignores no local',
  'ignores subscription identifier',
] as const satisfies readonly Fault[]

describe('the faulty broker', () => {
  it.each(faults)('does right without the fault and wrong with it: %s', async (fault) => {
    const [ask, right, wrong] = probes[fault]
    expect(await ask(await startFaultyBroker())).toEqual(right)
    expect(await ask(await startFaultyBroker({ fault }))).toEqual(wrong)
  })

  it.each(apart)('does nothing else wrong: %s', async (fault) => {
    const wrongs = await Promise.all(
      faults.map(async (other) => {
        const [ask, right] = probes[other]
        return isDeepStrictEqual(await ask(await startFaultyBroker({ fault })), right) ? [] : [other]
      }),
    )
    expect(wrongs.flat()).toEqual([fault])
  })
})
