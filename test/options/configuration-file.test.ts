import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { findProfile, readConfiguration } from '../../src/options/configuration-file.ts'

const path = '/etc/c.json'

function read(json: unknown) {
  return readConfiguration(JSON.stringify(json), path)
}

describe('readConfiguration', () => {
  it('reads profiles in their order, and the one to use when none is named', () => {
    expect(read({ profile: 'b', profiles: { b: { host: 'x', qos: 1 }, a: {} } })).toEqual({
      path,
      preset: 'b',
      problems: [],
      profiles: [
        {
          name: 'b',
          path,
          entries: [
            ['host', 'x'],
            ['qos', 1],
          ],
        },
        { name: 'a', path, entries: [] },
      ],
    })
  })

  it.each([{}, { profiles: {} }])('finds no profile in %j', (json) => {
    expect(read(json)).toEqual({ path, profiles: [], problems: [] })
  })

  it('skips a byte order mark, as editors of Windows write it', () => {
    expect(readConfiguration('\uFEFF{"profiles": {"a": {}}}', path).profiles).toHaveLength(1)
  })

  it('takes names that objects have by themselves for names', () => {
    const { profiles, problems } = readConfiguration(
      '{"profiles": {"__proto__": {"__proto__": 1}, "constructor": {}}}',
      path,
    )
    expect(problems).toEqual([])
    expect(profiles.map(({ name, entries }) => [name, entries])).toEqual([
      ['__proto__', [['__proto__', 1]]],
      ['constructor', []],
    ])
  })

  it.each<[json: unknown, problems: string[]]>([
    [[], ['/etc/c.json: expected {"profiles": {NAME: {OPTION: VALUE}}}']],
    [null, ['/etc/c.json: expected {"profiles": {NAME: {OPTION: VALUE}}}']],
    [{ profiles: [] }, ['/etc/c.json: expected {"profiles": {NAME: {OPTION: VALUE}}}']],
    [{ profile: 'toString' }, ['/etc/c.json: "profile": there is no profile "toString"']],
    [{ profile: { toString: 1 } }, ['/etc/c.json: "profile": expected the name of a profile']],
    [{ profile: 1, profiles: { '1': {} } }, ['/etc/c.json: "profile": expected the name of a profile']],
    [
      { profile: 'prdo', profiles: { prod: {}, prd: {} } },
      ['/etc/c.json: "profile": there is no profile "prdo"; did you mean "prod"?'],
    ],
    [
      { profils: {}, host: 'x', profiles: { none: {}, '': {}, a: 'x' } },
      [
        '/etc/c.json: unknown key "profils"; did you mean "profile"?',
        '/etc/c.json: unknown key "host"',
        '/etc/c.json: a profile can\'t be called "none"',
        '/etc/c.json: a profile can\'t be called ""',
        'profile a in /etc/c.json: expected {OPTION: VALUE}',
      ],
    ],
  ])('tells what is wrong with %j', (json, problems) => {
    expect(read(json).problems).toEqual(problems)
  })

  it('says where a text stops being JSON, and nothing of what is in it', () => {
    const text = '{\n  "profiles": {\n    "a": { "password": hunter2 }\n  }\n}\n'
    expect(() => readConfiguration(text, path)).toThrow(
      new UsageError('/etc/c.json line 3, column 24: this is not JSON'),
    )
    expect(() => readConfiguration('', path)).toThrow(new UsageError('/etc/c.json line 1, column 1: this is not JSON'))
  })
})

describe('findProfile', () => {
  const configuration = read({ profiles: { prod: { host: 'x' }, home: {} } })

  it('finds it by its name', () => {
    expect(findProfile(configuration, 'prod').entries).toEqual([['host', 'x']])
  })

  it.each([
    ['prodd', '/etc/c.json: there is no profile "prodd"; did you mean "prod"?'],
    ['__proto__', '/etc/c.json: there is no profile "__proto__"; there are: prod, home'],
  ])('has none called %s', (name, message) => {
    expect(() => findProfile(configuration, name)).toThrow(new UsageError(message))
  })
})
