import type { Metric } from './metrics.ts'

/** Digits in threes: `1,234,567`. */
export function shownCount(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** Three significant digits and a unit: `312 µs`, `1.25 ms`, `3.40 s`. @param us microseconds. */
export function shownTime(us: number): string {
  const size = Math.abs(us)
  if (size < 999.5) return `${Number.isInteger(us) ? us : significant(us)} µs`
  if (size < 999_500) return `${significant(us / 1e3)} ms`
  return size < 1e8 ? `${significant(us / 1e6)} s` : `${Math.round(us / 1e6)} s`
}

/** Per second: `9,998/s`, `0.5/s`. */
export function shownRate(perSecond: number): string {
  return `${Math.abs(perSecond) < 100 ? Number(perSecond.toPrecision(3)) : shownCount(perSecond)}/s`
}

/** A share of 1 as a percentage. */
export function shownShare(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}

export function shownMetric(unit: Metric['unit'], value: number): string {
  return unit === 'time' ? shownTime(value) : unit === 'rate' ? shownRate(value) : shownCount(value)
}

/** Bytes per second or in all: `1.2 MB`. */
export function shownBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let [value, at] = [bytes, 0]
  for (; value >= 999.5 && at < units.length - 1; at++) value /= 1000
  return `${at === 0 ? Math.round(value) : Number(value.toPrecision(3))} ${units[at]}`
}

function significant(value: number): string {
  const size = Math.abs(value)
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2)
}
