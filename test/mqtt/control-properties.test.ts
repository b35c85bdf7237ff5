import { describe, expect, it } from 'vitest'
import { encodeDisconnect, withProperties } from '../../src/mqtt/control-properties.ts'
import type { Property } from '../../src/mqtt/property-table.ts'
import { lengthPrefixed, packet, uint16 } from '../support/packets.ts'
import { noProperties } from './client.ts'

/** Names that an object would put into another order, with repeats. */
const pairs: readonly Property[] = ['b', '2', 'a', '1', 'b'].map((name) => ['user-property', [name, '']])
const encoded = [30, ...['b', '2', 'a', '1', 'b'].flatMap((name) => [0x26, 0, 1, name.charCodeAt(0), 0, 0])]

/** CONNECT of MQTT 5 with these properties and those of the will, each with its length. */
function connect(flags: number, own: readonly number[], will: readonly number[]): Buffer {
  return packet(
    'CONNECT',
    0,
    lengthPrefixed('MQTT'),
    [5, flags, 0, 60],
    own,
    lengthPrefixed('id'),
    will,
    lengthPrefixed('t'),
    lengthPrefixed('payload'),
  )
}

describe('withProperties', () => {
  it.each([
    ['CONNECT', connect(2, [0], []), connect(2, encoded, []), { connect: pairs }],
    ['CONNECT with a will', connect(6, [0], [0]), connect(6, encoded, encoded), { connect: pairs, will: pairs }],
    ['CONNECT, just to the will', connect(6, [0], [0]), connect(6, [0], encoded), { will: pairs }],
    [
      'SUBSCRIBE',
      packet('SUBSCRIBE', 2, uint16(7), [0], lengthPrefixed('#'), [1]),
      packet('SUBSCRIBE', 2, uint16(7), encoded, lengthPrefixed('#'), [1]),
      { subscribe: pairs },
    ],
    [
      'UNSUBSCRIBE',
      packet('UNSUBSCRIBE', 2, uint16(7), [0], lengthPrefixed('#')),
      packet('UNSUBSCRIBE', 2, uint16(7), encoded, lengthPrefixed('#')),
      { unsubscribe: pairs },
    ],
  ])('adds properties to %s, in the order given and with every repeat', (_name, bare, full, properties) => {
    expect(withProperties(bare, { ...noProperties, ...properties })).toEqual(full)
  })

  it('makes the Remaining Length longer where that is needed', () => {
    const long: Property = ['user-property', ['n', 'x'.repeat(200)]]
    const subscribe = packet('SUBSCRIBE', 2, uint16(7), [0], lengthPrefixed('#'), [1])
    const found = withProperties(subscribe, { ...noProperties, subscribe: [long] })
    const body = [0xce, 1, 0x26, ...lengthPrefixed('n'), ...lengthPrefixed('x'.repeat(200))]
    expect(found).toEqual(packet('SUBSCRIBE', 2, uint16(7), body, lengthPrefixed('#'), [1]))
  })

  it('leaves other packets alone', () => {
    const ping = packet('PINGREQ', 0)
    expect(withProperties(ping, { ...noProperties, connect: pairs })).toBe(ping)
  })
})

describe('encodeDisconnect', () => {
  it.each<[string, number, readonly Property[], number[]]>([
    ['an ordinary end', 0, [], [0xe0, 0]],
    ['one with a reason code', 4, [], [0xe0, 1, 4]],
    ['one with a property', 0, [['reason-string', 'x']], [0xe0, 6, 0, 4, 0x1f, 0, 1, 0x78]],
  ])('writes %s', (_name, reasonCode, properties, bytes) => {
    expect([...encodeDisconnect(reasonCode, properties)]).toEqual(bytes)
  })
})
