/** How mosquitto_rr prints a latency, on a line of its own: nanoseconds, microseconds, milliseconds, or seconds without unit. */
export function latencyLine(ms: number): string {
  const ns = Math.round(ms * 1e6)
  if (ns >= 1e9) return `Latency: ${Math.floor(ns / 1e9)}.${String(ns % 1e9).padStart(9, '0')}\n`
  if (ns >= 1e6) return `Latency: ${(ns / 1e6).toFixed(6)}ms\n`
  return ns >= 1000 ? `Latency: ${(ns / 1000).toFixed(6)}µs\n` : `Latency: ${ns}ns\n`
}
