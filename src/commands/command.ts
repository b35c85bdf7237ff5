import type { Io } from '../io.ts'
import type { OptionTable, ValuesOf } from '../options/option.ts'

/** A subcommand: a value, not a class. */
export interface Command<T extends OptionTable = OptionTable> extends Heading, Body<T> {}

/** What the list of commands says of one; all that is known of it before it is loaded. */
export interface Heading {
  /** As typed after `tmqtt`: one word, or two for a command of a group, as in "retain list". */
  readonly name: string
  /** One lower-case line for the command list and the NAME of the man page. */
  readonly summary: string
}

/** What the file of a command holds: options + examples + rules between options + run. */
export interface Body<T extends OptionTable = OptionTable> {
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
export function command<T extends OptionTable>(value: Body<T>): Body {
  return value as unknown as Body
}
