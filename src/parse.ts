import { Parser } from 'yargs/helpers'
import type { Command, Heading } from './commands/command.ts'
import { findCommand, noCommand } from './commands/find.ts'
import { entries } from './commands/index.ts'
import { UsageError } from './errors.ts'
import { didYouMean } from './options/nearest.ts'
import { isFlag, longName, type OptionTable } from './options/option.ts'
import { environmentSource, resolve, type Source } from './options/resolve.ts'
import { keyOf, namesOf, normalizeWords } from './options/words.ts'
import { version } from './version.ts'

/** What a command line asks for: a command, with the command line and the environment to take options from; or a text to print. */
export type Parsed =
  | { readonly command: Command; readonly sources: readonly Source[] }
  /** For a terminal of so many columns. */
  | { readonly text: (columns: number) => string }

const versionText = () => `tmqtt ${version}\n`

/**
 * Reads the words behind `tmqtt` and the environment. Has no effects.
 *
 * @throws UsageError
 */
export async function parse(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Parsed> {
  const [first, ...rest] = argv
  if (first === '--help' || (first === 'help' && rest.length === 0)) {
    const { programHelp } = await import('./docs/help.ts')
    return { text: (columns) => programHelp(entries, columns) }
  }
  if (first === '--version') return { text: versionText }
  const isHelp = first === 'help'
  const words = isHelp ? rest : argv
  const found = findCommand(entries, words)
  if (found === undefined) return await parseTopic(words[0], isHelp)
  if ('members' in found)
    return await parseGroup(found.name, found.members, isHelp ? [...found.rest, '--help'] : found.rest)
  const command = await found.command.load()
  if (isHelp) return await helpOn(command)
  return await parseCommand(command, found.rest, env)
}

/** A word that is no command: something else to read, or a mistake. */
async function parseTopic(word: string | undefined, isHelp: boolean): Promise<Parsed> {
  const { topics } = await import('./docs/topics.ts')
  const topic = topics.find(({ name }) => name === word)
  if (!isHelp && topic !== undefined) throw new UsageError(`no command '${word}'; did you mean help ${word}?`)
  if (topic === undefined) throw noCommand(entries, word, isHelp ? { topics } : {})
  const sections = await topic.sections()
  const { topicHelp } = await import('./docs/help.ts')
  return { text: (columns) => topicHelp(sections, columns) }
}

/** The name of a group, with no command of it behind. */
async function parseGroup(name: string, members: readonly Heading[], [word]: readonly string[]): Promise<Parsed> {
  if (word === '--help') {
    const { groupHelp } = await import('./docs/help.ts')
    return { text: (columns) => groupHelp(name, members, columns) }
  }
  if (word === '--version') return { text: versionText }
  throw noCommand(entries, word, { group: name })
}

async function helpOn(command: Command): Promise<Parsed> {
  const { commandHelp } = await import('./docs/help.ts')
  return { text: (columns) => commandHelp(command, columns) }
}

async function parseCommand(
  command: Command,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Parsed> {
  const { words, typed: typedOptions } = normalizeWords(argv, command.options)
  const { own, rest } = splitRest(command, words)
  const parsed = readWords(command.options, own)
  if (parsed.help === true) return await helpOn(command)
  if (parsed.version === true) return { text: versionText }

  const texts = new Map<string, readonly string[]>()
  const given = new Map(Object.entries(parsed).map(([name, values]) => [keyOf(command.options, `--${name}`), values]))
  // In the order of the table, in which messages name two of them.
  for (const [key, option] of Object.entries(command.options)) {
    const values = given.get(key)
    if (values === undefined) continue
    const each = [values].flat().map(String)
    texts.set(key, isFlag(option) ? each : each.map((value) => value.slice(1)))
  }
  const typed = new Map(typedOptions)
  takePositionals(command, parsed._ as string[], texts, typed)
  if (rest !== undefined) {
    texts.set(rest.key, rest.words)
    typed.set(rest.key, '--')
  }
  const commandLine: Source = { texts, nameOf: (key) => typed.get(key) ?? `--${longName(key)}` }
  return { command, sources: [commandLine, environmentSource(command.options, env)] }
}

/**
 * The values that sources come to, by all the rules of a command.
 *
 * @param sources highest precedence first.
 * @throws UsageError
 */
export function complete(command: Command, sources: readonly Source[]): Readonly<Record<string, unknown>> {
  const values = resolve(command.options, sources)
  command.check?.(values)
  return values
}

/** Parts the words of another program, behind `--`, from those of a command that takes such. */
function splitRest(
  { options }: Command,
  words: readonly string[],
): { readonly own: readonly string[]; readonly rest?: { readonly key: string; readonly words: readonly string[] } } {
  const [key, option] = Object.entries(options).find(([, each]) => each.rest) ?? []
  const end = words.indexOf('--')
  if (key === undefined || end < 0) return { own: words }
  const rest = words.slice(end + 1)
  if (rest.length === 0) throw new UsageError(`-- needs ${option!.kind.expected} behind it`)
  return { own: words.slice(0, end), rest: { key, words: rest } }
}

/** yargs on canonical words: splits options from the rest. */
function readWords(table: OptionTable, words: readonly string[]): Record<string, unknown> {
  checkNames(table, words)
  const end = words.includes('--') ? words.indexOf('--') : words.length
  // A mark in front of each value: yargs takes quotes off its ends [seen with 18.2.0].
  const marked = words.slice(0, end).map((word) => word.replace(/^(--[^=]+=)/, '$1:'))
  const flags = ['help', 'version']
  const texts: string[] = []
  for (const word of words.slice(0, end)) {
    const [name] = word.split('=', 1) as [string]
    const key = keyOf(table, name)
    if (key !== undefined) (isFlag(table[key]!) ? flags : texts).push(longName(key))
  }
  return Parser([...marked, ...words.slice(end)], {
    boolean: flags,
    string: texts,
    configuration: {
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
      'camel-case-expansion': false,
      'greedy-arrays': false,
      'boolean-negation': false,
    },
  })
}

/** @throws UsageError for a word that looks like an option and is none. yargs stumbles over some, as `--constructor`. */
function checkNames(table: OptionTable, words: readonly string[]): void {
  for (const word of words) {
    if (word === '--') return
    const name = word.startsWith('--') ? word.replace(/=.*$/s, '') : word
    const key = keyOf(table, name)
    if (!/^-./s.test(word) || (key !== undefined && name === `--${longName(key)}`)) continue
    if (word === '--help' || word === '--version') continue
    const hint = didYouMean(name, [...namesOf(table).keys()])
    // Letters that are like no option: a value may hang on to the first, and be a secret.
    const shown = hint === '' && !name.startsWith('--') ? [...name].slice(0, 2).join('') : name
    throw new UsageError(`unknown option ${shown}${hint}`)
  }
}

/** Whether a stray word may be part of a secret whose quotes were forgotten. */
function hasSecret(table: OptionTable, typed: ReadonlyMap<string, string>): boolean {
  return [...typed.keys()].some((key) => table[key]!.secret)
}

function takePositionals(
  command: Command,
  words: readonly string[],
  texts: Map<string, readonly string[]>,
  typed: Map<string, string>,
): void {
  const keys = command.positionals ?? []
  const secret = hasSecret(command.options, typed)
  const last = keys.at(-1)
  const takesMany = last !== undefined && command.options[last]!.repeat === true
  words.forEach((word, at) => {
    const key = keys[at] ?? (takesMany ? last : undefined)
    if (key === undefined) {
      throw new UsageError(
        `${secret ? 'a word there' : `'${word}'`} is no option; quote values that hold blanks, and repeat an option for each value`,
      )
    }
    texts.set(key, at >= keys.length ? [...texts.get(key)!, word] : [word])
    typed.set(key, command.options[key]!.kind.placeholder)
  })
}
