import { UsageError } from '../errors.ts'
import {
  environmentName,
  InvalidValue,
  isFlag,
  longName,
  type Option,
  type OptionTable,
  type ValuesOf,
} from './option.ts'

/** Where values come from: the command line, the environment. */
export interface Source {
  /** The texts given for an option, by key. A flag has `true` or `false`. */
  readonly texts: ReadonlyMap<string, readonly string[]>
  /** What the user wrote to give it, for messages: `-q`, `TMQTT_QOS`. */
  nameOf(key: string): string
}

/** What is known of one option before defaults. */
interface Given {
  readonly value: unknown
  readonly name: string
  /** 0 is the highest source. */
  readonly rank: number
}

/** The variables of the environment that belong to options of the table. An empty one counts as absent. */
export function environmentSource(table: OptionTable, env: Readonly<Record<string, string | undefined>>): Source {
  const texts = new Map<string, readonly string[]>()
  for (const key of Object.keys(table)) {
    const text = env[environmentName(key)]
    if (text !== undefined && text !== '') texts.set(key, [text])
  }
  return { texts, nameOf: environmentName }
}

/**
 * Turns texts into typed values: the highest source that has an option wins, then defaults. Checks kinds and the
 * rules of the table. Has no effects: reads no file, asks nobody.
 *
 * @param sources highest precedence first.
 * @throws UsageError that names the option as it was typed.
 */
export function resolve<T extends OptionTable>(table: T, sources: readonly Source[]): ValuesOf<T> {
  const given = readTexts(table, sources)
  dropReplaced(table, given)
  checkRules(table, given)
  chooseProtocolVersion(table, given)
  const values: Record<string, unknown> = {}
  for (const [key, option] of Object.entries(table)) {
    values[key] = given.get(key)?.value ?? option.default ?? (option.repeat ? [] : isFlag(option) ? false : undefined)
  }
  return values as ValuesOf<T>
}

function readTexts(table: OptionTable, sources: readonly Source[]): Map<string, Given> {
  const given = new Map<string, Given>()
  sources.forEach((source, rank) => {
    for (const [key, texts] of source.texts) {
      const option = table[key]
      if (option === undefined || given.has(key)) continue
      const name = source.nameOf(key)
      const values = texts.map((text) => parseValue(option, name, text))
      const value = option.repeat ? values : values.at(-1)
      if (value !== false || !isFlag(option)) given.set(key, { value, name, rank })
    }
  })
  return given
}

function parseValue(option: Option, name: string, text: string): unknown {
  try {
    return option.kind.parse(text)
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error
    if (error.message !== '') throw new UsageError(`${name}: ${error.message}`, { cause: error })
    const shown = option.secret ? '' : `, got ${JSON.stringify(shorten(text))}`
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
    const { excludes = [], replaces = [] } = table[key]!
    for (const other of typeof replaces === 'function' ? replaces(one.value as never) : replaces) drop(other, one)
    for (const other of excludes) {
      drop(other, one)
      if (given.has(other)) drop(key, given.get(other)!)
    }
  }
}

function checkRules(table: OptionTable, given: ReadonlyMap<string, Given>): void {
  for (const [key, { name }] of given) {
    const { excludes = [], requires } = table[key]!
    for (const other of excludes) {
      const clash = given.get(other)
      if (clash !== undefined) throw new UsageError(`${name} and ${clash.name} can't be used together`)
    }
    if (requires !== undefined && !requires.some((other) => given.has(other))) {
      throw new UsageError(`${name} needs ${requires.map((other) => `--${longName(other)}`).join(' or ')}`)
    }
  }
  for (const [key, option] of Object.entries(table)) {
    if (!option.required || given.has(key)) continue
    const name = option.short === undefined ? `--${longName(key)}` : `-${option.short} (--${longName(key)})`
    throw new UsageError(`${name} is missing: ${option.describe.toLowerCase()}`)
  }
}

/** An option that exists only in MQTT 5 chooses MQTT 5, and clashes with an earlier version. */
function chooseProtocolVersion(table: OptionTable, given: Map<string, Given>): void {
  const newer = [...given].find(([key]) => table[key]!.since === 5)
  if (newer === undefined || table.protocolVersion === undefined) return
  const chosen = given.get('protocolVersion')
  if (chosen !== undefined && chosen.value !== 5) {
    throw new UsageError(`${newer[1].name} needs MQTT 5, but ${chosen.name} asks for an earlier version`)
  }
  given.set('protocolVersion', { value: 5, name: newer[1].name, rank: newer[1].rank })
}
