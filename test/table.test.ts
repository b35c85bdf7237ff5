import { describe, expect, it } from 'vitest'
import type { Command } from '../src/commands/command.ts'
import { loadCommands } from '../src/commands/index.ts'
import { environmentName, isFlag, type Option } from '../src/options/option.ts'
import { namesOf, typedNames } from '../src/options/words.ts'
import { complete, parse } from '../src/parse.ts'

const commands = await loadCommands()

/** The letters of mosquitto's clients, and the key of the option that each stands for. */
const connectionLetters = {
  A: 'bindAddress',
  c: 'persistentSession',
  d: 'debug',
  h: 'host',
  i: 'clientId',
  I: 'clientIdPrefix',
  k: 'keepAlive',
  L: 'url',
  p: 'port',
  P: 'password',
  S: 'srv',
  u: 'username',
  V: 'protocolVersion',
  x: 'sessionExpiryInterval',
}
const mosquittoLetters: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pub: {
    ...connectionLetters,
    f: 'file',
    l: 'lines',
    m: 'message',
    M: 'maxInflight',
    n: 'nullMessage',
    o: 'optionsFile',
    q: 'qos',
    r: 'retain',
    s: 'stdinFile',
    t: 'topic',
  },
  sub: {
    ...connectionLetters,
    C: 'count',
    F: 'format',
    N: 'noNewline',
    o: 'optionsFile',
    q: 'qos',
    R: 'noRetained',
    t: 'topic',
    T: 'filterOut',
    v: 'verbose',
    W: 'timeout',
  },
  rr: {
    ...connectionLetters,
    e: 'responseTopic',
    f: 'file',
    F: 'format',
    m: 'message',
    M: 'maxInflight',
    n: 'nullMessage',
    N: 'noNewline',
    o: 'optionsFile',
    q: 'qos',
    R: 'noRetained',
    s: 'stdinFile',
    t: 'topic',
    v: 'verbose',
    W: 'timeout',
  },
}

/** Long names of mosquitto's clients that are there. */
const mosquittoNames: Readonly<Record<string, readonly string[]>> = {
  pub: [
    'file',
    'message',
    'null-message',
    'qos',
    'repeat',
    'repeat-delay',
    'retain',
    'stdin-file',
    'stdin-line',
    'topic',
  ],
  sub: ['filter-out', 'pretty', 'qos', 'retained-only', 'topic', 'verbose'],
  rr: ['file', 'latency', 'message', 'null-message', 'pretty', 'qos', 'stdin-file', 'topic', 'verbose'],
  all: [
    ...['cafile', 'capath', 'cert', 'ciphers', 'debug', 'disable-clean-session', 'host', 'id', 'id-prefix', 'insecure'],
    ...[
      'keepalive',
      'key',
      'keyform',
      'no-tls',
      'nodelay',
      'port',
      'protocol-version',
      'proxy',
      'psk',
      'psk-identity',
      'pw',
    ],
    ...['session-expiry-interval', 'tls-alpn', 'tls-engine', 'tls-engine-kpass-sha1', 'tls-keylog'],
    ...['tls-use-os-certs', 'tls-version', 'unix', 'url', 'username', 'will-payload', 'will-qos', 'will-retain'],
    ...['will-topic', 'ws'],
  ],
}

/** Keys whose value is called otherwise in some command: what pub publishes to is a name, what sub asks for a filter. */
const otherPlaceholders = ['topic']

interface Row {
  readonly command: Command
  readonly key: string
  readonly option: Option
}

const rows: readonly Row[] = commands.flatMap((command) =>
  Object.entries(command.options).map(([key, option]) => ({ command, key, option })),
)

/** The rows that break a rule, as `command: key`. */
function offenders(broken: (row: Row) => boolean): string[] {
  return rows.filter(broken).map(({ command, key }) => `${command.name}: ${key}`)
}

