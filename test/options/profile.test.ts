import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { configurationOptions, mosquittoFileOptions } from '../../src/options/configuration.ts'
import { file, flag, integer, textOf } from '../../src/options/kinds.ts'
import { table } from '../../src/options/option.ts'
import { type ProfileContext, profileSource } from '../../src/options/profile.ts'
import { profileProblems } from '../../src/options/profile-problems.ts'
import type { SecretReference } from '../../src/options/resolve.ts'

const text = textOf('TEXT', 'text')
const row = { group: 'Group', describe: 'Name of the thing' }
const shared = table({
  host: { ...row, kind: text },
  keepAlive: { ...row, kind: integer(5, 99), short: 'k', aliases: ['keepalive'] },
  username: { ...row, kind: text },
  password: { ...row, kind: text, secret: true },
  header: { ...row, kind: text, secret: true, repeat: true },
  cafile: { ...row, kind: file },
  ...configurationOptions,
  ...mosquittoFileOptions,
})
const pub = table({
  ...shared,
  topic: { ...row, kind: integer(0, 9) },
  message: { ...row, kind: text, excludes: ['lines'] },
  lines: { ...row, kind: flag, excludes: ['message'] },
  delay: { ...row, kind: text, requires: ['repeat'] },
  repeat: { ...row, kind: text },
})
const sub = table({ ...shared, topic: { ...row, kind: text, repeat: true }, verbose: { ...row, kind: flag } })
const context: ProfileContext = { tables: [pub, sub], home: '/home/joe' }

function profileOf(options: object) {
  return { name: 'prod', path: '/etc/mqtt/c.json', entries: Object.entries(options) }
}

