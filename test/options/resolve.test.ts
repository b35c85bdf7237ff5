import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { flag, integer, oneOf, textOf } from '../../src/options/kinds.ts'
import { longName, type OptionTable, table } from '../../src/options/option.ts'
import { brokenRules, environmentSource, resolve, type Source, settle, sift } from '../../src/options/resolve.ts'

const text = textOf('TEXT', 'text')
const row = { group: 'Group', describe: 'Name of the thing' }

type Texts = Readonly<Record<string, string | readonly string[]>>

function commandLine(texts: Texts): Source {
  return {
    texts: new Map(Object.entries(texts).map(([key, value]) => [key, [value].flat()])),
    nameOf: (key) => `--${longName(key)}`,
  }
}

/** Values of a command line and an environment of that table. */
function values(options: OptionTable, texts: Texts, env: Readonly<Record<string, string>> = {}): unknown {
  return resolve(options, [commandLine(texts), environmentSource(options, env)])
}

describe('environmentSource', () => {
  const options = table({ keepAlive: { ...row, kind: text }, qos: { ...row, kind: text } })

  it('takes the variables of the table, and names them in messages', () => {
    const source = environmentSource(options, { TMQTT_KEEP_ALIVE: '7', TMQTT_OTHER: 'x', qos: '1', KEEP_ALIVE: '8' })
    expect(source.texts).toEqual(new Map([['keepAlive', ['7']]]))
    expect(source.nameOf('keepAlive')).toBe('TMQTT_KEEP_ALIVE')
  })

  it('leaves out what counts only where it is typed', () => {
    const careful = table({ qos: { ...row, kind: text, typedOnly: true }, host: { ...row, kind: text } })
    const { texts } = environmentSource(careful, { TMQTT_QOS: '1', TMQTT_HOST: 'h' })
    expect([...texts.keys()]).toEqual(['host'])
  })

  it('takes an empty variable for an absent one', () => {
    expect(environmentSource(options, { TMQTT_QOS: '', TMQTT_KEEP_ALIVE: undefined }).texts).toEqual(new Map())
  })
})

