import { describe, expect, it } from 'vitest'
import { PacketLog } from '../../src/mqtt/packet-log.ts'
import { ack, lengthPrefixed, packet, publishPacket, uint16, withLength } from '../support/packets.ts'

/** A log and what it has printed, chunk by chunk. */
function start(clientId = 'me', protocolVersion = 4) {
  const printed: (readonly string[])[] = []
  const output = { print: (lines: readonly string[]) => void printed.push(lines), taken: async () => {} }
  return { log: new PacketLog(clientId, protocolVersion, output), printed }
}

/** What is said of these bytes, sent or received. */
function said(way: 'sent' | 'received', bytes: Buffer, protocolVersion = 4): string[] {
  const { log, printed } = start('me', protocolVersion)
  log[way](bytes)
  return printed.flat()
}

const none = withLength([])
const secrets = [
  lengthPrefixed('will/topic'),
  lengthPrefixed('SECRET'),
  lengthPrefixed('joe'),
  lengthPrefixed('SECRET'),
]
const connect = packet('CONNECT', 0, lengthPrefixed('MQTT'), [4, 0xc6], uint16(60), lengthPrefixed('me'), ...secrets)

describe('PacketLog', () => {
  it.each<[line: string, bytes: Buffer]>([
    ['sending CONNECT', connect],
    ["sending PUBLISH (d0, q0, r0, m0, 'a/ä', ... (5 bytes))", publishPacket({ topic: 'a/ä', payload: 'hello' })],
    [
      "sending PUBLISH (d1, q2, r1, m258, 'a', ... (0 bytes))",
      publishPacket({ topic: 'a', qos: 2, dup: true, retain: true, packetId: 258 }),
    ],
    ['sending PUBACK (m1, rc0)', ack('PUBACK', 1)],
    ['sending PUBREC (m1, rc0)', ack('PUBREC', 1)],
    ['sending PUBREL (m1)', ack('PUBREL', 1)],
    ['sending PUBCOMP (m1)', ack('PUBCOMP', 1)],
    ['sending PINGREQ', packet('PINGREQ', 0)],
    ['sending DISCONNECT', packet('DISCONNECT', 0)],
  ])('says: %s', (line, bytes) => {
    expect(said('sent', bytes)).toEqual([`Client me ${line}`])
  })

  it.each<[line: string, bytes: Buffer]>([
    ['Client me received CONNACK (0)', packet('CONNACK', 0, [0, 0])],
    ['Client me received CONNACK (5)', packet('CONNACK', 0, [0, 5])],
    [
      "Client me received PUBLISH (d0, q0, r1, m0, 'a', ... (1 bytes))",
      publishPacket({ topic: 'a', payload: 'x', retain: true }),
    ],
    [
      "Client me received PUBLISH (d0, q1, r0, m7, 'a', ... (0 bytes))",
      publishPacket({ topic: 'a', qos: 1, packetId: 7 }),
    ],
    ['Client me received PUBACK (Mid: 1, RC:0)', ack('PUBACK', 1)],
    ['Client me received PUBREC (Mid: 1)', ack('PUBREC', 1)],
    ['Client me received PUBREL (Mid: 1)', ack('PUBREL', 1)],
    ['Client me received PUBCOMP (Mid: 1, RC:0)', ack('PUBCOMP', 1)],
    ['Client me received UNSUBACK', packet('UNSUBACK', 0, uint16(1))],
    ['Client me received PINGRESP', packet('PINGRESP', 0)],
  ])('says: %s', (line, bytes) => {
    expect(said('received', bytes)).toEqual([line])
  })

  it.each([
    { version: 4, properties: [] },
    { version: 5, properties: none },
    { version: 5, properties: withLength([0x0b, 5]) },
  ])('names each filter of SUBSCRIBE and UNSUBSCRIBE, version $version, with properties $properties', (row) => {
    const { version, properties } = row
    const filters = [lengthPrefixed('a/#'), [0x2a], lengthPrefixed('b'), [0]]
    expect(said('sent', packet('SUBSCRIBE', 2, uint16(1), properties, ...filters), version)).toEqual([
      'Client me sending SUBSCRIBE (Mid: 1, Topic: a/#, QoS: 2, Options: 0x28)',
      'Client me sending SUBSCRIBE (Mid: 1, Topic: b, QoS: 0, Options: 0x00)',
    ])
    const names = [lengthPrefixed('a/#'), lengthPrefixed('b')]
    expect(said('sent', packet('UNSUBSCRIBE', 2, uint16(2), properties, ...names), version)).toEqual([
      'Client me sending UNSUBSCRIBE (Mid: 2, Topic: a/#)',
      'Client me sending UNSUBSCRIBE (Mid: 2, Topic: b)',
    ])
    expect(said('received', packet('SUBACK', 0, uint16(1), properties, [2, 0x80]), version)).toEqual([
      'Client me received SUBACK',
      'Subscribed (mid: 1): 2, 128',
    ])
  })

  it('has the reason codes of MQTT 5', () => {
    expect(said('received', packet('CONNACK', 0, [0, 135], none), 5)).toEqual(['Client me received CONNACK (135)'])
    expect(said('received', ack('PUBACK', 1, 16), 5)).toEqual(['Client me received PUBACK (Mid: 1, RC:16)'])
    expect(said('sent', ack('PUBREC', 1, 0x91), 5)).toEqual(['Client me sending PUBREC (m1, rc145)'])
    expect(said('received', packet('DISCONNECT', 0, [0x8b]), 5)).toEqual(['Received DISCONNECT (139)'])
    expect(said('received', packet('DISCONNECT', 0), 5)).toEqual(['Received DISCONNECT (0)'])
  })

  it('says nothing of user, password, will and payload', () => {
    const lines = [...said('sent', connect), ...said('sent', publishPacket({ topic: 'a', payload: 'SECRET' }))]
    expect(lines).toHaveLength(2)
    expect(lines.join()).not.toMatch(/SECRET|joe|will/)
  })

  it('uses the client identifier that the broker assigns, from CONNACK on', () => {
    const { log, printed } = start('', 5)
    // One property of each length before it, user properties among them.
    const before = [0x24, 1, 0x21, 0, 9, 0x27, 0, 0, 1, 0, 0x1f, 0, 1, 0x78, 0x26, 0, 1, 0x61, 0, 0]
    const properties = withLength([...before, 0x12, 0, 3, ...Buffer.from('new')])
    log.sent(connect)
    log.received(Buffer.concat([packet('CONNACK', 0, [0, 0], properties), packet('PINGRESP', 0)]))
    log.sent(packet('PINGREQ', 0))
    expect(printed).toEqual([
      ['Client (null) sending CONNECT'],
      ['Client new received CONNACK (0)', 'Client new received PINGRESP'],
      ['Client new sending PINGREQ'],
    ])
  })

  it('names the topic that an alias stands for', () => {
    const { log, printed } = start('me', 5)
    const alias = [0x23, 0, 1]
    for (const topic of ['long/topic', '']) {
      log.received(publishPacket({ topic, properties: Uint8Array.from(alias) }))
    }
    expect(printed.flat()).toEqual(
      Array(2).fill("Client me received PUBLISH (d0, q0, r0, m0, 'long/topic', ... (0 bytes))"),
    )
  })

  it('waits for the whole packet, however it is cut', () => {
    const payload = Buffer.alloc(200_000, 'x')
    const bytes = Buffer.concat([publishPacket({ topic: 'a', payload }), packet('PINGRESP', 0)])
    for (const size of [1, 10_000, bytes.length]) {
      const { log, printed } = start()
      for (let at = 0; at < bytes.length; at += size) log.received(bytes.subarray(at, at + size))
      expect(printed.flat()).toEqual([
        "Client me received PUBLISH (d0, q0, r0, m0, 'a', ... (200000 bytes))",
        'Client me received PINGRESP',
      ])
    }
  })

  it('joins a packet that is no PUBLISH and came in pieces', () => {
    const { log, printed } = start()
    const bytes = packet('SUBACK', 0, uint16(1), new Uint8Array(100_000))
    for (let at = 0; at < bytes.length; at += 10_000) log.received(bytes.subarray(at, at + 10_000))
    expect(printed.flat()[1]).toBe(`Subscribed (mid: 1): ${Array(100_000).fill(0).join(', ')}`)
  })

  it.each([
    [[0x30, 0xff, 0xff, 0xff, 0xff]],
    [[0x30, 3, 0, 9, 0x61]],
    [[0x20, 0]],
    [[0x90, 1, 0]],
    [[0x40, 0]],
    [[0xe0, 0]],
    [[0x20, 6, 0, 0, 3, 0x12, 0xff, 0xff]],
    [[0x20, 5, 0, 0, 2, 0x7f, 1]],
  ])('leaves it to others to find that %j is malformed', (bytes) => {
    const { log } = start('me', 5)
    for (const way of ['received', 'sent'] as const) {
      log[way](packet('PINGREQ', 0))
      expect(() => log[way](Buffer.from(bytes))).not.toThrow()
    }
  })
})
