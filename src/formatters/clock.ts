/** How far the wall clock is ahead of the monotonic one, in milliseconds. */
let ahead = 0

/**
 * The time in milliseconds, with a fraction: Node's wall clock counts milliseconds; what is finer comes from the
 * monotonic clock, held within the wall clock's millisecond.
 */
export function now(): number {
  const wall = Date.now()
  const monotonic = performance.now()
  let fraction = monotonic + ahead - wall
  if (!(fraction >= 0 && fraction < 1)) {
    fraction = fraction < 0 ? 0 : 0.999
    ahead = wall + fraction - monotonic
  }
  return wall + fraction
}

/** The microseconds of the second at `timeMs`, in six digits. */
export function microseconds(timeMs: number): string {
  return String(Math.floor((timeMs % 1000) * 1000)).padStart(6, '0')
}

/** A text of local time, rendered once a second: most messages share their second with the one before. */
export function perSecond(render: (date: Date) => string): (timeMs: number) => Buffer {
  const text = whenChanged((second) => render(new Date(second * 1000)))
  return (timeMs) => text(Math.floor(timeMs / 1000))
}

/** A text of a number, rendered when that is not the same as before. */
export function whenChanged(render: (value: number) => string): (value: number) => Buffer {
  let last = Number.NaN
  let bytes = Buffer.alloc(0)
  return (value) => {
    if (value !== last) {
      bytes = Buffer.from(render(value))
      last = value
    }
    return bytes
  }
}
