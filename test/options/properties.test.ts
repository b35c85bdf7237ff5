import { describe, expect, it } from 'vitest'
import { propertyTable } from '../../src/mqtt/property-table.ts'
import { InvalidValue } from '../../src/options/option.ts'
import { packetProperty } from '../../src/options/properties.ts'

describe('packetProperty', () => {
  it.each<[text: string, packet: string, property: readonly unknown[]]>([
    ['connect session-expiry-interval 4294967295', 'connect', ['session-expiry-interval', 4_294_967_295]],
    ['PUBLISH Content-Type text/plain', 'publish', ['content-type', 'text/plain']],
    ['publish content-type a  b ', 'publish', ['content-type', 'a  b ']],
    ['publish correlation-data é', 'publish', ['correlation-data', Buffer.from('é')]],
    ['will will-delay-interval 0', 'will', ['will-delay-interval', 0]],
    ['subscribe subscription-identifier 268435455', 'subscribe', ['subscription-identifier', 268_435_455]],
    ['disconnect user-property name the value', 'disconnect', ['user-property', ['name', 'the value']]],
    ['["unsubscribe","user-property","a name",""]', 'unsubscribe', ['user-property', ['a name', '']]],
    ['["publish","content-type",""]', 'publish', ['content-type', '']],
    ['["publish","content-type","[x"]', 'publish', ['content-type', '[x']],
  ])('reads %s', (text, packet, property) => {
    expect(packetProperty.parse(text)).toEqual({ packet, property })
  })

  it.each([
    ['puback user-property a b', "'puback' is a packet that takes no properties here; it must be connect, publish,"],
    ['sub user-property a b', "'sub' is no packet; it must be"],
    ['publish nonsense 1', "'nonsense' is no property; publish takes payload-format-indicator,"],
    ['publish receive-maximum 1', "'receive-maximum' is no property of publish; publish takes"],
    ['publish subscription-identifier 1', 'is no property of publish'],
    ['subscribe subscription-identifier 0', 'must be a number from 1 to 268435455'],
    ['subscribe subscription-identifier 268435456', "from 1 to 268435455, got '268435456'"],
    ['connect receive-maximum 0', 'from 1 to 65535'],
    ['connect receive-maximum 65536', 'from 1 to 65535'],
    ['publish payload-format-indicator 2', 'from 0 to 1'],
    ['publish message-expiry-interval 4294967296', 'from 0 to 4294967295'],
    ['publish message-expiry-interval abc', "got 'abc'"],
    ['publish response-topic a/#', 'response-topic must be a topic name'],
    [`publish content-type ${'x'.repeat(65_536)}`, 'content-type must be at most 65,535 bytes of text'],
    [`publish correlation-data ${'x'.repeat(65_536)}`, 'correlation-data must be at most 65,535 bytes'],
  ])('refuses %.60s', (text, message) => {
    expect(() => packetProperty.parse(text)).toThrow(InvalidValue)
    expect(() => packetProperty.parse(text)).toThrow(message)
  })

  it.each([
    ...['', 'connect', 'connect user-property', 'connect user-property a', 'connect content-type'],
    ...['[', '[::1]', '[1,2,3]', '["publish",1,"x"]', '["publish","content-type"]'],
  ])('says what is expected in place of %j', (text) => {
    expect(() => packetProperty.parse(text)).toThrow(new InvalidValue())
  })

  it('takes every property on every packet that may carry it', () => {
    for (const [name, { type, packets }] of Object.entries(propertyTable)) {
      for (const packet of packets) {
        const value = type === 'pair' ? 'name value' : '1'
        expect(packetProperty.parse(`${packet} ${name} ${value}`).property[0]).toBe(name)
      }
    }
  })
})
