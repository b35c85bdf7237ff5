import type { Io } from '../io.ts'
import type { OptionTable, ValuesOf } from '../options/option.ts'

/** A subcommand: a value, not a class. One file = summary + options + examples + rules between options + run. */
export interface Command<T extends OptionTable = OptionTable> {
  /** As typed after `tmqtt`: one word, or two for a command of a group, as in "retain list". */
  readonly name: string
  /** One lower-case line for the command list and the NAME of the man page. */
  readonly summary: string
  /** Paragraphs for help and the man page. */
  readonly description?: string
  readonly options: T
  /** Keys of options that may be given without their flag, in this order. */
  readonly positionals?: readonly (keyof T & string)[]
  readonly examples: readonly { readonly run: string; readonly shows: string }[]
  /** Rules between options that the table can't say; throws UsageError. */
  check?(values: ValuesOf<T>): void
  /** Does the work. Returns an exit code, or nothing for success. */
  run(values: ValuesOf<T>, io: Io): Promise<number | undefined>
}

/** Checks a command against its own table, and forgets the table's type so that commands fit in one list. */
export function command<T extends OptionTable>(value: Command<T>): Command {
  return value as unknown as Command
}