describe('resolve', () => {
  const options = table({
    host: { ...row, kind: text },
    count: { ...row, kind: integer(1, 9), default: 5 },
    topic: { ...row, kind: text, repeat: true },
    verbose: { ...row, kind: flag },
  })
  const nothing = { host: undefined, count: 5, topic: [], verbose: false }

  it.each<[name: string, texts: Texts, env: Readonly<Record<string, string>>, found: object]>([
    ['defaults where nothing is given', {}, {}, {}],
    [
      'the command line',
      { host: 'h', count: '3', topic: ['a', 'b'], verbose: 'true' },
      {},
      { host: 'h', count: 3, topic: ['a', 'b'], verbose: true },
    ],
    ['the last of several for a single value', { count: ['1', '2', '3'] }, {}, { count: 3 }],
    [
      'the environment',
      {},
      { TMQTT_HOST: 'e', TMQTT_COUNT: '2', TMQTT_TOPIC: 'a b', TMQTT_VERBOSE: 'yes' },
      { host: 'e', count: 2, topic: ['a b'], verbose: true },
    ],
    [
      'the command line over the environment',
      { host: 'h', topic: 'a' },
      { TMQTT_HOST: 'e', TMQTT_TOPIC: 'b' },
      { host: 'h', topic: ['a'] },
    ],
    ['an empty value of the command line over the environment', { host: '' }, { TMQTT_HOST: 'e' }, { host: '' }],
    ['no flag that the environment turns off', {}, { TMQTT_VERBOSE: 'false' }, {}],
    ['no bad variable that the command line overrides', { count: '1' }, { TMQTT_COUNT: 'many' }, { count: 1 }],
    ['no option that is not in the table', { other: 'x', __proto__: 'x' }, {}, {}],
  ])('takes %s', (_name, texts, env, found) => {
    expect(values(options, texts, env)).toEqual({ ...nothing, ...found })
  })

  it.each<[name: string, texts: Texts, env: Readonly<Record<string, string>>, message: string]>([
    ['an option', { count: '10' }, {}, '--count: expected a whole number from 1 to 9, got "10"'],
    ['any of several', { count: ['x', '1'] }, {}, '--count: expected a whole number from 1 to 9, got "x"'],
    ['a variable', {}, { TMQTT_COUNT: 'x' }, 'TMQTT_COUNT: expected a whole number from 1 to 9, got "x"'],
    ['a flag in a variable', {}, { TMQTT_VERBOSE: 'maybe' }, 'TMQTT_VERBOSE: expected true or false, got "maybe"'],
    [
      'what it cannot show as it is',
      { count: '\x1b[2J' },
      {},
      '--count: expected a whole number from 1 to 9, got "\\u001b[2J"',
    ],
    [
      'a long text',
      { count: 'x'.repeat(61) },
      {},
      `--count: expected a whole number from 1 to 9, got "${'x'.repeat(57)}…"`,
    ],
    [
      'a text just not too long',
      { count: 'x'.repeat(60) },
      {},
      `--count: expected a whole number from 1 to 9, got "${'x'.repeat(60)}"`,
    ],
  ])('refuses a wrong value of %s and names it', (_name, texts, env, message) => {
    expect(() => values(options, texts, env)).toThrow(new UsageError(message))
  })

  it('never shows a wrong value of a secret', () => {
    const secret = table({ pin: { ...row, kind: integer(0, 9), secret: true } })
    expect(() => values(secret, { pin: '1234' })).toThrow(new UsageError('--pin: expected a whole number from 0 to 9'))
  })

  it('guesses which of a few words was meant', () => {
    const choice = table({ shape: { ...row, kind: oneOf('SHAPE', { json: 1, text: 2 }) } })
    const message = '--shape: expected json or text, got "jsn"; did you mean json?'
    expect(() => values(choice, { shape: 'jsn' })).toThrow(new UsageError(message))
  })

  it('lets other errors of a kind through', () => {
    const broken = { ...text, parse: () => JSON.parse('{') as string }
    expect(() => values(table({ host: { ...row, kind: broken } }), { host: 'x' })).toThrow(SyntaxError)
  })

  it.each([
    ['--long-name is missing: name of the thing', table({ longName: { ...row, kind: text, required: true } })],
    ['-n (--name) is missing: name of the thing', table({ name: { ...row, kind: text, required: true, short: 'n' } })],
  ])('misses a required option: %s', (message, required) => {
    expect(() => values(required, {})).toThrow(new UsageError(message))
  })
})

/** A source below the environment, as a profile is. */
function profile(texts: Texts): Source {
  return { ...commandLine(texts), nameOf: (key) => `profile p: "${longName(key)}"` }
}

/** mosquitto's own file, which is read together with that command line. */
function mosquittoFile(texts: Texts, joins: Source): Source {
  return { ...commandLine(texts), nameOf: (key, index = 0) => `file line ${index + 1}: ${key}`, joins }
}

describe('resolve with more sources', () => {
  const options = table({
    host: { ...row, kind: text },
    count: { ...row, kind: integer(1, 9), default: 5 },
    topic: { ...row, kind: text, repeat: true },
    verbose: { ...row, kind: flag },
  })

  it.each<[name: string, typed: Texts, env: Readonly<Record<string, string>>, low: Texts, file: Texts, found: object]>([
    ['each option from where it is', { count: '1' }, {}, { host: 'p' }, { verbose: 'true' }, { count: 1, host: 'p' }],
    ['the environment over a profile', {}, { TMQTT_HOST: 'e' }, { host: 'p' }, {}, { host: 'e' }],
    ['a profile over the file', {}, {}, { host: 'p' }, { host: 'f' }, { host: 'p' }],
    ['the command line over the file', { host: 'c' }, {}, {}, { host: 'f' }, { host: 'c' }],
    [
      'a list of the file in front of that of the command line',
      { topic: 'c' },
      {},
      {},
      { topic: ['f', 'g'] },
      { topic: ['f', 'g', 'c'] },
    ],
    ['no list of the file below that of a profile', {}, {}, { topic: 'p' }, { topic: 'f' }, { topic: ['p'] }],
    [
      'no list of the file below that of the environment',
      {},
      { TMQTT_TOPIC: 'e' },
      {},
      { topic: 'f' },
      { topic: ['e'] },
    ],
    [
      'the lists of command line and file without that in between',
      { topic: 'c' },
      {},
      { topic: 'p' },
      { topic: 'f' },
      { topic: ['f', 'c'] },
    ],
    ['a flag that is off over one that is on', {}, {}, { verbose: 'false' }, { verbose: 'true' }, { verbose: false }],
    ['an empty list over a list', {}, {}, { topic: [] }, { topic: 'f' }, { topic: [] }],
  ])('takes %s', (_name, typed, env, low, file, found) => {
    const first = commandLine(typed)
    const sources = [first, environmentSource(options, env), profile(low), mosquittoFile(file, first)]
    expect(resolve(options, sources)).toMatchObject(found)
  })

  it('names the text of a list that is wrong', () => {
    const wrong = table({ topic: { ...row, kind: integer(0, 9), repeat: true } })
    const first = commandLine({ topic: '1' })
    const sources = [first, mosquittoFile({ topic: ['2', 'x'] }, first)]
    expect(() => resolve(wrong, sources)).toThrow('file line 2: topic: expected a whole number from 0 to 9, got "x"')
  })

  it('is blind to what is wrong in a source that another one overrides', () => {
    expect(resolve(options, [commandLine({ count: '1' }), profile({ count: 'x' })])).toMatchObject({ count: 1 })
  })
})

