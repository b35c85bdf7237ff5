import { UsageError } from '../errors.ts'
import { isFlag, longName, type Option, type OptionTable } from './option.ts'

/** The command line with every known option turned into one unambiguous word. */
export interface Words {
  /** `--long-name=value` for each known option, everything else as it was. */
  readonly words: readonly string[]
  /** How each option was typed last, as `-q` or `--qos`, by its key. */
  readonly typed: ReadonlyMap<string, string>
}

/**
 * Reads words as mosquitto's clients do, plus what people are used to from other tools: a value may start with
 * `-` when its option stands alone in front of it, `-tTOPIC` and `--topic=TOPIC` hold their value, `-vR` are two
 * flags. yargs can do none of the first three [seen with 18.2.0].
 */
export function normalizeWords(argv: readonly string[], table: OptionTable): Words {
  const words: string[] = []
  const typed = new Map<string, string>()
  let at = 0

  /** The words that are the option's value: more than one become one text. */
  const next = ({ kind }: Option): string | undefined => {
    const count = kind.words?.(argv.slice(at)) ?? 1
    const value = argv.slice(at, at + count)
    at += count
    if (value.length < count) return undefined
    return kind.words === undefined ? value[0] : JSON.stringify(value)
  }

  /** Takes the option `name`, its value from `attached` or the next word. */
  const take = (name: string, attached: string | undefined): boolean => {
    const key = keyOf(table, name)
    if (key === undefined) return false
    const option = table[key]!
    typed.set(key, name)
    if (isFlag(option)) {
      if (attached !== undefined) throw new UsageError(`${name} takes no value`)
      words.push(`--${longName(key)}`)
      return true
    }
    const value = attached ?? next(option)
    if (value === undefined) throw new UsageError(`${name} needs a value: ${option.kind.expected}`)
    words.push(`--${longName(key)}=${value}`)
    return true
  }

  /** Takes `-vRt TOPIC`, `-tTOPIC`: flags up to the first option with a value, which takes the rest. */
  const takeLetters = (word: string): boolean => {
    const letters = word.slice(1)
    const options = [...letters].map((letter) => keyOf(table, `-${letter}`))
    const valued = options.findIndex((key) => key !== undefined && !isFlag(table[key]!))
    const known = valued < 0 ? options : options.slice(0, valued + 1)
    if (known.includes(undefined)) return false
    known.forEach((_, index) => {
      const rest = letters.slice(index + 1)
      take(`-${letters[index]}`, index === valued && rest !== '' ? rest : undefined)
    })
    return true
  }

  while (at < argv.length) {
    const word = argv[at++]!
    if (word === '--') {
      words.push(word, ...argv.slice(at))
      break
    }
    const equals = word.startsWith('--') ? word.indexOf('=') : -1
    const done =
      equals > 0
        ? take(word.slice(0, equals), word.slice(equals + 1))
        : take(word, undefined) || (/^-[^-]/.test(word) && takeLetters(word))
    if (!done) words.push(word)
  }
  return { words, typed }
}

/** The option that is typed as `-q`, `--qos` or by a further spelling, found without making the names of all. */
export function keyOf(table: OptionTable, name: string): string | undefined {
  if (!name.startsWith('--')) {
    const letter = name.slice(1)
    return name.startsWith('-') ? find(table, (option) => option.short === letter) : undefined
  }
  const long = name.slice(2)
  const key = long.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  if (Object.hasOwn(table, key) && longName(key) === long && !table[key]!.rest) return key
  return find(table, (option) => option.aliases?.includes(long) === true)
}

function find(table: OptionTable, isIt: (option: Option) => boolean): string | undefined {
  for (const key of Object.keys(table)) if (isIt(table[key]!) && !table[key]!.rest) return key
  return undefined
}

/** Every way to type an option, with its dashes, to its key. */
export function namesOf(table: OptionTable): Map<string, string> {
  const names = new Map<string, string>()
  for (const [key, option] of Object.entries(table)) for (const name of typedNames(key, option)) names.set(name, key)
  return names
}

/** `-q`, `--qos` and further spellings, as typed. */
export function typedNames(key: string, option: Option): string[] {
  if (option.rest) return []
  const long = [longName(key), ...(option.aliases ?? [])].map((name) => `--${name}`)
  return option.short === undefined ? long : [`-${option.short}`, ...long]
}
