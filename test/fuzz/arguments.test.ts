import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe } from 'vitest'
import type { Command } from '../../src/commands/command.ts'
import { loadCommands } from '../../src/commands/index.ts'
import { environmentName, isFlag, longName } from '../../src/options/option.ts'
import { typedNames } from '../../src/options/words.ts'
import { complete, parse } from '../../src/parse.ts'
import { fuzz } from './campaign.ts'
import { unlessUsage } from './usage.ts'

const commands = await loadCommands()
const variables = [...new Set(commands.flatMap(({ options }) => Object.keys(options).map(environmentName)))]

/** Values that some kind of option takes, and ones next to them. */
const edges = [
  ...['', '0', '-1', '1', '007', '1e3', '65535', '65536', '4294967296', '9007199254740993', '0x10', '1.5', 'NaN', '∞'],
  ...[
    '5s',
    '5ms',
    '1h',
    '-5s',
    '9999999h',
    '10k',
    '1MiB',
    '256MB',
    '5%',
    '101%',
    '1..5',
    '5..1',
    '1,2,3',
    'a=b',
    '=b',
    'a=',
  ],
  ...['true', 'no', 'always', 'never', 'random', '311', '5', 'mqttv5', '127.0.0.1', '::1', '[::1]:1883', 'host:99999'],
  ...['mqtt://h/t', 'mqtts://u:p@h:1/#', 'ws://h/p?a', 'unix:///x', 'mqtt://', 'mqtt://%zz@h', 'srv:', 'http://h'],
  ...['a/b', '#', 'a/#/b', '+/+', '$share/g/a', '$share//a', '/', 'a\0b', 'ä', '\ud800', '__proto__', 'constructor'],
  ...['toString', '{"a":1}', '{', '[]', 'null', '"', "'", '%', '%p', '@', '\\', 'Content-Type: x', 'x:y:z'],
  ...[
    'connect',
    'publish',
    'will',
    'user-property',
    'topic-alias',
    'p99<5ms',
    'loss>0',
    '[1]',
    '["publish",5,"x"]',
    '--',
    '-',
    '-x',
    '--x=y',
  ],
]

const values = fc.oneof(fc.constantFrom(...edges), fc.string({ unit: 'binary', maxLength: 12 }))
const strange = fc.string({ unit: 'binary', maxLength: 8 }).map((name) => [`--${name}`])

/** Words that a command may know. */
function wordsFor({ options }: Command): fc.Arbitrary<readonly string[]> {
  const rows = Object.entries(options).filter(([, { rest }]) => !rest)
  if (rows.length === 0) return strange
  const given = fc.constantFrom(...rows).chain(([key, option]) => {
    const name = fc.constantFrom(...typedNames(key, option))
    const value = fc.oneof(fc.constantFrom(...(option.kind.choices ?? ['1', 'a', '5s'])), values)
    if (!isFlag(option)) return fc.tuple(name, value)
    return name.map((each) => [each])
  })
  return fc.oneof(
    { weight: 8, arbitrary: given },
    { weight: 1, arbitrary: given.map((both) => [both.join('=')]) },
    { weight: 1, arbitrary: given.map((both) => [both.join('')]) },
    { weight: 1, arbitrary: given.map(([name = '']) => [name]) },
    { weight: 1, arbitrary: values.map((value) => [value]) },
    { weight: 1, arbitrary: strange },
  )
}

const lines = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .constantFrom(...commands)
      .chain((command) => fc.tuple(fc.constant(command.name.split(' ')), fc.array(wordsFor(command), { maxLength: 5 })))
      .map(([name, words]) => [...name, ...words.flat()]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom<string[][]>([], ['help'], ['bench'], ['retain'], ['--help'], ['__proto__']),
        fc.array(values),
      )
      .map((all) => all.flat()),
  },
)

describe('parse', () => {
  fuzz(
    'makes of any words and variables typed values, a text or a usage error',
    {
      name: 'command lines',
      unit: 'texts',
      runs: 1500,
      share: 0.02,
      values: fc.record({
        argv: lines,
        env: fc.dictionary(fc.constantFrom(...variables, 'TMQTT_', 'TMQTT___PROTO__'), values, { maxKeys: 2 }),
      }),
      finds: [
        { argv: ['pub'], env: { TMQTT_PROPERTY: '[::1]:1883' } },
        { argv: ['pub'], env: { TMQTT_PROPERTY: '["publish",5,"x"]' } },
      ],
    },
    async ({ argv, env }) => {
      const parsed = await unlessUsage(() => parse(argv, env))
      if (parsed === undefined) return 1
      if ('text' in parsed) {
        assert.ok(parsed.text(80).endsWith('\n'))
        return 1
      }
      const { command, sources } = parsed
      const completed = await unlessUsage(() => complete(command, sources))
      for (const key of Object.keys(completed ?? {})) {
        assert.ok(Object.hasOwn(command.options, key), `a value of --${longName(key)}, which is no option`)
      }
      return 1
    },
  )
})