describe('settle', () => {
  const options = table({
    host: { ...row, kind: text, replaces: ['url'] },
    url: { ...row, kind: text, replaces: (value: string) => (value === 'all' ? ['password'] : []) },
    password: { ...row, kind: text, secret: true },
  })

  it('tells which source an option comes from', () => {
    const [first, second] = [commandLine({ host: 'h' }), profile({ host: 'p', url: 'u', password: 'x' })]
    const given = settle(options, [first, second])
    expect([...given].map(([key, { source }]) => [key, source])).toEqual([
      ['host', first],
      ['password', second],
    ])
    expect(given.get('password')).toMatchObject({ name: 'profile p: "password"', texts: ['x'], rank: 1 })
  })

  it('leaves the value of a secret that is kept elsewhere open, and what would follow from it', () => {
    const elsewhere: Source = { ...profile({}), texts: new Map([['url', [{ env: 'URL' }]]]) }
    const given = settle(options, [elsewhere, profile({ password: 'x' })])
    expect(given.get('url')).toMatchObject({ value: undefined, texts: [{ env: 'URL' }] })
    expect(given.has('password')).toBe(true)
  })
})

describe('sift', () => {
  it('parts what a table takes from what it refuses', () => {
    const options = table({ one: { ...row, kind: integer(0, 9) }, two: { ...row, kind: integer(0, 9), repeat: true } })
    const source = commandLine({ one: '1', two: ['2', 'x'], other: 'z' })
    const { fit, refused } = sift(options, source)
    expect([...fit.texts.keys()]).toEqual(['one', 'other'])
    expect([...refused]).toEqual([['two', new UsageError('--two: expected a whole number from 0 to 9, got "x"')]])
  })
})

