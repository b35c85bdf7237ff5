import { describe, expect, it } from 'vitest'
import { View } from '../../src/expectations/view.ts'
import { MalformedPacketError } from '../../src/mqtt/malformed.ts'
import { type MessageParts, messageOf } from '../formatters/message-of.ts'

const viewOf = (parts: MessageParts) => new View(messageOf(parts))

describe('View', () => {
  it('has what a message is made of', () => {
    expect(viewOf({ topic: 'a//b', payload: 'äb', qos: 2, retain: true })).toMatchObject({
      topic: 'a//b',
      levels: ['a', '', 'b'],
      text: 'äb',
      payload: 'äb',
      size: 3n,
      qos: 2n,
      retain: true,
      properties: {},
    })
  })

  it.each<[payload: string, value: unknown]>([
    ['{"a":[1]}', { a: [1] }],
    ['12', 12],
    ['true', true],
    ['"x"', 'x'],
    ['null', null],
    ['', ''],
    ['{"a":', '{"a":'],
    ['text', 'text'],
    ['NaN', 'NaN'],
  ])('reads the payload %s as %j', (payload, value) => {
    expect(viewOf({ payload }).payload).toEqual(value)
    expect(viewOf({ payload }).text).toBe(payload)
  })

  it('keeps to the value where keys are names of the language', () => {
    const { payload } = viewOf({ payload: '{"__proto__":{"x":1}}' })
    expect(Object.hasOwn(payload as object, '__proto__')).toBe(true)
    expect(({} as { x?: number }).x).toBeUndefined()
    const { properties } = viewOf({ properties: { userProperties: [['__proto__', 'x']] } })
    expect(Object.entries(properties.userProperty as object)).toEqual([['__proto__', 'x']])
  })

  it('has properties by their names, of user properties the first and all values', () => {
    const userProperties = [
      ['room', 'hall'],
      ['n', '1'],
      ['room', 'stairs'],
    ] as [string, string][]
    const correlationData = Buffer.from('c')
    expect(viewOf({ properties: { contentType: 'a/b', correlationData, userProperties } }).properties).toEqual({
      contentType: 'a/b',
      correlationData: new Uint8Array([99]),
      userProperty: { room: 'hall', n: '1' },
      userProperties: { room: ['hall', 'stairs'], n: ['1'] },
    })
  })

  it('does not read more than 1 MiB', () => {
    const payload = Buffer.alloc(1024 * 1024, '1')
    expect(viewOf({ payload }).text).toHaveLength(payload.length)
    const longer = viewOf({ payload: Buffer.concat([payload, Buffer.from('1')]) })
    expect(() => longer.text).toThrow('the payload is longer than 1 MiB')
    expect(() => longer.payload).toThrow('the payload is longer than 1 MiB')
    expect(longer.size).toBe(1_048_577n)
  })

  it('has no malformed properties', () => {
    expect(() => viewOf({ propertyBytes: Buffer.from([0xff]) })).toThrow(MalformedPacketError)
  })
})
