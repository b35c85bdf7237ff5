import { describe, expect, it } from 'vitest'
import { timeLineCsv } from '../../../src/bench/reports/time-line.ts'
import { evenly, intervalOf, measuredOf, resultOf } from '../results.ts'

function rows(...args: Parameters<typeof timeLineCsv>): Record<string, string>[] {
  const [names, ...lines] = timeLineCsv(...args)
    .split('\r\n')
    .slice(0, -1)
    .map((line) => line.split(','))
  return lines.map((cells) => Object.fromEntries(names!.map((name, at) => [name, cells[at]!])))
}

describe('the time line', () => {
  it('has a line for each interval, rates by its true length, and nothing where nothing can be told', () => {
    const intervals = [
      intervalOf(0, { phase: 'connect', sent: 0, measured: measuredOf({ connack: evenly(20, 900) }) }),
      intervalOf(1, { endMs: 2500, measured: measuredOf({ endToEnd: evenly(1000, 4000) }) }),
    ]
    expect(rows(resultOf({ intervals }))).toMatchObject([
      {
        phase: 'connect',
        start_s: '0',
        end_s: '1',
        sent_per_s: '0',
        connack_p50_ms: '0.45',
        connack_p99_ms: '',
        e2e_max_ms: '',
      },
      {
        phase: 'measure',
        start_s: '1',
        end_s: '2.5',
        sent_per_s: '666.667',
        e2e_p50_ms: '2',
        e2e_p99_ms: '3.961',
        e2e_max_ms: '4',
      },
    ])
  })

  it('has its head also when there was nothing', () => {
    expect(timeLineCsv(resultOf({ intervals: [] }))).toMatch(
      /^phase,start_s,.*,e2e_sent_p99_ms,.*,socket_backlog_bytes\r\n$/,
    )
  })
})
