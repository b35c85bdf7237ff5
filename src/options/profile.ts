import { dirname, isAbsolute, join } from 'node:path'
import { UsageError } from '../errors.ts'
import { configurationOptions, mosquittoFileOptions } from './configuration.ts'
import { isObject, type Profile, unknownKey } from './configuration-file.ts'
import { isFlag, type Option, type OptionTable } from './option.ts'
import type { SecretReference, Source } from './resolve.ts'
import { namesOf } from './words.ts'

/** What the options of a profile may be, and where paths that start with `~/` lead. */
export interface ProfileContext {
  /** Of every command that takes profiles: a profile serves them all. */
  readonly tables: readonly OptionTable[]
  readonly home: string | undefined
}

const REFERENCES = '{"env": NAME}, {"file": PATH} or {"command": [PROGRAM, ARGUMENT, …]}'

/**
 * The options of a profile that this table has. Paths are relative to the configuration file.
 *
 * @throws UsageError for keys that no command has, and values that are no option's value in JSON.
 */
export function profileSource(profile: Profile, table: OptionTable, context: ProfileContext): Source {
  const place = `profile ${profile.name} in ${profile.path}`
  const names = namesOf(table)
  const texts = new Map<string, readonly (string | SecretReference)[]>()
  const words = new Map<string, string>()
  for (const [word, json] of profile.entries) {
    const key = names.get(`--${word}`)
    if (key === undefined) {
      checkKnown(word, place, context.tables)
      continue
    }
    const option = table[key]!
    if (option.typedOnly) continue
    // What is a list for sub, as its topics, is nothing for pub, which has one.
    if (Array.isArray(json) && !option.repeat && context.tables.some((other) => other[key]?.repeat)) continue
    if (Object.hasOwn(configurationOptions, key) || Object.hasOwn(mosquittoFileOptions, key)) {
      throw new UsageError(`${place}: "${word}" can't be set in a profile`)
    }
    const before = words.get(key)
    if (before !== undefined) throw new UsageError(`${place}: "${before}" and "${word}" are the same option`)
    words.set(key, word)
    const resolvePath = (path: string) => pathFrom(dirname(profile.path), context.home, path)
    texts.set(key, textsOf(json, key, option, `${place}: "${word}"`, resolvePath))
  }
  return { texts, nameOf: (key) => `${place}: "${words.get(key)}"` }
}

function checkKnown(word: string, place: string, tables: readonly OptionTable[]): void {
  const known = tables
    .flatMap((table) => [...namesOf(table).keys()])
    .flatMap((name) => name.match(/^--(.*)/)?.[1] ?? [])
  if (!known.includes(word)) throw new UsageError(`${place}: ${unknownKey(word, known)}`)
}

function textsOf(
  json: unknown,
  key: string,
  option: Option,
  name: string,
  resolvePath: (path: string) => string,
): readonly (string | SecretReference)[] {
  const mayBeElsewhere = option.secret === true || key === 'username'
  const textOf = (item: unknown): string | SecretReference => {
    if (typeof item === 'string') return option.kind.isPath && item !== '' ? resolvePath(item) : item
    if (typeof item === 'number' && (!Number.isInteger(item) || Number.isSafeInteger(item))) return String(item)
    if (typeof item === 'boolean' && isFlag(option)) return String(item)
    if (!isObject(item)) throw new UsageError(`${name}: expected ${option.kind.expected}, got ${nameOfType(item)}`)
    if (!mayBeElsewhere) throw new UsageError(`${name}: only secrets and the user name can be kept elsewhere`)
    if (!isReference(item)) throw new UsageError(`${name}: expected a text, or ${REFERENCES}`)
    if ('file' in item) return { file: resolvePath(item.file) }
    if ('env' in item) return item
    const [program, ...args] = item.command
    return { command: [program!.includes('/') ? resolvePath(program!) : program!, ...args] }
  }
  if (!Array.isArray(json)) return [textOf(json)]
  if (!option.repeat) throw new UsageError(`${name}: expected one value, not a list`)
  return json.map(textOf)
}

function isReference(json: Readonly<Record<string, unknown>>): json is SecretReference {
  const [[kind, value] = [], ...more] = Object.entries(json)
  if (more.length > 0) return false
  if (kind === 'env' || kind === 'file') return typeof value === 'string' && value !== ''
  if (kind !== 'command' || !Array.isArray(value)) return false
  return value.length > 0 && value[0] !== '' && value.every((word) => typeof word === 'string')
}

function nameOfType(json: unknown): string {
  if (Array.isArray(json)) return 'a list in a list'
  return typeof json === 'number' ? 'a number too large for JSON; put it in quotes' : String(json)
}

function pathFrom(directory: string, home: string | undefined, path: string): string {
  if (path.startsWith('~/') && home !== undefined) return join(home, path.slice(2))
  return isAbsolute(path) ? path : join(directory, path)
}