describe('resolve with rules', () => {
  const options = table({
    host: { ...row, kind: text, replaces: ['url'] },
    url: { ...row, kind: text, replaces: ['host'] },
    password: { ...row, kind: text },
    prompt: { ...row, kind: flag, excludes: ['password'] },
    credentials: { ...row, kind: text, replaces: (value: string) => (value === 'all' ? ['password'] : []) },
    cert: { ...row, kind: text, requires: ['key'] },
    key: { ...row, kind: text },
    delay: { ...row, kind: text, requires: ['repeat', 'lines'] },
    repeat: { ...row, kind: integer(1, 9), default: 1 },
    lines: { ...row, kind: flag },
  })

  it.each<[name: string, texts: Texts, env: Readonly<Record<string, string>>, found: object]>([
    ['voids what it replaces in a lower source', { host: 'h' }, { TMQTT_URL: 'u' }, { host: 'h', url: undefined }],
    ['voids it the other way round', { url: 'u' }, { TMQTT_HOST: 'h' }, { host: undefined, url: 'u' }],
    ['keeps both of the same source', { host: 'h', url: 'u' }, {}, { host: 'h', url: 'u' }],
    ['keeps both of the environment', {}, { TMQTT_HOST: 'h', TMQTT_URL: 'u' }, { host: 'h', url: 'u' }],
    ['never voids a higher source', { url: 'u' }, { TMQTT_HOST: 'h', TMQTT_URL: 'v' }, { host: undefined, url: 'u' }],
    [
      'voids what it excludes in a lower source',
      { prompt: 'true' },
      { TMQTT_PASSWORD: 'p' },
      { prompt: true, password: undefined },
    ],
    ['voids what its value says', { credentials: 'all' }, { TMQTT_PASSWORD: 'p' }, { password: undefined }],
    ['voids nothing else', { credentials: 'none' }, { TMQTT_PASSWORD: 'p' }, { password: 'p' }],
    [
      'voids it where the lower one excludes the higher',
      { password: 'p' },
      { TMQTT_PROMPT: '1' },
      { prompt: false, password: 'p' },
    ],
    [
      'is content with what it requires from another source',
      { cert: 'c' },
      { TMQTT_KEY: 'k' },
      { cert: 'c', key: 'k' },
    ],
    ['is content with one of several', { delay: '1', lines: 'true' }, {}, { delay: '1', lines: true }],
  ])('%s', (_name, texts, env, found) => {
    expect(values(options, texts, env)).toMatchObject(found)
  })

  it.each<[message: string, texts: Texts, env: Readonly<Record<string, string>>]>([
    ["--prompt and --password can't be used together", { prompt: 'true', password: 'p' }, {}],
    ["TMQTT_PROMPT and TMQTT_PASSWORD can't be used together", {}, { TMQTT_PROMPT: '1', TMQTT_PASSWORD: 'p' }],
    ['--cert needs --key', { cert: 'c' }, {}],
    ['TMQTT_CERT needs --key', {}, { TMQTT_CERT: 'c' }],
    ['--delay needs --repeat or --lines', { delay: '1' }, {}],
    ['--delay needs --repeat or --lines', { delay: '1' }, { TMQTT_LINES: 'no' }],
  ])('refuses: %s', (message, texts, env) => {
    expect(() => values(options, texts, env)).toThrow(new UsageError(message))
  })
})

describe('resolve with rules between sources', () => {
  const options = table({
    message: { ...row, kind: text, excludes: ['lines'] },
    lines: { ...row, kind: flag, excludes: ['message'] },
    unix: { ...row, kind: text, excludes: ['host'], replaces: ['host'] },
    host: { ...row, kind: text, replaces: ['unix'] },
    cert: { ...row, kind: text, requires: ['key'] },
    key: { ...row, kind: text },
  })
  const withFile = (typed: Texts, low: Texts, file: Texts) => {
    const first = commandLine(typed)
    return resolve(options, [first, profile(low), mosquittoFile(file, first)])
  }

  it.each<[name: string, typed: Texts, low: Texts, file: Texts, found: object]>([
    [
      'lets the command line decide over a profile',
      { lines: 'true' },
      { message: 'm' },
      {},
      { lines: true, message: undefined },
    ],
    [
      'lets a profile decide over the file',
      {},
      { lines: 'true' },
      { message: 'm' },
      { lines: true, message: undefined },
    ],
    [
      'lets the command line replace what the file has',
      { host: 'h' },
      {},
      { unix: 'u' },
      { host: 'h', unix: undefined },
    ],
    ['lets it do so the other way round', { unix: 'u' }, {}, { host: 'h' }, { host: undefined, unix: 'u' }],
    ['lets one source have what another requires', {}, { cert: 'c' }, { key: 'k' }, { cert: 'c', key: 'k' }],
  ])('%s', (_name, typed, low, file, found) => {
    expect(withFile(typed, low, file)).toMatchObject(found)
  })

  it.each<[message: string, typed: Texts, low: Texts, file: Texts]>([
    ["--lines and file line 1: message can't be used together", { lines: 'true' }, {}, { message: 'm' }],
    ['profile p: "message" and profile p: "lines" can\'t be used together', {}, { message: 'm', lines: 'true' }, {}],
    ['profile p: "cert" needs --key', {}, { cert: 'c' }, {}],
  ])('refuses: %s', (message, typed, low, file) => {
    expect(() => withFile(typed, low, file)).toThrow(new UsageError(message))
  })

  it('names each broken rule once', () => {
    const given = settle(options, [profile({ message: 'm', lines: 'true', cert: 'c' })])
    expect(brokenRules(options, given)).toEqual([
      `profile p: "message" and profile p: "lines" can't be used together`,
      'profile p: "cert" needs --key',
    ])
  })
})

