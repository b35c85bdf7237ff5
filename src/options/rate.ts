import { duration } from './kinds.ts'
import { InvalidValue, type Kind } from './option.ts'

/** A stretch of a load: the rate goes evenly from one value to another, in events per second. */
export interface RateSegment {
  readonly from: number
  readonly to: number
  /** Infinity for the last one that names no time. */
  readonly durationMs: number
}

/** What `--rate` asks for: a fixed schedule, or as fast as acknowledgements come. */
export type Rate = 'max' | readonly RateSegment[]

const UNITS: Readonly<Record<string, number>> = { '': 1, '/s': 1, '/m': 1 / 60, '/min': 1 / 60, '/h': 1 / 3600 }
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6 }

/** Beyond this the events of a second could not be told apart by the microsecond. */
const FASTEST = 1e6

const NUMBER = '(?:\\d+\\.?\\d*|\\.\\d+)'
const RATE = new RegExp(`^(${NUMBER})([km]?)((?:/(?:s|min|m|h))?)$`, 'i')

const time = duration(1)

/** Events per second, above 0: `500`, `20k/s`, `1.5k`, `60/m`. */
export const perSecond: Kind<number> = {
  placeholder: 'RATE',
  expected: 'a rate such as 500, 20k/s or 60/m, above 0 and at most 1M/s',
  parse(value) {
    const rate = readRate(value)
    if (!(rate > 0)) throw new InvalidValue()
    return rate
  },
}

/** Segments of a profile that is written out; more would be a slip. */
const MOST_SEGMENTS = 10_000

/**
 * One rate, or segments with commas between: `RATE:TIME` constant, `RATE..RATE:TIME` a ramp, `(SEGMENTS)xTIMES`; the last
 * may go on.
 */
export const rateProfile: Kind<Rate> = {
  placeholder: 'RATE',
  expected:
    "a rate such as 500, 20k/s or 60/m, 'max', segments such as 1k/s:10s,1k..20k/s:60s,20k/s, or (5k/s:1s,0:1s)x10",
  parse(value) {
    if (value === 'max') return 'max'
    const parts = value.split(/,(?![^(]*\))/)
    const segments = parts.flatMap((part, at) =>
      part.startsWith('(') ? repeated(part) : [segment(part, at === parts.length - 1)],
    )
    if (segments.length > MOST_SEGMENTS) throw new InvalidValue(`more than ${MOST_SEGMENTS} segments`)
    if (segments.every(({ from, to }) => from + to === 0)) throw new InvalidValue('a rate of 0 sends nothing')
    return segments
  },
}

function repeated(text: string): RateSegment[] {
  const [, group, times] = /^\(([^()]*)\)x([1-9]\d{0,4})$/.exec(text) ?? []
  if (group === undefined) throw new InvalidValue(`${text}: what repeats says how often, as in (5k/s:1s,0:1s)x10`)
  const once = group.split(',').map((part) => segment(part, false))
  return Array.from({ length: Number(times) }, () => once).flat()
}

function segment(text: string, isLast: boolean): RateSegment {
  const [rates = '', length, ...rest] = text.split(':')
  const [first = '', last = first, ...more] = rates.split('..')
  if (rest.length > 0 || more.length > 0) throw new InvalidValue()
  if (length === undefined && last !== first)
    throw new InvalidValue(`${text}: a ramp needs its time, as in ${text}:60s`)
  if (length === undefined && !isLast)
    throw new InvalidValue(`${text}: only the last segment may go on without a time, as in ${text}:10s`)
  const durationMs = length === undefined ? Number.POSITIVE_INFINITY : time.parse(length)
  return { from: readRate(first, /\D*$/.exec(last)![0]), to: readRate(last), durationMs }
}

/** @param ending what is behind the digits of the other end of a ramp, for a text that has only a number: `1..20k/s`. */
function readRate(text: string, ending = ''): number {
  const match = RATE.exec(text)
  if (match === null) throw new InvalidValue()
  const unit = match[3] === '' ? (/\/.*$/.exec(ending)?.[0] ?? '') : match[3]!
  const rate = Number(match[1]) * FACTORS[match[2]!.toLowerCase()]! * UNITS[unit.toLowerCase()]!
  if (rate > FASTEST) throw new InvalidValue()
  return rate
}
