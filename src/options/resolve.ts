import { UsageError } from '../errors.ts'
import { didYouMean } from './nearest.ts'
import {
  ENVIRONMENT_PREFIX,
  environmentName,
  InvalidValue,
  isFlag,
  longName,
  type Option,
  type OptionTable,
  type ValuesOf,
} from './option.ts'

/** A secret kept elsewhere: in a variable, on the first line of a file, or on the first line that a program prints. */
export type SecretReference =
  | { readonly env: string }
  | { readonly file: string }
  | { readonly command: readonly string[] }

/** Where values come from: the command line, the environment, a profile, mosquitto's own file. */
export interface Source {
  /** What is given for an option, by key. A flag has `true` or `false`. */
  readonly texts: ReadonlyMap<string, readonly (string | SecretReference)[]>
  /** What the user wrote to give it, for messages: `-q`, `TMQTT_QOS`. `index` tells the texts of an option apart. */
  nameOf(key: string, index?: number): string
  /**
   * The source that this one is read together with, as mosquitto's clients read their file in front of the command
   * line: repeated options add up, and two options that exclude each other clash, whichever source they are in.
   */
  readonly joins?: Source
  /** The variables of the environment that its passwords were in. */
  readonly variables?: readonly string[]
}

/** What is known of one option before defaults. */
export interface Given {
  readonly value: unknown
  readonly name: string
  readonly texts: readonly (string | SecretReference)[]
  readonly source: Source
  /** 0 is the highest source. */
  readonly rank: number
}

/** The variables of the environment that belong to options of the table. An empty one counts as absent. */
export function environmentSource(table: OptionTable, env: Readonly<Record<string, string | undefined>>): Source {
  const texts = new Map<string, readonly string[]>()
  // Mostly there are none, and the names of all options take longer to make than all else that is done with them.
  const isEmpty = !Object.keys(env).some((name) => name.startsWith(ENVIRONMENT_PREFIX))
  for (const [key, { rest, typedOnly }] of isEmpty ? [] : Object.entries(table)) {
    const text = env[environmentName(key)]
    if (text !== undefined && text !== '' && !rest && !typedOnly) texts.set(key, [text])
  }
  return { texts, nameOf: environmentName }
}

/**
 * Turns texts into typed values: the highest source that has an option wins, then defaults. Checks kinds and the
 * rules of the table. Has no effects: reads no file, asks nobody.
 *
 * @param sources highest precedence first, all secrets fetched.
 * @throws UsageError that names the option as it was typed.
 */
export function resolve<T extends OptionTable>(table: T, sources: readonly Source[]): ValuesOf<T> {
  const given = settle(table, sources)
  const [broken] = brokenRules(table, given)
  if (broken !== undefined) throw new UsageError(broken)
  checkRequired(table, given)
  const values: Record<string, unknown> = {}
  for (const [key, option] of Object.entries(table)) {
    values[key] = given.get(key)?.value ?? option.default ?? (option.repeat ? [] : isFlag(option) ? false : undefined)
  }
  if (newerOption(table, given) !== undefined) values.protocolVersion = 5
  return values as ValuesOf<T>
}

/**
 * Which source gives each option, the winner of several. The value of a secret that is yet to be fetched is undefined.
 *
 * @param sources highest precedence first.
 * @throws UsageError for a text that is not of the option's kind.
 */
export function settle(table: OptionTable, sources: readonly Source[]): ReadonlyMap<string, Given> {
  const given = readTexts(table, sources)
  dropReplaced(table, given)
  return given
}

function readTexts(table: OptionTable, sources: readonly Source[]): Map<string, Given> {
  const given = new Map<string, Given>()
  const decided = new Set<string>()
  sources.forEach((source, rank) => {
    for (const [key, texts] of source.texts) {
      const option = table[key]
      if (option === undefined) continue
      const higher = given.get(key)
      const adds = option.repeat && higher !== undefined && higher.source === source.joins
      if (decided.has(key) && !adds) continue
      decided.add(key)
      const values = texts.map((text, index) => parseText(option, source.nameOf(key, index), text))
      if (adds) {
        given.set(key, { ...higher, value: [...values, ...(higher.value as unknown[])] })
        continue
      }
      const value = option.repeat ? values : values.at(-1)
      const isAbsent = texts.length === 0 || (isFlag(option) && value === false)
      if (!isAbsent) given.set(key, { value, name: source.nameOf(key), texts, source, rank })
    }
  })
  return given
}

