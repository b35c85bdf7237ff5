import { UsageError } from '../errors.ts'
import { NO_PROFILE } from './configuration.ts'
import { jsonErrorPosition } from './json-error.ts'
import { nearest } from './nearest.ts'

/** Options under a name, as they stand in the configuration file: by long name, not yet checked. */
export interface Profile {
  readonly name: string
  /** Of the file. */
  readonly path: string
  readonly entries: readonly (readonly [word: string, json: unknown])[]
}

/** What a configuration file says. */
export interface Configuration {
  readonly path: string
  /** The profile to use when none is named. */
  readonly preset?: string
  readonly profiles: readonly Profile[]
  /** What is wrong with the file as a whole. */
  readonly problems: readonly string[]
}

/** @throws UsageError for a text that is no JSON, with line and column. */
export function readConfiguration(text: string, path: string): Configuration {
  const json = parseJson(text.replace(/^\uFEFF/, ''), path)
  const problems: string[] = []
  const profiles: Profile[] = []
  const { profile: preset, profiles: named = {}, ...others } = isObject(json) ? json : { json }
  if (!isObject(json) || !isObject(named)) problems.push(`${path}: expected {"profiles": {NAME: {OPTION: VALUE}}}`)
  else for (const key of Object.keys(others)) problems.push(`${path}: ${unknownKey(key, ['profile', 'profiles'])}`)
  for (const [name, options] of isObject(named) ? Object.entries(named) : []) {
    if (name === '' || name === NO_PROFILE) problems.push(`${path}: a profile can't be called ${JSON.stringify(name)}`)
    else if (!isObject(options)) problems.push(`profile ${name} in ${path}: expected {OPTION: VALUE}`)
    else profiles.push({ name, path, entries: Object.entries(options) })
  }
  if (preset === undefined) return { path, profiles, problems }
  if (typeof preset !== 'string') {
    problems.push(`${path}: "profile": expected the name of a profile`)
    return { path, profiles, problems }
  }
  if (!isObject(named) || !Object.hasOwn(named, preset)) {
    problems.push(`${path}: "profile": ${noSuchProfile(preset, profiles)}`)
  }
  return { path, profiles, problems, preset }
}

/** @throws UsageError when there is no such profile. */
export function findProfile({ profiles, path }: Configuration, name: string): Profile {
  const profile = profiles.find((each) => each.name === name)
  if (profile === undefined) throw new UsageError(`${path}: ${noSuchProfile(name, profiles)}`)
  return profile
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const { line, column } = jsonErrorPosition(text)
    throw new UsageError(`${path} line ${line}, column ${column}: this is not JSON`, { cause: error })
  }
}

/** With a hint at the key that was meant. */
export function unknownKey(word: string, known: readonly string[]): string {
  return `unknown key ${JSON.stringify(word)}${didYouMean(word.replace(/^-+/, ''), known)}`
}

function noSuchProfile(name: string, profiles: readonly Profile[]): string {
  const names = profiles.map((each) => each.name)
  const hint = didYouMean(name, names) || (names.length > 0 ? `; there are: ${names.join(', ')}` : '')
  return `there is no profile ${JSON.stringify(name)}${hint}`
}

function didYouMean(typed: string, known: readonly string[]): string {
  const match = nearest(typed, known)
  return match === undefined ? '' : `; did you mean ${JSON.stringify(match)}?`
}

export function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
