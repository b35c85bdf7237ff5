import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/** A file of settings as it is on disk. */
export interface SettingsFile {
  readonly text: string
  /** Whether other users may read it. */
  readonly isShared: boolean
  /** Whether users that are not of its group either may write it. */
  readonly isOpen: boolean
}

/**
 * @returns nothing where no file is.
 * @throws what Node throws when there is one that can't be read.
 */
export function readSettings(path: string): SettingsFile | undefined {
  let file: number
  try {
    // An error that nobody sees would take as long to make as all else that is done here.
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined
    file = openSync(path, 'r')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
  try {
    const allows = (bits: number) => sep === '/' && (fstatSync(file).mode & bits) !== 0
    return { text: readFileSync(file, 'utf8'), isShared: allows(0o044), isOpen: allows(0o002) }
  } finally {
    closeSync(file)
  }
}

/** Why a file can't be read. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'EACCES' ? 'permission denied' : code === 'EISDIR' ? 'is a directory' : message
}

/** Where tmqtt's own configuration is, unless an option says otherwise. */
export function configurationPath(env: Environment): string | undefined {
  const directory = configurationDirectory(env)
  return directory === undefined ? undefined : join(directory, 'tmqtt', 'config.json')
}

/** Where the client of mosquitto of that name, as `mosquitto_pub`, has its options. */
export function mosquittoFilePath(name: string, env: Environment): string | undefined {
  if (sep === '\\') return env.USERPROFILE === undefined ? undefined : join(env.USERPROFILE, `${name}.conf`)
  const directory = configurationDirectory(env)
  return directory === undefined ? undefined : join(directory, name)
}

export function homeOf(env: Environment): string | undefined {
  return env.HOME || env.USERPROFILE || undefined
}

/** As the XDG Base Directory Specification has it; mosquitto's clients do the same. */
function configurationDirectory(env: Environment): string | undefined {
  if (env.XDG_CONFIG_HOME) return env.XDG_CONFIG_HOME
  const home = homeOf(env)
  return home === undefined ? undefined : join(home, '.config')
}