describe('resolve with options of MQTT 5', () => {
  const options = table({
    protocolVersion: { ...row, kind: oneOf<number>('VERSION', { '311': 4, '5': 5 }), short: 'V' },
    expiry: { ...row, kind: integer(0, 9), since: 5 },
    noLocal: { ...row, kind: flag, since: 5 },
  })

  it.each<[texts: Texts, env: Readonly<Record<string, string>>, version: number | undefined]>([
    [{}, {}, undefined],
    [{ protocolVersion: '311' }, {}, 4],
    [{ expiry: '1' }, {}, 5],
    [{ noLocal: 'true' }, {}, 5],
    [{}, { TMQTT_EXPIRY: '1' }, 5],
    [{}, { TMQTT_NO_LOCAL: 'false' }, undefined],
    [{ expiry: '1', protocolVersion: '5' }, {}, 5],
  ])('from %j and %j chooses %s', (texts, env, version) => {
    expect(values(options, texts, env)).toMatchObject({ protocolVersion: version })
  })

  it.each<[message: string, texts: Texts, env: Readonly<Record<string, string>>]>([
    [
      '--expiry needs MQTT 5, but --protocol-version asks for an earlier version',
      { expiry: '1', protocolVersion: '311' },
      {},
    ],
    [
      'TMQTT_EXPIRY needs MQTT 5, but --protocol-version asks for an earlier version',
      { protocolVersion: '311' },
      { TMQTT_EXPIRY: '1' },
    ],
  ])('refuses: %s', (message, texts, env) => {
    expect(() => values(options, texts, env)).toThrow(new UsageError(message))
  })

  const withFile = (typed: Texts, low: Texts, file: Texts) => {
    const first = commandLine(typed)
    return resolve(options, [first, profile(low), mosquittoFile(file, first)])
  }

  it.each<[typed: Texts, low: Texts, file: Texts, version: number]>([
    [{}, { expiry: '1' }, {}, 5],
    [{}, {}, { expiry: '1' }, 5],
    [{ protocolVersion: '5' }, { protocolVersion: '311', expiry: '1' }, {}, 5],
    [{ protocolVersion: '311' }, {}, {}, 4],
    // mosquitto's clients read the file first, and -x behind -V 311 turns to MQTT 5.
    [{ expiry: '1' }, {}, { protocolVersion: '311' }, 5],
  ])('from %j, the profile %j and the file %j chooses %s', (typed, low, file, version) => {
    expect(withFile(typed, low, file)).toMatchObject({ protocolVersion: version })
  })

  it.each<[message: string, typed: Texts, low: Texts, file: Texts]>([
    [
      'profile p: "expiry" needs MQTT 5, but --protocol-version asks for an earlier version',
      { protocolVersion: '311' },
      { expiry: '1' },
      {},
    ],
    [
      '--expiry needs MQTT 5, but profile p: "protocol-version" asks for an earlier version',
      { expiry: '1' },
      { protocolVersion: '311' },
      {},
    ],
    [
      'file line 1: expiry needs MQTT 5, but --protocol-version asks for an earlier version',
      { protocolVersion: '311' },
      {},
      { expiry: '1' },
    ],
    [
      'profile p: "expiry" needs MQTT 5, but file line 1: protocolVersion asks for an earlier version',
      {},
      { expiry: '1' },
      { protocolVersion: '311' },
    ],
  ])('refuses, between sources: %s', (message, typed, low, file) => {
    expect(() => withFile(typed, low, file)).toThrow(new UsageError(message))
  })

  it('chooses nothing where the command has no protocol version', () => {
    const { expiry } = options
    expect(values({ expiry }, { expiry: '1' })).toEqual({ expiry: 1 })
  })
})
