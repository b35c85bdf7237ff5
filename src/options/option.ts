/** How the text of a value is read. */
export interface Kind<T> {
  /** Stands for the value in help, as in `--port PORT`; empty for a flag, which takes none. */
  readonly placeholder: string
  /** Completes "expected …", as in "a number from 1 to 65535". */
  readonly expected: string
  /** The words to choose from, if the kind has just a few. */
  readonly choices?: readonly string[]
  /**
   * For a value of several words of the command line: how many, judging by those that follow. `parse` gets them as
   * JSON, or as one text where the value comes from elsewhere.
   */
  words?(following: readonly string[]): number
  /** For a value of several words: what the second may be, by the first, as far as there are just a few. */
  readonly pairs?: Readonly<Record<string, readonly string[]>>
  /** Names a file or directory. */
  readonly isPath?: true
  /** Names a profile of the configuration file. */
  readonly isProfile?: true
  /** @throws InvalidValue when the text is not of this kind. */
  parse(text: string): T
}

/**
 * Thrown by Kind.parse; `resolve` turns it into a UsageError that names the option as typed. Its message, if any,
 * says what is wrong in place of what was expected.
 */
export class InvalidValue extends Error {}

/**
 * One option: everything that is known of it. The flag, the environment variable, the type of its value, help,
 * man page and error messages all follow from this row and its key in the table.
 */
export interface Option<T = unknown> {
  readonly kind: Kind<T>
  /** One sentence without full stop, for help and the man page. */
  readonly describe: string
  /** Heading in help. */
  readonly group: string
  /** One letter, as in `-t`. */
  readonly short?: string
  /** Further long names without dashes; mosquitto's spelling where it differs from the specification's terms. */
  readonly aliases?: readonly string[]
  readonly default?: T
  /** What help shows as the default where it depends on something; text only. */
  readonly defaultText?: string
  readonly required?: true
  /** May be given more than once; the value is an array. Otherwise the last one counts. */
  readonly repeat?: true
  /** Exists only in this protocol version and later: choosing it chooses MQTT 5. */
  readonly since?: 5
  /** Never shown in output. */
  readonly secret?: true
  /** Counts only where it is typed: what environment and profile say of it may be meant for another command. */
  readonly typedOnly?: true
  /** Keys of which at least one must be given too. */
  readonly requires?: readonly string[]
  /** Keys that can't be given together with this one. */
  readonly excludes?: readonly string[]
  /**
   * Keys whose value from a lower source (environment, profile, file) this one, from a higher source, makes void; so
   * do those in `excludes`, except between the command line and mosquitto's own file. May depend on the value.
   */
  readonly replaces?: readonly string[] | ((value: never) => readonly string[])
  readonly hidden?: true
  /**
   * Takes the words behind `--`, which belong to another program, and only these: it has no flag, no variable and no
   * key in a profile. Goes with `repeat` and `hidden`.
   */
  readonly rest?: true
}

export type OptionTable = Readonly<Record<string, Option>>

/** Keeps the literal types of the rows, which ValuesOf needs. */
export function table<const T extends OptionTable>(rows: T): T {
  return rows
}

type ValueOf<O> = O extends { readonly kind: Kind<infer T> }
  ? O extends { readonly repeat: true }
    ? readonly T[]
    : O extends { readonly required: true } | { readonly default: unknown }
      ? T
      : T extends boolean
        ? T
        : T | undefined
  : never

/** The values of a table: flags are booleans, repeated options arrays, absent ones undefined. */
export type ValuesOf<T extends OptionTable> = { readonly [K in keyof T]: ValueOf<T[K]> }

const longNames = new Map<string, string>()

/** `keepAlive` → `keep-alive`, typed as `--keep-alive`. */
export function longName(key: string): string {
  let name = longNames.get(key)
  if (name === undefined) {
    name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    longNames.set(key, name)
  }
  return name
}

/** What the names of all variables begin with. */
export const ENVIRONMENT_PREFIX = 'TMQTT_'

/** `keepAlive` → `TMQTT_KEEP_ALIVE`. */
export function environmentName(key: string): string {
  return `${ENVIRONMENT_PREFIX}${key.replace(/[A-Z]/g, '_$&').toUpperCase()}`
}

export function isFlag(option: Option): boolean {
  return option.kind.placeholder === ''
}