/** Splits words as a shell does, as far as examples need it: blanks, quotes and backslashes. */
function shellWords(line: string): string[] {
  const words = line.match(/(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+/g) ?? []
  return words.map((word) =>
    word.replace(
      /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g,
      (_all, single, double, escaped) => single ?? double ?? escaped,
    ),
  )
}

/** The tmqtt of a command line, without what is before and behind pipes, and what is set in front of it. */
function readExample(line: string): { readonly argv: string[]; readonly env: Record<string, string> } {
  const words = shellWords(line)
  const start = words.indexOf('tmqtt')
  if (start < 0) throw new Error(`no tmqtt in ${line}`)
  const end = words.findIndex((word, at) => at > start && /^([|&;>]|&&|\|\|)$/.test(word))
  const assignments = words.slice(0, start).filter((word) => /^TMQTT_\w+=/.test(word))
  return {
    argv: words.slice(start + 1, end < 0 ? undefined : end),
    env: Object.fromEntries(
      assignments.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
    ),
  }
}

describe('every command', () => {
  it.each(commands)('$name has no name for two options', ({ options }) => {
    const all = Object.entries(options).flatMap(([key, option]) => typedNames(key, option))
    const twice = all.filter((name, at) => all.indexOf(name) !== at)
    expect(twice).toEqual([])
    for (const name of ['--help', '--version']) expect(all).not.toContain(name)
    const variables = Object.keys(options).map(environmentName)
    expect(new Set(variables).size).toBe(variables.length)
  })

  it.each(commands)('$name has a summary of one line, and a name of its own', ({ name, summary }) => {
    expect(summary).toMatch(/^[a-z].*[^.]$/)
    expect(commands.filter((each) => each.name === name)).toHaveLength(1)
  })

  it.each(commands)('$name has two examples or more, and something to say of each', ({ examples }) => {
    expect(examples.length).toBeGreaterThanOrEqual(2)
    for (const { shows } of examples) expect(shows).toMatch(/[^.]$/)
  })

  const examples = commands.flatMap((command) => command.examples.map(({ run }) => ({ run, command })))
  it.each(examples)('can run its example: $run', async ({ run, command }) => {
    const { argv, env } = readExample(run)
    const parsed = await parse(argv, env)
    expect(parsed).toMatchObject({ command })
    if ('sources' in parsed) complete(command, parsed.sources)
  })

  it.each(commands)('$name takes options that it has as positionals', ({ options, positionals = [] }) => {
    for (const key of positionals) expect(options).toHaveProperty(key)
  })
})

describe('every option', () => {
  it('is written in letters that a shell leaves alone', () => {
    expect(offenders(({ key }) => !/^[a-z][A-Za-z0-9]*$/.test(key))).toEqual([])
    expect(offenders(({ option }) => option.short !== undefined && !/^[A-Za-z]$/.test(option.short))).toEqual([])
    expect(
      offenders(({ option }) => !(option.aliases ?? []).every((alias) => /^[a-z][a-z0-9-]+$/.test(alias))),
    ).toEqual([])
  })

  it('has a description without full stop, and a heading', () => {
    expect(offenders(({ option }) => !/^[A-Z].*[^.\s]$/.test(option.describe))).toEqual([])
    expect(offenders(({ option }) => !/^[A-Z]/.test(option.group))).toEqual([])
  })

  it('says what its value is called and must be, in capitals', () => {
    expect(
      offenders(({ option }) => !isFlag(option) && !/^[A-Z]+([= ][A-Z]+)*$/.test(option.kind.placeholder)),
    ).toEqual([])
    expect(offenders(({ option }) => option.kind.expected === '' || option.kind.expected.endsWith('.'))).toEqual([])
  })

  it('has no default when it is secret, repeated or a flag', () => {
    const hasDefault = ({ option }: Row) => option.default !== undefined || option.defaultText !== undefined
    expect(
      offenders((row) => hasDefault(row) && (row.option.secret || row.option.repeat || isFlag(row.option))),
    ).toEqual([])
  })

  it('is not both required and preset', () => {
    expect(offenders(({ option }) => option.required === true && option.default !== undefined)).toEqual([])
  })

  it('shows a default that comes to its default', () => {
    const wrong = ({ option }: Row) =>
      option.default !== undefined &&
      option.defaultText !== undefined &&
      option.kind.parse(option.defaultText) !== option.default
    expect(offenders(wrong)).toEqual([])
  })

  /** What depends on the value, for a URL with all that can be in one. */
  const keysOf = (keys: Option['replaces'] = []) =>
    typeof keys === 'function' ? keys({ username: 'joe' } as never) : keys

  it.each(['requires', 'excludes', 'replaces'] as const)('%s only what the table has, and not itself', (rule) => {
    const wrong = ({ command, key, option }: Row) =>
      keysOf(option[rule]).some((other) => other === key || !Object.hasOwn(command.options, other))
    expect(offenders(wrong)).toEqual([])
  })

  it('means the same in every command', () => {
    const differing = rows.filter(({ key, option }) => {
      const first = rows.find((row) => row.key === key)!.option
      const names = (each: Option) => JSON.stringify([each.short, each.aliases ?? []])
      const value = (each: Option) => (otherPlaceholders.includes(key) ? '' : each.kind.placeholder)
      return names(option) !== names(first) || value(option) !== value(first)
    })
    expect(differing.map(({ command, key }) => `${command.name}: ${key}`)).toEqual([])
  })

  it.each(Object.entries(mosquittoLetters))("of %s has the letter of mosquitto's client", (name, letters) => {
    const { options } = commands.find((command) => command.name === name)!
    const found = Object.entries(options).flatMap(([key, { short }]) => (short === undefined ? [] : [[short, key]]))
    const shared = found.filter(([short]) => Object.hasOwn(letters, short!))
    expect(Object.fromEntries(shared)).toEqual(letters)
  })

  it.each(['pub', 'sub', 'rr'])("of %s can be typed as mosquitto's client has it", (name) => {
    const names = namesOf(commands.find((command) => command.name === name)!.options)
    const missing = [...mosquittoNames[name]!, ...mosquittoNames.all!].filter((each) => !names.has(`--${each}`))
    expect(missing).toEqual([])
  })
})

describe('readExample', () => {
  it('reads a line as a shell does', () => {
    expect(readExample(`A=b TMQTT_QOS='1 2' tmqtt sub -t 'a b/#' -F "%t \\"x\\"" a\\ b | jq .topic > x`)).toEqual({
      argv: ['sub', '-t', 'a b/#', '-F', '%t \\"x\\"', 'a b'],
      env: { TMQTT_QOS: '1 2' },
    })
    expect(readExample('producer | tmqtt pub -l').argv).toEqual(['pub', '-l'])
  })
})
