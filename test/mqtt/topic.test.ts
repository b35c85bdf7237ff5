import { describe, expect, it } from 'vitest'
import { covers, isValidFilter, isValidTopicName, matches, overlap, withoutShare } from '../../src/mqtt/topic.ts'

/** Texts that are neither topic name nor filter. */
const invalid: [name: string, text: string][] = [
  ['nothing', ''],
  ['NUL', 'a\0b'],
  ['a line feed', 'a\nb'],
  ['DEL', 'a\x7f'],
  ['a C1 control character', 'a\u0085'],
  ['a surrogate alone', 'a\ud800'],
  ['a non-character', '\ufdd0'],
  ['another non-character', '\uffff'],
  ['a non-character of a higher plane', '\u{1fffe}'],
  ['65,536 bytes', 'x'.repeat(65_536)],
  ['65,536 bytes in fewer characters', 'é'.repeat(32_768)],
  ['202 levels', '/'.repeat(201)],
]

/** Texts that are both. */
const valid: [name: string, text: string][] = [
  ['one level', 'a'],
  ['empty levels', '/'],
  ['an empty first level', '/a'],
  ['an empty last level', 'a/'],
  ['blanks', ' a / b '],
  ['a dollar', '$SYS/broker'],
  ['a character of two code units', 'a/😀'],
  ['a byte order mark', '\ufeff'],
  ['65,535 bytes', 'x'.repeat(65_535)],
  ['201 levels', '/'.repeat(200)],
]

describe('isValidTopicName', () => {
  it.each(valid)('accepts %s', (_name, text) => {
    expect(isValidTopicName(text)).toBe(true)
  })

  it.each([...invalid, ['+', '+'], ['#', 'a/#'], ['+ within a level', 'a+b'], ['# within a level', 'a#']])(
    'refuses %s',
    (_name, text) => {
      expect(isValidTopicName(text)).toBe(false)
    },
  )
})

describe('isValidFilter', () => {
  it.each(valid)('accepts %s', (_name, text) => {
    expect(isValidFilter(text)).toBe(true)
  })

  it.each(invalid)('refuses %s', (_name, text) => {
    expect(isValidFilter(text)).toBe(false)
  })

  it.each([
    '#',
    '+',
    '/#',
    '+/+',
    '/+/',
    'a/#',
    'a/+/b/#',
    '$SYS/#',
    '$share/g/a',
    '$share/g/#',
    '$share/g/+/a',
    '$share/g//',
    '$share/g//a',
    '$shared',
    '$sharex/+/a',
  ])('accepts %s', (filter) => {
    expect(isValidFilter(filter)).toBe(true)
  })

  it.each([
    '##',
    '#/a',
    'a#',
    'a/#/b',
    'a/b#',
    'a+',
    'a/+b/c',
    '++',
    '+#',
    '$share',
    '$share/',
    '$share/g',
    '$share/g/',
    '$share//a',
    '$share/+/a',
    '$share/g#/a',
    '$share/g/a#',
  ])('refuses %s', (filter) => {
    expect(isValidFilter(filter)).toBe(false)
  })
})

describe('withoutShare', () => {
  it.each([
    ['a/b', 'a/b'],
    ['$share/g/a/b', 'a/b'],
    ['$share/g//a', '/a'],
    ['$share/g/$SYS/#', '$SYS/#'],
    ['$shared/g/a', '$shared/g/a'],
  ])('%s is matched as %s', (filter, plain) => {
    expect(withoutShare(filter)).toBe(plain)
  })
})

