/** How far the wall clock is ahead of the monotonic one, in milliseconds. */
let ahead = 0

/**
 * The microseconds of the second at `timeMs`, which is now, in six digits. Node's wall clock counts milliseconds; what is
 * finer comes from the monotonic clock, held within the wall clock's millisecond.
 */
export function microseconds(timeMs: number): string {
  const monotonic = performance.now()
  let fraction = monotonic + ahead - timeMs
  if (!(fraction >= 0 && fraction < 1)) {
    fraction = fraction < 0 ? 0 : 0.999
    ahead = timeMs + fraction - monotonic
  }
  return String((timeMs % 1000) * 1000 + Math.floor(fraction * 1000)).padStart(6, '0')
}

/** A text of local time, rendered once a second: most messages share their second with the one before. */
export function perSecond(render: (date: Date) => string): (timeMs: number) => Buffer {
  let last = Number.NaN
  let bytes = Buffer.alloc(0)
  return (timeMs) => {
    const second = Math.floor(timeMs / 1000)
    if (second !== last) {
      bytes = Buffer.from(render(new Date(second * 1000)))
      last = second
    }
    return bytes
  }
}
