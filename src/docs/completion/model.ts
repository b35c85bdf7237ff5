import type { Command } from '../../commands/command.ts'
import { isFlag, type Option } from '../../options/option.ts'
import { typedNames } from '../../options/words.ts'

/** What can stand behind an option, or in place of a positional word. */
export type Values =
  | { readonly type: 'flag' }
  /** Something that nobody but the user knows. */
  | { readonly type: 'text' }
  | { readonly type: 'file' }
  | { readonly type: 'directory' }
  | { readonly type: 'profile' }
  | { readonly type: 'words'; readonly words: readonly string[] }
  /** Two words or more: the first, the second by the first, then text. */
  | { readonly type: 'pairs'; readonly pairs: Readonly<Record<string, readonly string[]>> }

/** An option or a positional word, as a shell is to know it. */
export interface Argument {
  /** As typed, with dashes; none for a positional word. */
  readonly names: readonly string[]
  readonly describe: string
  readonly placeholder: string
  readonly values: Values
  readonly repeat: boolean
}

/** A command, as a shell is to know it. */
export interface Completed {
  readonly name: string
  readonly summary: string
  readonly options: readonly Argument[]
  readonly positionals: readonly Argument[]
  /** Whether the words behind `--` are another program and what it takes. */
  readonly hasRest: boolean
}

export function completed({ name, summary, options, positionals = [] }: Command): Completed {
  const rows = Object.entries(options)
  return {
    name,
    summary,
    options: [
      ...rows.flatMap(([key, option]) => (option.hidden ? [] : [argument(typedNames(key, option), option)])),
      { names: ['--help'], describe: 'Show help', placeholder: '', values: { type: 'flag' }, repeat: false },
    ],
    positionals: positionals.map((key, at) => {
      const positional = argument([], options[key]!)
      return { ...positional, repeat: positional.repeat && at === positionals.length - 1 }
    }),
    hasRest: rows.some(([, option]) => option.rest),
  }
}

function argument(names: readonly string[], option: Option): Argument {
  const { describe, kind, repeat = false } = option
  return { names, describe, placeholder: kind.placeholder, values: valuesOf(option), repeat }
}

function valuesOf(option: Option): Values {
  const { kind } = option
  if (isFlag(option)) return { type: 'flag' }
  if (kind.choices !== undefined) return { type: 'words', words: kind.choices }
  if (kind.pairs !== undefined) return { type: 'pairs', pairs: kind.pairs }
  if (kind.isProfile) return { type: 'profile' }
  if (kind.isPath) return { type: kind.placeholder === 'DIRECTORY' ? 'directory' : 'file' }
  return { type: 'text' }
}

/** First words of commands: those of one word, and the names of groups with the second words of their members. */
export function groupsOf(commands: readonly Completed[]): Map<string, readonly Completed[]> {
  const groups = new Map<string, readonly Completed[]>()
  for (const command of commands) {
    const [first = ''] = command.name.split(' ')
    groups.set(first, [...(groups.get(first) ?? []), command])
  }
  return groups
}

/** What is said of the first word of several commands. */
export function groupSummary(members: readonly Completed[]): string {
  const [only] = members
  if (members.length === 1 && only !== undefined) return only.summary
  return members.map(({ name }) => name.split(' ').slice(1).join(' ')).join(', ')
}

/** The pairs that options take: there is one kind of them. */
export function pairsOf(commands: readonly Completed[]): Readonly<Record<string, readonly string[]>> {
  for (const { options } of commands) for (const { values } of options) if (values.type === 'pairs') return values.pairs
  return {}
}