// The examples of [MQTT 5, 4.7.1, 4.7.2] and what follows from its rules.
const matching: [filter: string, topic: string, matches: boolean][] = [
  ['sport/tennis/player1/#', 'sport/tennis/player1', true],
  ['sport/tennis/player1/#', 'sport/tennis/player1/ranking', true],
  ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
  ['sport/tennis/player1/#', 'sport/tennis/player10', false],
  ['sport/#', 'sport', true],
  ['sport/#', 'sport/', true],
  ['#', 'a', true],
  ['#', '/', true],
  ['sport/tennis/+', 'sport/tennis/player1', true],
  ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
  ['sport/+', 'sport', false],
  ['sport/+', 'sport/', true],
  ['+', 'a', true],
  ['+', '/a', false],
  ['+/+', '/finance', true],
  ['/+', '/finance', true],
  ['+/tennis/#', 'sport/tennis', true],
  ['+/#', 'a', true],
  ['/#', '/', true],
  ['/#', '/a', true],
  ['/#', 'a', false],
  ['a', 'a', true],
  ['a', 'A', false],
  ['a', 'a/', false],
  ['a/', 'a', false],
  ['a/b', 'a', false],
  ['a', 'a/b', false],
  ['a//b', 'a//b', true],
  ['a/+/b', 'a//b', true],
  ['a//b', 'a/b', false],
  ['Accounts', 'ACCOUNTS', false],
  ['é', 'e\u0301', false],
  ['#', '$SYS', false],
  ['+', '$SYS', false],
  ['#', '$SYS/a', false],
  ['+/monitor/Clients', '$SYS/monitor/Clients', false],
  ['$SYS/#', '$SYS', true],
  ['$SYS/#', '$SYS/monitor/Clients', true],
  ['$SYS/monitor/+', '$SYS/monitor/Clients', true],
  ['a/#', 'a/$SYS', true],
  ['a/+', 'a/$SYS', true],
  ['$share/g/a/+', 'a/b', true],
  ['$share/g/a/+', '$share/g/a/b', false],
  ['$share/g/#', 'a', true],
  ['$share/g/#', '$SYS/a', false],
  ['$share/g/$SYS/#', '$SYS/a', true],
]

describe('matches', () => {
  it.each(matching)('%s on %s: %s', (filter, topic, expected) => {
    expect(matches(filter, topic)).toBe(expected)
  })
})

/** Every text of one to `depth` of these levels. */
function paths(levels: readonly string[], depth: number): string[] {
  if (depth === 0) return []
  const shorter = paths(levels, depth - 1)
  return [...levels, ...shorter.flatMap((path) => levels.map((level) => `${path}/${level}`))].filter(unique)
}

function unique(path: string, at: number, all: readonly string[]): boolean {
  return all.indexOf(path) === at
}

const filters = paths(['', 'a', '$', '+', '#'], 3).filter(isValidFilter)

// With the empty text, which is no topic: `/#` matches it, and `+` and `/#` have only that in common.
const topics = ['', ...paths(['', 'a', 'b', '$'], 4).filter(isValidTopicName)]

describe('covers', () => {
  it('holds when every topic of the other filter is matched by the one', () => {
    const wrong: string[] = []
    for (const other of filters) {
      const its = topics.filter((topic) => matches(other, topic))
      for (const one of filters) {
        const all = its.every((topic) => matches(one, topic))
        if (covers(one, other) !== all) wrong.push(`${one} and ${other}: ${!all}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('looks through $share', () => {
    expect(covers('$share/g/a/#', 'a/b')).toBe(true)
    expect(covers('a/b', '$share/g/a/#')).toBe(false)
  })
})

describe('overlap', () => {
  it('holds for two filters when some topic is matched by both', () => {
    const matched = new Map(filters.map((filter) => [filter, topics.map((topic) => matches(filter, topic))]))
    const wrong: string[] = []
    for (const one of filters) {
      for (const other of filters) {
        const both = matched.get(one)!.some((does, at) => does && matched.get(other)![at]!)
        if (overlap(one, other) !== both) wrong.push(`${one} and ${other}: ${!both}`)
      }
    }
    expect(filters.length).toBeGreaterThan(100)
    expect(wrong).toEqual([])
  })

  it.each([
    ['$share/g/a/#', 'a/b', true],
    ['a/b', '$share/g/+/b', true],
    ['$share/g/a', '$share/h/a', true],
    ['$share/g/a', '$share/g/b', false],
    ['$share/g/#', '$SYS/#', false],
  ])('looks through $share: %s and %s: %s', (one, other, expected) => {
    expect(overlap(one, other)).toBe(expected)
  })
})
