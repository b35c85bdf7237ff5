import { configurationPath, homeOf, readSettings, reasonOf } from '../config/files.ts'
import { mosquittoFile, parseConfiguration, takesOptionsFile, takesProfiles } from '../config/sources.ts'
import { ExitCode, LocalError, UsageError } from '../errors.ts'
import { safeText } from '../formatters/terminal-safe.ts'
import type { Io } from '../io.ts'
import { configurationOptions, NO_PROFILE, profileName } from '../options/configuration.ts'
import type { Configuration, Profile } from '../options/configuration-file.ts'
import { connectionOptions } from '../options/connection.ts'
import { flag, oneOf } from '../options/kinds.ts'
import { environmentName, table, type ValuesOf } from '../options/option.ts'
import type { ProfileContext } from '../options/profile.ts'
import { environmentSource, type Source } from '../options/resolve.ts'
import type { Configured } from '../options/settings.ts'
import { writeOutput } from '../streams/sink.ts'
import { type Body, type Command, command } from './command.ts'
import { printJson } from './document.ts'
import { noticeTo } from './session.ts'

const options = table({
  action: {
    kind: oneOf('ACTION', { list: 'list', show: 'show', check: 'check' } as const),
    group: 'Profiles',
    describe: 'What to do: name the profiles, show what one comes to, or check the file',
    default: 'list',
  },
  name: {
    kind: profileName,
    group: 'Profiles',
    describe: 'Profile to show or check',
    defaultText: 'show: the one that a command would use; check: all',
  },
  json: { kind: flag, group: 'Profiles', describe: 'Print JSON' },
  config: configurationOptions.config,
})

type Values = ValuesOf<typeof options>

/** A column grows to this, then its cells push the next one aside. */
const WIDEST = 40

/** @param commands all commands: their options are what can be in a profile. */
export function profileCommand(commands: () => Promise<readonly Command[]>): Body {
  return command({
    description:
      'A profile is a set of options under a name, in a JSON file; --profile NAME takes options from it. ' +
      'Keys are the long names of options: {"profiles": {"prod": {"host": "example.org", "keep-alive": 30, ' +
      '"topic": ["a", "b"], "tls-use-os-certs": true, "password": {"command": ["pass", "mqtt"]}}}}. A secret, or the ' +
      'user name, can be kept elsewhere: {"env": NAME}, {"file": PATH} or {"command": [PROGRAM, ARGUMENT, …]}. ' +
      'Beside "profiles", "profile": NAME says which one to use when none is named.',
    options,
    positionals: ['action', 'name'],
    examples: [
      { run: 'tmqtt profile list', shows: 'the names, and the broker of each' },
      { run: 'tmqtt profile show prod', shows: 'what options come to and why; of bench only what is set' },
      { run: 'tmqtt profile check', shows: 'everything that is wrong with the file; exit status 1 if anything is' },
    ],

    check(values) {
      if (values.action === 'list' && values.name !== undefined) throw new UsageError('list takes no name')
    },

    async run(values, io) {
      const consumers = (await commands()).filter(takesProfiles)
      const context = { tables: consumers.map((each) => each.options), home: homeOf(io.env) }
      const configuration = await load(values, context, io)
      if (values.action === 'check') return await check(values, configuration, context, io)
      if (configuration?.problems[0] !== undefined) throw new UsageError(configuration.problems[0])
      if (values.action === 'list') await list(values, configuration, context, io)
      else await show(values, configuration, consumers, context, io)
      return undefined
    },
  })
}

/** @returns nothing where there is no file at the usual place, and none is needed. */
async function load(values: Values, { tables }: ProfileContext, io: Io): Promise<Configuration | undefined> {
  const path = values.config ?? configurationPath(io.env)
  if (path === undefined) return undefined
  const warn = noticeTo(io, 'profile')
  let reason = 'no such file'
  try {
    const file = readSettings(path)
    if (file !== undefined) return await parseConfiguration(file, path, tables, warn)
  } catch (error) {
    if (error instanceof UsageError) throw error
    reason = reasonOf(error)
  }
  if (values.config !== undefined || values.name !== undefined || values.action === 'check') {
    throw new LocalError(`${path}: ${reason}`)
  }
  warn(`${path}: ${reason}`)
  return undefined
}

async function list(
  values: Values,
  configuration: Configuration | undefined,
  context: ProfileContext,
  io: Io,
): Promise<void> {
  const rows: { name: string; server: string; default: boolean }[] = []
  for (const profile of configuration?.profiles ?? []) {
    const isDefault = profile.name === configuration?.preset
    rows.push({ name: profile.name, server: await serverOf(profile, context), default: isDefault })
  }
  await print(
    values,
    rows,
    rows.map((row) => [row.name, row.server, row.default ? 'default' : '']),
    io,
  )
}

