/**
 * Milliseconds of a clock that is never set (CLOCK_MONOTONIC): for what takes or may take a while, since the time of day
 * jumps. Not `performance`, for which Node 20 loads eleven modules.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}
