import type { Message } from '../mqtt/message.ts'

/** Where a message says from when it is: a user property, or a field of its JSON such as `meta.ts`. */
export type TimeSource = { readonly property: string } | { readonly field: string }

/** From here on a number counts milliseconds since 1970, not seconds: as seconds it would be beyond the year 5000. */
const LEAST_MILLISECONDS = 1e11
/** From here on it counts something finer. */
const MOST_MILLISECONDS = 1e14

const ISO_8601 = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)(Z|[+-]\d\d(?::?\d\d)?)?)?$/i

/** Milliseconds since 1970; undefined where the message does not say it in a way that can be read. */
export function timeOf(message: Message, source: TimeSource): number | undefined {
  if ('property' in source) {
    return readTime(message.properties.userProperties?.find(([name]) => name === source.property)?.[1])
  }
  return readTime(fieldOf(message.payload, source.field))
}

function fieldOf(payload: Buffer, path: string): unknown {
  try {
    let value: unknown = JSON.parse(payload.toString())
    for (const key of path.split('.')) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
      value = (value as Record<string, unknown>)[key]
    }
    return value
  } catch {
    return undefined
  }
}

/** Reads ISO 8601, in UTC unless it names its zone, and seconds or milliseconds since 1970 as a number or digits. */
export function readTime(value: unknown): number | undefined {
  if (typeof value === 'number') return fromNumber(value)
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if (/^\d+(\.\d+)?$/.test(text)) return fromNumber(Number(text))
  const [, date, time = '00:00', zone = 'Z'] = ISO_8601.exec(text) ?? []
  if (date === undefined) return undefined
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2').toUpperCase()
  const ms = Date.parse(`${date}T${time.replace(',', '.')}${offset}`)
  return Number.isNaN(ms) ? undefined : ms
}

function fromNumber(number: number): number | undefined {
  if (!(number >= 0 && number < MOST_MILLISECONDS)) return undefined
  return number < LEAST_MILLISECONDS ? number * 1000 : number
}
