import { UsageError } from '../errors.ts'
import type { Layout } from './printf.ts'
import { safeText } from './terminal-safe.ts'

/** A format specifier: `%` flag width .precision separator letter. */
export interface Field extends Layout {
  /** A letter of `FIELD_LETTERS`, or one of `FIELD_NAMES`, written `%{name}`. */
  readonly item: string
  /** Between groups of hexadecimal digits; a blank where none is given. */
  readonly separator: string
}

/** Whether a format prints this item. @throws UsageError */
export function hasField(format: string, item: string): boolean {
  return parseTemplate(format).some((part) => 'field' in part && part.field.item === item)
}

/** A piece of a format: text as it is printed, a conversion of `strftime`, or a value of the message. */
export type Part = { readonly text: string } | { readonly time: string } | { readonly field: Field }

export const FIELD_LETTERS = '%ACDEFIJPRSUXdfjlmpqrtx'
const FIELD_NAMES = ['filter']

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  '0': '\0',
  a: '\x07',
  e: '\x1b',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/**
 * Every part may be missing at its end, so that the expression matches whatever comes. A name has two letters or
 * more: `%{x` is hexadecimal with `{` as its separator.
 */
const PART = new RegExp(
  [
    '%(?<left>-?)(?<zero>0?)(?<width>\\d*)(?:\\.(?<precision>\\d*))?' +
      '(?:\\{(?<name>[a-z][a-z-]+)\\}|(?<separator>[ -$&-/:-@[-`{-~])?(?<letter>.)?)',
    '@(?<time>.)?',
    '\\\\(?<escaped>.)?',
    '[^%@\\\\]+',
  ].join('|'),
  'gsu',
)

/** The largest MQTT packet; what is wider is a slip. */
const LARGEST_SIZE = 268_435_455

/**
 * Takes a format of `-F` apart.
 *
 * @throws UsageError with the position of the mistake, counted in characters from 1.
 */
export function parseTemplate(format: string): Part[] {
  return Array.from(format.matchAll(PART), (match) => parsePart(match, (end) => position(match, end)))
}

function parsePart(match: RegExpMatchArray, at: (end?: true) => string): Part {
  const [source] = match
  const { time, escaped } = match.groups!
  switch (source[0]) {
    case '%':
      return parseField(match, at)
    case '@':
      if (time === undefined) throw new UsageError(`-F: incomplete time specifier '@' ${at()} ('@@' prints @)`)
      return time === '@' ? { text: '@' } : { time }
    case '\\': {
      if (escaped === undefined) throw new UsageError(`-F: incomplete escape '\\' ${at()} ('\\\\' prints \\)`)
      const text = ESCAPES[escaped]
      if (text === undefined) throw new UsageError(`-F: invalid escape '\\${safeText(escaped)}' ${at()}`)
      return { text }
    }
    default:
      return { text: source }
  }
}

function parseField(match: RegExpMatchArray, at: (end?: true) => string): Part {
  const [source] = match
  const { left, zero, width, precision, separator = ' ', name, letter } = match.groups!
  const item = name ?? letter
  if (item === undefined) {
    throw new UsageError(`-F: incomplete format specifier '${safeText(source)}' ${at()} ('%%' prints %)`)
  }
  if (name !== undefined && !FIELD_NAMES.includes(name)) {
    throw new UsageError(`-F: unknown name in '${source}' ${at()} (known: ${FIELD_NAMES.join(', ')})`)
  }
  if (name === undefined && !FIELD_LETTERS.includes(item)) {
    throw new UsageError(`-F: invalid format specifier '${safeText(item)}' ${at(true)}`)
  }
  if (item === '%') return { text: '%' }
  const field: Field = {
    item,
    left: left === '-',
    zero: zero === '0',
    width: Number(width),
    precision: precision === undefined ? -1 : Number(precision),
    separator,
  }
  if (field.width > LARGEST_SIZE || field.precision > LARGEST_SIZE) {
    throw new UsageError(`-F: the width or precision of '${source}' ${at()} is larger than ${LARGEST_SIZE}`)
  }
  return { field }
}

/** Of the first character of the part, or of its last. */
function position({ 0: source, index, input }: RegExpMatchArray, end?: true): string {
  const before = Array.from(input!.slice(0, index)).length
  return `at character ${before + (end ? Array.from(source).length : 1)}`
}
