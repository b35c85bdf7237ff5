import { describe, expect, it } from 'vitest'
import { byIdentifier, byTopic, identifiersOf, withoutOverlap } from '../../src/mqtt/filter-plan.ts'
import type { Message } from '../../src/mqtt/message.ts'
import { decodePublish, TopicAliases } from '../../src/mqtt/packets.ts'
import { encodeProperties, propertyList } from '../../src/mqtt/properties.ts'
import { overlap } from '../../src/mqtt/topic.ts'
import { lengthPrefixed } from '../support/packets.ts'

function message(topic: string, subscriptionIdentifiers?: number[]): Message {
  const properties = encodeProperties(
    propertyList(subscriptionIdentifiers === undefined ? {} : { subscriptionIdentifiers }),
  )
  const bytes = Buffer.concat([lengthPrefixed(topic), properties])
  return decodePublish(0x30, bytes, 0, bytes.length, new TopicAliases(0))
}

describe('byTopic', () => {
  it.each([
    ['a/b', ['a/+', '#', 'a/b']],
    ['a', ['#']],
    ['$SYS/x', ['$share/g/$SYS/#']],
  ])('finds for %s the filters %j, in the order given', (topic, found) => {
    expect(byTopic(['a/+', '#', 'a/b', 'b', '$share/g/$SYS/#'])(message(topic))).toEqual(found)
  })
})

describe('byIdentifier', () => {
  const find = byIdentifier(
    new Map([
      [30, 'a/+'],
      [10, 'a/#'],
      [20, 'b'],
    ]),
  )

  it.each<[identifiers: number[] | undefined, found: string[]]>([
    [[10], ['a/#']],
    [
      [10, 30],
      ['a/+', 'a/#'],
    ],
    [
      [30, 10],
      ['a/+', 'a/#'],
    ],
    [[10, 10], ['a/#']],
    [[20], ['b']],
    [[99], []],
    [undefined, ['a/+', 'a/#']],
  ])('finds for the identifiers %j the filters %j', (identifiers, found) => {
    expect(find(message('a/x', identifiers))).toEqual(found)
  })
})

describe('identifiersOf', () => {
  it('gives a filter the same identifier whatever stands beside it', () => {
    const filters = ['a', 'a/#', 'home/+/light', 'é', '$share/g/a']
    const identifiers = new Map([...identifiersOf(filters)].map(([identifier, filter]) => [filter, identifier]))
    expect([...identifiers.keys()]).toEqual(filters)
    for (const filter of filters) expect([...identifiersOf(['x', filter]).keys()][1]).toBe(identifiers.get(filter))
  })

  // Sessions outlive versions of this program.
  it.each([
    ['a', 67_905_851],
    ['a/#', 160_305_022],
  ])('of %s is always %d', (filter, identifier) => {
    expect([...identifiersOf([filter])]).toEqual([[identifier, filter]])
  })

  it('keeps filters apart whose texts come to the same number', () => {
    const [one, other] = ['home/12999/+', 'home/17867/+']
    expect([...identifiersOf([one]).keys()]).toEqual([...identifiersOf([other]).keys()])
    expect([...identifiersOf([one, other])]).toEqual([
      [39_261_385, one],
      [39_261_386, other],
    ])
  })

  it('stays within what a variable byte integer holds, and away from 0', () => {
    const filters = Array.from({ length: 50_000 }, (_, at) => `home/${at}/+`)
    const identifiers = [...identifiersOf(filters).keys()]
    expect(identifiers).toHaveLength(filters.length)
    expect(identifiers.every((each) => Number.isInteger(each) && each >= 1 && each <= 268_435_455)).toBe(true)
  })
})

describe('withoutOverlap', () => {
  it.each<[filters: string[], groups: string[][]]>([
    [[], []],
    [['a'], [['a']]],
    [['a', 'b', 'c/#'], [['a', 'b', 'c/#']]],
    [
      ['a/+', 'a/#'],
      [['a/+'], ['a/#']],
    ],
    [
      ['a/#', 'b', 'a/b', 'b/+', '#'],
      [['a/#', 'b', 'b/+'], ['a/b'], ['#']],
    ],
    [['#', '$SYS/#'], [['#', '$SYS/#']]],
    [
      ['a', 'a'],
      [['a'], ['a']],
    ],
    [
      ['$share/g/a', 'a'],
      [['$share/g/a'], ['a']],
    ],
  ])('parts %j into %j', (filters, groups) => {
    expect(withoutOverlap(filters)).toEqual(groups)
  })

  it('keeps every filter once, and no two of a group overlap', () => {
    const levels = ['a', 'b', '+']
    const filters = levels.flatMap((one) => [one, `${one}/#`, ...levels.map((other) => `${one}/${other}`)])
    const groups = withoutOverlap(filters)
    expect(groups.flat().sort()).toEqual(filters.sort())
    for (const group of groups) {
      for (const [at, one] of group.entries()) {
        for (const other of group.slice(at + 1)) expect(overlap(one, other), `${one} and ${other}`).toBe(false)
      }
    }
  })
})