/** A source without the options whose texts this table refuses, and what it says of each. */
export function sift(
  table: OptionTable,
  source: Source,
): { readonly fit: Source; readonly refused: ReadonlyMap<string, UsageError> } {
  const texts = new Map(source.texts)
  const refused = new Map<string, UsageError>()
  for (const [key, given] of source.texts) {
    const option = table[key]
    if (option === undefined) continue
    try {
      for (const [index, text] of given.entries()) parseText(option, source.nameOf(key, index), text)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      texts.delete(key)
      refused.set(key, error)
    }
  }
  return { fit: { ...source, texts }, refused }
}

/** A secret that is still kept elsewhere is undefined. */
function parseText(option: Option, name: string, text: string | SecretReference): unknown {
  if (typeof text !== 'string') return undefined
  try {
    return option.kind.parse(text)
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error
    if (error.message !== '') throw new UsageError(`${name}: ${error.message}`, { cause: error })
    const { choices = [] } = option.kind
    const shown = option.secret ? '' : `, got ${JSON.stringify(shorten(text))}${didYouMean(text, choices)}`
    throw new UsageError(`${name}: expected ${option.kind.expected}${shown}`, { cause: error })
  }
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** Where two options can't both count and come from different sources, the higher source decides. */
function dropReplaced(table: OptionTable, given: Map<string, Given>): void {
  const drop = (key: string, winner: Given) => {
    if ((given.get(key)?.rank ?? 0) > winner.rank) given.delete(key)
  }
  for (const [key, one] of [...given]) {
    if (given.get(key) !== one) continue
    for (const other of replacedBy(table[key]!, one.value)) drop(other, one)
    const { excludes = [] } = table[key]!
    for (const other of excludes) {
      if (areJoined(one, given.get(other))) continue
      drop(other, one)
      if (given.has(other)) drop(key, given.get(other)!)
    }
  }
}

/** The keys that an option of this value stands in place of. */
export function replacedBy({ replaces = [] }: Option, value: unknown): readonly string[] {
  if (typeof replaces !== 'function') return replaces
  return value === undefined ? [] : replaces(value as never)
}

function areJoined(one: Given, other: Given | undefined): boolean {
  return other !== undefined && (one.source === other.source.joins || one.source.joins === other.source)
}

/** The rules between options that are not kept, each once. */
export function brokenRules(table: OptionTable, given: ReadonlyMap<string, Given>): string[] {
  const broken: string[] = []
  const reported = new Set<string>()
  for (const [key, { name }] of given) {
    const { excludes = [], requires } = table[key]!
    for (const other of excludes) {
      const clash = given.get(other)
      if (clash === undefined || reported.has(`${other} ${key}`)) continue
      reported.add(`${key} ${other}`)
      broken.push(`${name} and ${clash.name} can't be used together`)
    }
    if (requires !== undefined && !requires.some((other) => given.has(other))) {
      broken.push(`${name} needs ${requires.map((other) => `--${longName(other)}`).join(' or ')}`)
    }
  }
  const newer = newerOption(table, given)
  const chosen = given.get('protocolVersion')
  if (newer !== undefined && chosen !== undefined && chosen.value !== 5 && chosen.source.joins !== newer.source) {
    broken.push(`${newer.name} needs MQTT 5, but ${chosen.name} asks for an earlier version`)
  }
  return broken
}

function checkRequired(table: OptionTable, given: ReadonlyMap<string, Given>): void {
  for (const [key, option] of Object.entries(table)) {
    if (!option.required || given.has(key)) continue
    const name = option.short === undefined ? `--${longName(key)}` : `-${option.short} (--${longName(key)})`
    throw new UsageError(`${name} is missing: ${option.describe.toLowerCase()}`)
  }
}

/** The first option that exists only in MQTT 5: it chooses MQTT 5. */
function newerOption(table: OptionTable, given: ReadonlyMap<string, Given>): Given | undefined {
  if (table.protocolVersion === undefined) return undefined
  return [...given].find(([key]) => table[key]!.since === 5)?.[1]
}