describe('profileSource', () => {
  const texts = (options: object, of: typeof sub | typeof pub = sub) =>
    Object.fromEntries(profileSource(profileOf(options), of, context).texts)

  it.each<[options: object, found: Readonly<Record<string, readonly (string | SecretReference)[]>>]>([
    [{}, {}],
    [
      { host: 'h', 'keep-alive': 30, verbose: true },
      { host: ['h'], keepAlive: ['30'], verbose: ['true'] },
    ],
    [
      { keepalive: '30', verbose: false },
      { keepAlive: ['30'], verbose: ['false'] },
    ],
    [{ verbose: 'yes' }, { verbose: ['yes'] }],
    [
      { host: 1.5, username: -7 },
      { host: ['1.5'], username: ['-7'] },
    ],
    [{ host: '' }, { host: [''] }],
    [{ topic: 'a' }, { topic: ['a'] }],
    [{ topic: ['a', 2] }, { topic: ['a', '2'] }],
    [{ topic: [] }, { topic: [] }],
    [{ host: '~/x' }, { host: ['~/x'] }],
    [{ cafile: 'ca.pem' }, { cafile: ['/etc/mqtt/ca.pem'] }],
    [{ cafile: '../ca.pem' }, { cafile: ['/etc/ca.pem'] }],
    [{ cafile: '~/ca.pem' }, { cafile: ['/home/joe/ca.pem'] }],
    [{ cafile: '/ca.pem' }, { cafile: ['/ca.pem'] }],
    [{ cafile: '' }, { cafile: [''] }],
    [{ password: 'p' }, { password: ['p'] }],
    [{ password: { env: 'P' } }, { password: [{ env: 'P' }] }],
    [{ username: { env: 'U' } }, { username: [{ env: 'U' }] }],
    [{ password: { file: 'p' } }, { password: [{ file: '/etc/mqtt/p' }] }],
    [{ password: { command: ['pass', './x', ''] } }, { password: [{ command: ['pass', './x', ''] }] }],
    [{ password: { command: ['./pass'] } }, { password: [{ command: ['/etc/mqtt/pass'] }] }],
    [{ header: ['a', { env: 'B' }] }, { header: ['a', { env: 'B' }] }],
  ])('reads %j', (options, found) => {
    expect(texts(options)).toEqual(found)
  })

  it('leaves out what counts only where it is typed', () => {
    const careful = table({ ...shared, topic: { ...row, kind: text, repeat: true, typedOnly: true } })
    const { texts: found } = profileSource(profileOf({ host: 'h', topic: ['a'] }), careful, context)
    expect([...found.keys()]).toEqual(['host'])
  })

  it('leaves out what only another command knows, or can take', () => {
    expect(texts({ message: 'm', lines: true, host: 'h' }, sub)).toEqual({ host: ['h'] })
    expect(texts({ topic: ['a', 'b'], verbose: true, host: 'h' }, pub)).toEqual({ host: ['h'] })
  })

  it.each<[options: object, problem: string]>([
    [{ hosts: 'x' }, ': unknown key "hosts"; did you mean "host"?'],
    [{ keepAlive: 7 }, ': unknown key "keepAlive"; did you mean "keepalive"?'],
    [{ '--host': 'x' }, ': unknown key "--host"; did you mean "host"?'],
    [{ k: 7 }, ': unknown key "k"'],
    [{ constructor: 7 }, ': unknown key "constructor"'],
    [{ profile: 'x' }, ': "profile" can\'t be set in a profile'],
    [{ config: 'x' }, ': "config" can\'t be set in a profile'],
    [{ 'options-file': 'x' }, ': "options-file" can\'t be set in a profile'],
    [{ keepalive: 7, 'keep-alive': 7 }, ': "keepalive" and "keep-alive" are the same option'],
    [{ host: null }, ': "host": expected text, got null'],
    [{ host: true }, ': "host": expected text, got true'],
    [{ host: ['a'] }, ': "host": expected one value, not a list'],
    [{ topic: [['a']] }, ': "topic": expected text, got a list in a list'],
    [
      { 'keep-alive': 12345678901234567000 },
      ': "keep-alive": expected a whole number from 5 to 99, got a number too large for JSON; put it in quotes',
    ],
    [{ host: { env: 'H' } }, ': "host": only secrets and the user name can be kept elsewhere'],
    ...[{}, { env: '' }, { env: 1 }, { env: 'A', file: 'b' }, { command: 'x' }, { command: [] }, { command: [''] }].map(
      (password): [object, string] => [
        { password },
        ': "password": expected a text, or {"env": NAME}, {"file": PATH} or {"command": [PROGRAM, ARGUMENT, …]}',
      ],
    ),
  ])('refuses %j%s', (options, problem) => {
    expect(() => texts(options)).toThrow(new UsageError(`profile prod in /etc/mqtt/c.json${problem}`))
  })

  it('names an option as it is written, with profile and file', () => {
    const source = profileSource(profileOf({ keepalive: 7 }), sub, context)
    expect(source.nameOf('keepAlive')).toBe('profile prod in /etc/mqtt/c.json: "keepalive"')
  })

  it('leaves ~ alone where there is no home', () => {
    const { texts: found } = profileSource(profileOf({ cafile: '~/ca.pem' }), sub, { tables: [sub], home: undefined })
    expect(found.get('cafile')).toEqual(['/etc/mqtt/~/ca.pem'])
  })
})

describe('profileProblems', () => {
  const place = 'profile prod in /etc/mqtt/c.json'
  const problems = (options: object) => profileProblems(profileOf(options), context)

  it.each([
    {},
    { host: 'h', 'keep-alive': 30, password: { env: 'P' } },
    { topic: ['a', 'b'], message: 'm' },
    // Only pub's topic is a number.
    { topic: 'a', verbose: true },
    { delay: '1', repeat: '2' },
  ])('has none of %j', (options) => {
    expect(problems(options)).toEqual([])
  })

  it('lists all, each once', () => {
    expect(
      problems({
        hots: 'x',
        'keep-alive': 4,
        keepalive: 7,
        password: 'p',
        host: [1],
        message: 'm',
        lines: true,
        delay: '1',
        profile: 'x',
      }),
    ).toEqual([
      `${place}: unknown key "hots"; did you mean "host"?`,
      `${place}: "keep-alive": expected a whole number from 5 to 99, got "4"`,
      `${place}: "host": expected one value, not a list`,
      `${place}: "profile" can't be set in a profile`,
      `${place}: "message" and ${place}: "lines" can't be used together`,
      `${place}: "delay" needs --repeat`,
    ])
  })

  it('finds two names of one option', () => {
    expect(problems({ 'keep-alive': 7, keepalive: 7, host: null })).toEqual([
      `${place}: "keep-alive" and "keepalive" are the same option`,
      `${place}: "host": expected text, got null`,
    ])
  })
})
