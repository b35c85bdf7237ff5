import { describe, expect, it } from 'vitest'
import { progressOf } from '../../../src/bench/reports/progress.ts'
import { evenly, intervalOf, measuredOf } from '../results.ts'

const PHASES = { warmupMs: 1000, measureMs: 10_000 }

describe('the line of an interval', () => {
  it('tells how far the phase is, rates, latencies, and how these lie', () => {
    const tell = progressOf(PHASES, 20)
    expect(tell(intervalOf(0, { phase: 'warmup', measured: measuredOf() }))).toBe(
      'warmup 1 of 1 s: 1,000/s out, 1,000/s in',
    )
    expect(tell(intervalOf(1))).toBe(
      'measure 1 of 10 s: 1,000/s out, 1,000/s in ▁▁▁▁▁▁▁▃▅█ P50 500 µs, P99 990 µs, max 1.00 ms',
    )
    expect(
      tell(intervalOf(2, { endMs: 3500, received: 0, measured: measuredOf({ acknowledged: evenly(10, 9) }) })),
    ).toBe('measure 2.5 of 10 s: 667/s out ▃  ▃▃ ▃▃▆█ P50 5 µs, max 9 µs')
  })

  it('has histogram and P99 in 80 columns at 100,000 messages a second', () => {
    const tell = progressOf({ ...PHASES, measureMs: 120_000 }, 20)
    const lines = [0, 1].map((at) =>
      tell(
        intervalOf(at, {
          sent: 123_456,
          received: 123_456,
          measured: measuredOf({ endToEnd: evenly(123_456, 98_765) }),
        }),
      ),
    )
    expect(lines[1]!.slice(0, 78)).toMatch(/^measure 2 of 120 s: 123,456\/s out, 123,456\/s in .{10} P50 .* ms, P99/)
  })

  it('counts connections while there are no messages', () => {
    const tell = progressOf({ warmupMs: 0, measureMs: Number.POSITIVE_INFINITY }, 5000)
    const nothing = { sent: 0, received: 0, measured: measuredOf() }
    const connack = evenly(2000, 9000)
    expect(
      tell(intervalOf(0, { ...nothing, phase: 'connect', connected: 2000, measured: measuredOf({ connack }) })),
    ).toBe('connect 1 s: 2,000 of 5,000 connected ▁▁▁▁▁▁▁▂▄█ P50 4.50 ms, P99 8.91 ms, max 9.00 ms')
    expect(tell(intervalOf(1, { ...nothing, connected: 4999 }))).toBe('measure 1 s: 4,999 of 5,000 connected')
  })
})