/** The broker that a profile names, or `?` when it does so wrongly. */
async function serverOf(profile: Profile, context: ProfileContext): Promise<string> {
  const { profileSource } = await import('../options/profile.ts')
  const { masked } = await import('../options/secret.ts')
  const { url, unix, host, port } = connectionOptions
  const about = { url, unix, host, port }
  const entries = profile.entries.filter(([word]) => Object.hasOwn(about, word))
  let texts: Source['texts']
  try {
    texts = profileSource({ ...profile, entries }, about, context).texts
  } catch (error) {
    if (error instanceof UsageError) return '?'
    throw error
  }
  const shown = (key: keyof typeof about) => {
    const text = texts.get(key)?.at(-1)
    return text === undefined ? undefined : typeof text === 'string' ? masked(about[key], text) : '***'
  }
  const portText = texts.has('port') ? `:${shown('port')}` : ''
  return shown('unix') ?? shown('url') ?? `${shown('host') ?? 'localhost'}${portText}`
}

async function show(
  values: Values,
  configuration: Configuration | undefined,
  consumers: readonly Command[],
  context: ProfileContext,
  io: Io,
): Promise<void> {
  const { findProfile } = await import('../options/configuration-file.ts')
  const { profileSource } = await import('../options/profile.ts')
  const { settingsOf } = await import('../options/settings.ts')
  const name = values.name ?? (io.env[environmentName('profile')] || configuration?.preset)
  const profile =
    name === undefined || name === NO_PROFILE || configuration === undefined
      ? undefined
      : findProfile(configuration, name)
  const configured: Configured[] = []
  for (const consumer of consumers) {
    const environment = environmentSource(consumer.options, io.env)
    const sources = [{ source: environment, labelOf: (key: string) => `environment, ${environment.nameOf(key)}` }]
    if (profile !== undefined) {
      const source = profileSource(profile, consumer.options, context)
      sources.push({ source, labelOf: () => `profile ${profile.name}` })
    }
    const file = await mosquittoFileOf(consumer, environment, io)
    if (file !== undefined) sources.push({ source: file, labelOf: (key) => file.nameOf(key) })
    // What bench does unless told otherwise is a plan of a run, and none of it belongs to a broker.
    const withoutDefaults = consumer.name.startsWith('bench ')
    configured.push({ name: consumer.name, options: consumer.options, sources, withoutDefaults })
  }
  const settings = settingsOf(configured)
  const withOption = (option: string) => settings.filter((each) => each.option === option)
  await print(
    values,
    settings,
    settings.map(({ option, values: shown, source, commands }) => {
      const differs = withOption(option).length > 1
      return [option, shown.join(', '), differs ? `${source} (${commands.join(', ')})` : source]
    }),
    io,
  )
}

async function mosquittoFileOf(consumer: Command, environment: Source, io: Io): Promise<Source | undefined> {
  if (!takesOptionsFile(consumer)) return undefined
  return await mosquittoFile(consumer, [environment], io.env, noticeTo(io, 'profile'))
}

async function check(
  values: Values,
  configuration: Configuration | undefined,
  context: ProfileContext,
  io: Io,
): Promise<number> {
  if (configuration === undefined) throw new LocalError('there is no HOME to look for a configuration file in')
  const { findProfile } = await import('../options/configuration-file.ts')
  const { profileProblems } = await import('../options/profile-problems.ts')
  const profiles = values.name === undefined ? configuration.profiles : [findProfile(configuration, values.name)]
  const problems = [...configuration.problems, ...profiles.flatMap((profile) => profileProblems(profile, context))]
  if (values.json) await printJson(io, `${JSON.stringify(problems, null, 2)}\n`)
  else if (problems.length === 0) {
    const names = profiles.map(({ name }) => name).join(', ')
    await writeOutput(io.stdout, `${safeText(configuration.path)}: nothing wrong with ${names || 'it'}\n`)
  } else for (const problem of problems) noticeTo(io, 'profile')(problem)
  return problems.length === 0 ? ExitCode.ok : ExitCode.usage
}

/** As JSON or as columns. */
async function print({ json }: Values, data: unknown, rows: readonly (readonly string[])[], io: Io): Promise<void> {
  if (json) return await printJson(io, `${JSON.stringify(data, null, 2)}\n`)
  const cells = rows.map((row) => row.map((cell) => safeText(cell)))
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.min(WIDEST, Math.max(...cells.map((row) => row[column]!.length))),
  )
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
  await writeOutput(io.stdout, lines.map((line) => `${line}\n`).join(''))
}
