import { UsageError } from '../errors.ts'
import type { Io } from '../io.ts'
import { configurationOptions, mosquittoFileOptions, NO_PROFILE } from '../options/configuration.ts'
import type { Configuration } from '../options/configuration-file.ts'
import { longName, type OptionTable } from '../options/option.ts'
import { resolve, type SecretReference, type Source } from '../options/resolve.ts'
import { configurationPath, homeOf, mosquittoFilePath, readSettings, reasonOf, type SettingsFile } from './files.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A command, as far as where its options come from goes. */
export interface Consumer {
  readonly name: string
  readonly options: OptionTable
}

/** Whether a command takes options from profiles. */
export function takesProfiles({ options }: Consumer): boolean {
  return Object.hasOwn(options, 'profile')
}

/** Whether a command takes options from a file of mosquitto's client, which it stands in for. */
export function takesOptionsFile({ options }: Consumer): boolean {
  return Object.hasOwn(options, 'optionsFile')
}

/**
 * Adds what files say to the sources of a command, and fetches the secrets that it needs. Where no file is, a look for
 * each is all it costs.
 *
 * @param sources the command line and the environment.
 * @param consumers all commands: what one of them does not know may be for another. Asked for only where a file is.
 * @param warn is told of what works but is unwise or not as it seems.
 * @returns all sources, highest precedence first.
 * @throws UsageError
 */
export async function readSources(
  command: Consumer,
  sources: readonly Source[],
  consumers: () => Promise<readonly Consumer[]>,
  io: Pick<Io, 'env' | 'signal'>,
  warn: (text: string) => void,
): Promise<readonly Source[]> {
  const all = [...sources]
  const profile = takesProfiles(command) && (await chosenProfile(command, sources, consumers, io.env, warn))
  if (profile) all.push(profile)
  const file = takesOptionsFile(command) && (await mosquittoFile(command, sources, io.env, warn))
  if (file) all.push({ ...file, joins: sources[0]! })
  if (!profile || ![...profile.texts.values()].flat().some((text) => typeof text !== 'string')) return all
  const { withSecrets } = await import('./secrets.ts')
  return await withSecrets(command.options, all, io, warn)
}

/** How the user gave an option, if it was given. */
function nameIn(sources: readonly Source[], key: string): string {
  return sources.find(({ texts }) => texts.has(key))?.nameOf(key) ?? `--${longName(key)}`
}

async function chosenProfile(
  command: Consumer,
  sources: readonly Source[],
  consumers: () => Promise<readonly Consumer[]>,
  env: Environment,
  warn: (text: string) => void,
): Promise<Source | undefined> {
  const { profile: named, config } = resolve(configurationOptions, sources)
  const path = config ?? configurationPath(env)
  if (named === NO_PROFILE) return undefined
  if (path === undefined) {
    if (named === undefined) return undefined
    throw new UsageError(`${nameIn(sources, 'profile')} ${named}: there is no HOME to look for a configuration file in`)
  }
  const place = config === undefined ? path : `${nameIn(sources, 'config')} ${path}`
  let file: SettingsFile | undefined
  try {
    file = readSettings(path)
  } catch (error) {
    if (named !== undefined || config !== undefined) {
      throw new UsageError(`${place}: ${reasonOf(error)}`, { cause: error })
    }
    warn(`${path}: ${reasonOf(error)}`)
    return undefined
  }
  if (file === undefined) {
    if (config !== undefined) throw new UsageError(`${place}: no such file`)
    if (named !== undefined) throw new UsageError(`${nameIn(sources, 'profile')} ${named}: there is no file ${path}`)
    return undefined
  }
  const tables = (await consumers()).filter(takesProfiles).map(({ options }) => options)
  const configuration = await parseConfiguration(file, path, tables, warn)
  const [problem] = configuration.problems
  if (problem !== undefined) throw new UsageError(problem)
  const name = named ?? configuration.preset
  if (name === undefined) return undefined
  const { findProfile } = await import('../options/configuration-file.ts')
  const { profileSource } = await import('../options/profile.ts')
  const source = profileSource(findProfile(configuration, name), command.options, { tables, home: homeOf(env) })
  if (file.isOpen && [...source.texts.values()].flat().some(isProgram))
    throw new UsageError(`${path}: any user can change this file, and it names a program to run; chmod 600 it`)
  return source
}

function isProgram(text: string | SecretReference): boolean {
  return typeof text !== 'string' && 'command' in text
}

/** Reads the text of a configuration file, and warns when it holds secrets that others can read. */
export async function parseConfiguration(
  { text, isShared }: SettingsFile,
  path: string,
  tables: readonly OptionTable[],
  warn: (text: string) => void,
): Promise<Configuration> {
  const { readConfiguration } = await import('../options/configuration-file.ts')
  const configuration = readConfiguration(text, path)
  if (isShared) {
    const { literalSecret } = await import('../options/profile-problems.ts')
    const secret = literalSecret(configuration, tables)
    if (secret !== undefined) warn(sharedSecret(path, secret))
  }
  return configuration
}

/** mosquitto's clients ignore a file that is not there without a word; one that was named deserves a warning. */
export async function mosquittoFile(
  { name, options }: Consumer,
  sources: readonly Source[],
  env: Environment,
  warn: (text: string) => void,
): Promise<Source | undefined> {
  const { optionsFile: named } = resolve(mosquittoFileOptions, sources)
  const option = nameIn(sources, 'optionsFile')
  if (sources.some(({ texts }) => (texts.get('optionsFile')?.length ?? 0) > 1)) {
    throw new UsageError(`${option} can be given only once`)
  }
  const path = named ?? mosquittoFilePath(`mosquitto_${name}`, env)
  if (path === undefined) return undefined
  let file: SettingsFile | undefined
  let reason = 'no such file'
  try {
    file = readSettings(path)
  } catch (error) {
    reason = reasonOf(error)
  }
  if (file === undefined) {
    if (named !== undefined) warn(`${option} ${named}: ${reason}; going on without it`)
    return undefined
  }
  const { mosquittoFileSource } = await import('../options/mosquitto-file.ts')
  const source = mosquittoFileSource(file.text, path, options)
  if (file.isShared) {
    const { isCredential } = await import('../options/secret.ts')
    const secret = [...source.texts].find(([key, texts]) =>
      texts.some((text) => typeof text === 'string' && isCredential(options[key]!, text)),
    )
    if (secret !== undefined) warn(sharedSecret(path, source.nameOf(secret[0]).slice(path.length + 1)))
  }
  return source
}

function sharedSecret(path: string, place: string): string {
  return `${path}: other users can read this file, and it holds a secret (${place}); chmod 600 it`
}
