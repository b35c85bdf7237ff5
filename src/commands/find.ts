import { UsageError } from '../errors.ts'
import { didYouMean } from '../options/nearest.ts'
import type { Heading } from './command.ts'

/** What words begin with: a command, or the name of a group of commands; and the words behind that. */
export type Found<T extends Heading> =
  | { readonly name: string; readonly command: T; readonly rest: readonly string[] }
  | { readonly name: string; readonly members: readonly T[]; readonly rest: readonly string[] }

/** What the words behind `tmqtt` begin with, if it is there. */
export function findCommand<T extends Heading>(commands: readonly T[], words: readonly string[]): Found<T> | undefined {
  for (const command of commands) {
    const parts = command.name.split(' ')
    if (parts.every((part, at) => part === words[at]))
      return { name: command.name, command, rest: words.slice(parts.length) }
  }
  const [name = '', ...rest] = words
  const members = commands.filter((command) => command.name.startsWith(`${name} `))
  return members.length === 0 ? undefined : { name, members, rest }
}

/**
 * Why words are no command. `word` is the first that is none; undefined when it is missing.
 *
 * @param where the group that it is to be a command of; what else it could have been.
 */
export function noCommand(
  commands: readonly Heading[],
  word: string | undefined,
  { group, topics = [] }: { readonly group?: string; readonly topics?: readonly Heading[] } = {},
): UsageError {
  const prefix = group === undefined ? '' : `${group} `
  const names = commands.map(({ name }) => name).filter((name) => name.startsWith(prefix))
  const behind = names.map((name) => name.slice(prefix.length))
  if (word === undefined) return new UsageError(`name a command: ${behind.join(', ')}`)
  if (word.startsWith('-')) {
    const example = `tmqtt ${names.includes('sub') ? 'sub' : names[0]} ${word}`
    return new UsageError(`${word}: name the command first, as in '${example}'`)
  }
  const every = commands.map(({ name }) => name)
  const groups = behind.filter((name) => name.includes(' ')).map((name) => name.split(' ')[0]!)
  const others = topics.map(({ name }) => name)
  const hint = didYouMean(word, [...behind, ...groups, ...others]) || didYouMean(prefix + word, every)
  const [kind, list] = others.length === 0 ? ['command', ''] : ['command or topic', `; topics: ${others.join(', ')}`]
  return new UsageError(`no ${kind} '${prefix}${word}'${hint} (commands: ${names.join(', ')}${list})`)
}
