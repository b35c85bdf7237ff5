import fc from 'fast-check'
import { describe } from 'vitest'
import { loadCommands } from '../../src/commands/index.ts'
import { takesOptionsFile, takesProfiles } from '../../src/config/sources.ts'
import { findProfile, readConfiguration } from '../../src/options/configuration-file.ts'
import { mosquittoFileSource } from '../../src/options/mosquitto-file.ts'
import { isFlag } from '../../src/options/option.ts'
import { profileSource } from '../../src/options/profile.ts'
import { literalSecret, profileProblems } from '../../src/options/profile-problems.ts'
import { typedNames } from '../../src/options/words.ts'
import { complete } from '../../src/parse.ts'
import { fuzz } from './campaign.ts'
import { mutateOne, mutations } from './mutations.ts'
import { unlessUsage } from './usage.ts'

const commands = (await loadCommands()).filter(takesProfiles)
const tables = commands.map((command) => command.options)
const context = { tables, home: '/home/joe' }
const names = [
  ...new Set(tables.flatMap((table) => Object.entries(table).flatMap(([key, option]) => typedNames(key, option)))),
]
const words = names.filter((name) => name.startsWith('--')).map((name) => name.slice(2))

const strange = fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'none', 'profile', 'ä')
const texts = fc.oneof(
  fc.constantFrom('a/b', '#', '1883', '5', 'true', '10s', 'prod', '', '~/x', '/x', '\0', 'mqtt://h'),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const settings: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 9, arbitrary: texts },
  { weight: 2, arbitrary: fc.oneof(fc.integer(), fc.boolean(), fc.double()) },
  { weight: 1, arbitrary: fc.array(fc.oneof(texts, fc.integer()), { maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.dictionary(fc.constantFrom('env', 'file', 'command', '__proto__'), texts, { maxKeys: 2 }),
  },
  { weight: 1, arbitrary: fc.constantFrom<unknown[]>(null, {}, [[]], { command: ['x', 'y'] }, { command: [] }) },
)
const profiles = fc.dictionary(
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: strange }),
  settings,
  {
    maxKeys: 4,
  },
)
const files = fc.record(
  {
    profile: fc.oneof(fc.constant('prod'), strange, settings),
    profiles: fc.oneof(
      { weight: 6, arbitrary: fc.dictionary(fc.oneof(fc.constant('prod'), strange), profiles, { maxKeys: 3 }) },
      { weight: 1, arbitrary: settings },
    ),
    other: settings,
  },
  { requiredKeys: ['profiles'] },
)

describe('a configuration file', () => {
  fuzz(
    'gives options or a usage error, whatever it holds',
    {
      name: 'configuration files',
      unit: 'texts',
      runs: 300,
      share: 0.0005,
      values: fc.record({
        text: fc
          .tuple(files, fc.oneof(fc.constant([]), fc.array(mutations, { maxLength: 2 })))
          .map(([file, changes]) => {
            const bytes: Buffer = Buffer.from(JSON.stringify(file))
            return changes
              .reduce((all, change) => mutateOne(all, { ...change, reframed: false }, bytes), bytes)
              .toString()
          }),
        name: fc.constantFrom(...commands.map(({ name }) => name)),
      }),
      finds: [{ text: '{"profile":{"toString":1}}', name: 'pub' }],
    },
    async ({ text, name }) => {
      const command = commands.find((each) => each.name === name)!
      const configuration = await unlessUsage(() => readConfiguration(text, '/c.json'))
      if (configuration === undefined) return 1
      await unlessUsage(() => findProfile(configuration, '__proto__'))
      literalSecret(configuration, tables)
      for (const profile of configuration.profiles) {
        profileProblems(profile, context)
        const source = await unlessUsage(() => profileSource(profile, command.options, context))
        // What is kept elsewhere is fetched first.
        const isHere = [...(source?.texts.values() ?? [])].flat().every((each) => typeof each === 'string')
        if (source !== undefined && isHere) await unlessUsage(() => complete(command, [source]))
      }
      return 1
    },
  )

  const clients = commands.filter(takesOptionsFile)
  const lines = fc.oneof(
    fc.tuple(fc.constantFrom(...names), texts).map((both) => both.join(' ')),
    fc.constantFrom(...names, '#', '# x', '', ' ', '-h', '--__proto__ x', '__proto__', '\r', '-h  x'),
    fc.string({ unit: 'binary', maxLength: 10 }),
  )

  fuzz(
    "of mosquitto's clients gives options or a usage error, whatever it holds",
    {
      name: 'option files',
      unit: 'texts',
      runs: 800,
      share: 0.02,
      values: fc.record({
        text: fc.array(lines, { maxLength: 5 }).map((all) => all.join('\n')),
        name: fc.constantFrom(...clients.map(({ name }) => name)),
      }),
    },
    async ({ text, name }) => {
      const command = clients.find((each) => each.name === name)!
      const source = await unlessUsage(() => mosquittoFileSource(text, '/c', command.options))
      if (source === undefined) return 1
      for (const [key, option] of Object.entries(command.options)) {
        const given = source.texts.get(key) ?? []
        if (isFlag(option)) continue
        if (given.includes('')) throw new Error(`${source.nameOf(key)} has no value`)
      }
      await unlessUsage(() => complete(command, [source]))
      return 1
    },
  )
})
