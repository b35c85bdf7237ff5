import { isValidFilter, isValidTopicName } from '../mqtt/topic.ts'
import { InvalidValue, type Kind } from './option.ts'

/** Any text. */
export function textOf(placeholder: string, expected: string): Kind<string> {
  return { placeholder, expected, parse: (value) => value }
}

/** What stands between two parts of a line. */
export const separator: Kind<string> = {
  placeholder: 'SEP',
  expected: 'one character or more, none of them a line feed',
  parse(value) {
    if (value === '' || value.includes('\n')) throw new InvalidValue()
    return value
  },
}

/** Text that goes into a field of at most 65,535 bytes of UTF-8 without NUL [MQTT 5, 1.5.4]. */
export const mqttText: Kind<string> = {
  placeholder: 'TEXT',
  expected: 'at most 65,535 bytes of text without NUL',
  parse(value) {
    if (value.includes('\0') || Buffer.byteLength(value) > 0xffff) throw new InvalidValue()
    return value
  },
}

/** Bytes of at most 65,535, given as text. */
export const mqttBinary: Kind<Buffer> = {
  placeholder: 'TEXT',
  expected: 'at most 65,535 bytes',
  parse(value) {
    const bytes = Buffer.from(value)
    if (bytes.length > 0xffff) throw new InvalidValue()
    return bytes
  },
}

/** A switch: no value on the command line; `true`/`false`, `1`/`0`, `yes`/`no` in the environment. */
export const flag: Kind<boolean> = {
  placeholder: '',
  expected: 'true or false',
  parse(value) {
    if (/^(true|1|yes)$/i.test(value)) return true
    if (/^(false|0|no|)$/i.test(value)) return false
    throw new InvalidValue()
  },
}

export function integer(min: number, max: number, placeholder = 'N'): Kind<number> {
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`
  return {
    placeholder,
    expected: `a whole number ${range}`,
    parse(value) {
      const number = /^[+-]?\d+$/.test(value) ? Number(value) : Number.NaN
      if (!(number >= min && number <= max)) throw new InvalidValue()
      return number
    },
  }
}

export function decimal(min: number, max: number, placeholder: string): Kind<number> {
  return {
    placeholder,
    expected: `a number from ${min} to ${max}`,
    parse(value) {
      const number = /^(\d+\.?\d*|\.\d+)$/.test(value) ? Number(value) : Number.NaN
      if (!(number >= min && number <= max)) throw new InvalidValue()
      return number
    },
  }
}

/** A share from 0 to 1, given as `5%`. */
export const percentage: Kind<number> = {
  placeholder: 'PERCENT',
  expected: 'a percentage from 0% to 100%, such as 5%',
  parse(value) {
    const match = /^(\d+\.?\d*|\.\d+)%$/.exec(value)
    if (match === null || Number(match[1]) > 100) throw new InvalidValue()
    return Number(match[1]) / 100
  },
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, '': 1000, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 }

/** A timer of Node can't be longer. */
const LONGEST_MS = 2 ** 31 - 1

/** Milliseconds, from a number of seconds or a number with its unit. */
export function duration(minMs = 0): Kind<number> {
  return {
    placeholder: 'TIME',
    expected: `a time such as 5, 0.5, 500ms, 10s, 5m or 2h${minMs > 0 ? `, at least ${minMs / 1000} s` : ''}`,
    parse(value) {
      const ms = milliseconds(value, UNITS)
      if (!(ms >= minMs && ms <= LONGEST_MS)) throw new InvalidValue()
      return ms
    },
  }
}

const LONG_UNITS = { ...UNITS, d: 86_400_000, w: 604_800_000 }

/** Milliseconds of a time that no timer has to wait for. */
export const age: Kind<number> = {
  placeholder: 'TIME',
  expected: 'a time such as 90 (seconds), 15m, 12h, 30d or 2w',
  parse(value) {
    const ms = milliseconds(value, LONG_UNITS)
    if (!Number.isSafeInteger(ms)) throw new InvalidValue()
    return ms
  },
}

/** NaN for what is no number with one of these units. */
function milliseconds(value: string, units: Readonly<Record<string, number>>): number {
  const [, number, unit = ''] = /^(\d+\.?\d*|\.\d+)([a-z]*)$/.exec(value) ?? []
  return Object.hasOwn(units, unit) ? Math.round(Number(number) * units[unit]!) : Number.NaN
}

const SIZES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** Bytes, from a number with or without a unit of 1024. */
export function size(min: number, max: number): Kind<number> {
  return {
    placeholder: 'SIZE',
    expected: `a size in bytes such as 4096, 64k or 16M, from ${min} to ${max}`,
    parse(value) {
      const match = /^(\d+)([kmg]?)(i?b)?$/i.exec(value)
      const bytes = match === null ? Number.NaN : Number(match[1]) * SIZES[match[2]!.toLowerCase()]!
      if (!(bytes >= min && bytes <= max)) throw new InvalidValue()
      return bytes
    },
  }
}

/** One of a few words, each with the value it stands for; `synonyms` are accepted but not advertised. */
export function oneOf<T>(
  placeholder: string,
  words: Readonly<Record<string, T>>,
  synonyms: Readonly<Record<string, T>> = {},
): Kind<T> {
  const names = Object.keys(words)
  const all = new Map([...Object.entries(words), ...Object.entries(synonyms)])
  return {
    placeholder,
    expected: names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : names.join(),
    choices: names,
    parse(value) {
      if (!all.has(value)) throw new InvalidValue()
      return all.get(value)!
    },
  }
}

export const qos = oneOf<0 | 1 | 2>('QOS', { '0': 0, '1': 1, '2': 2 })

export const topicName: Kind<string> = {
  placeholder: 'TOPIC',
  expected: 'a topic name: 1 to 65,535 bytes, no wildcards (+ or #), no control characters',
  parse(value) {
    if (!isValidTopicName(value)) throw new InvalidValue()
    return value
  },
}

export const topicFilter: Kind<string> = {
  placeholder: 'FILTER',
  expected: "a topic filter: '+' alone in its level, '#' alone in the last, not empty, no control characters",
  parse(value) {
    if (!isValidFilter(value)) throw new InvalidValue()
    return value
  },
}

/** `NAME=VALUE`, split at the first `=`. */
export const keyValue: Kind<readonly [name: string, value: string]> = {
  placeholder: 'NAME=VALUE',
  expected: 'NAME=VALUE',
  parse(value) {
    const at = value.indexOf('=')
    if (at < 1) throw new InvalidValue()
    return [mqttText.parse(value.slice(0, at)), mqttText.parse(value.slice(at + 1))]
  },
}

/** `Name: value`, as an HTTP header line. */
export const header: Kind<readonly [name: string, value: string]> = {
  placeholder: 'HEADER',
  expected: "an HTTP header such as 'Authorization: Bearer …'",
  parse(value) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*)$/.exec(value)
    if (match === null) throw new InvalidValue()
    return [match[1]!, match[2]!]
  },
}

/** The path of a file or directory; whether it can be read shows when it is. */
export const file: Kind<string> = {
  placeholder: 'FILE',
  expected: 'a path',
  isPath: true,
  parse(value) {
    if (value === '' || value.includes('\0')) throw new InvalidValue()
    return value
  },
}

export const directory: Kind<string> = { ...file, placeholder: 'DIRECTORY' }
