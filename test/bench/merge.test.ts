import { describe, expect, it } from 'vitest'
import { merged } from '../../src/bench/latencies.ts'
import { mergeReports, type Named } from '../../src/bench/merge.ts'
import { LocalError } from '../../src/errors.ts'
import { configured, planOf, reportOf } from './reports.ts'
import { evenly, healthy, intervalOf, measuredOf, resultOf } from './results.ts'

const part = (index: number, of: number, some: Parameters<typeof reportOf>[0] = {}): Named => ({
  name: `${index + 1}.json`,
  report: reportOf({ shards: { indexes: [index], of }, ...some }),
})

function merge(...all: Named[]) {
  const notices: string[] = []
  return { report: mergeReports(all, (text) => notices.push(text)), notices }
}

describe('merging reports', () => {
  it('adds up counts, reasons and samples', () => {
    const [slow, fast] = [evenly(500, 90_000), evenly(700, 50)]
    const one = resultOf({
      messages: { sent: 10, rejected: { '0x97': 1 } },
      connections: { intended: 3, connected: 2, failed: { refused: 1 } },
      measured: measuredOf({ endToEnd: slow }),
      incomplete: 'interrupted',
    })
    const two = resultOf({
      began: '2026-11-25T09:59:59.000Z',
      measuredMs: 11_000,
      messages: { sent: 5, rejected: { '0x97': 2, '0x87': 1 } },
      connections: { intended: 3, connected: 3 },
      measured: measuredOf({ endToEnd: fast }),
    })
    const { report, notices } = merge(part(0, 2, { result: one }), part(1, 2, { result: two }))
    expect(notices).toEqual([])
    expect(report.shards).toEqual({ indexes: [0, 1], of: 2 })
    expect(report.result).toMatchObject({
      began: '2026-11-25T09:59:59.000Z',
      measuredMs: 11_000,
      incomplete: 'interrupted',
      messages: { sent: 15, rejected: { '0x97': 3, '0x87': 1 } },
      connections: { intended: 6, connected: 5, failed: { refused: 1 } },
      measured: { endToEnd: merged([slow, fast]) },
    })
  })

  it('says what is lost of all parts together, and takes what two have received for duplicates', () => {
    const ofPart = (index: number, expected: number, received: number) =>
      part(index, 2, { result: resultOf({ messages: { expected, received, lost: undefined, duplicates: 1 } }) })
    expect(merge(ofPart(0, 100, 20), ofPart(1, 50, 120)).report.result.messages).toMatchObject({
      expected: 150,
      received: 140,
      lost: 10,
      duplicates: 2,
    })
    expect(merge(ofPart(0, 100, 20), ofPart(1, 50, 145)).report.result.messages).toMatchObject({
      expected: 150,
      received: 150,
      lost: 0,
      duplicates: 17,
    })
    expect(merge(ofPart(1, 50, 120)).report.result.messages).toMatchObject({ received: 120, lost: undefined })
  })

  it('keeps the clocks of parts on other machines', () => {
    const clock = (index: number) => ({ part: index, before: { aheadUs: index, errorUs: 5 }, after: undefined })
    const { report } = merge(
      part(2, 3, { result: resultOf({ clocks: [clock(2)] }) }),
      part(0, 3),
      part(1, 3, { result: resultOf({ clocks: [clock(1)] }) }),
    )
    expect(report.result.clocks).toEqual([clock(1), clock(2)])
  })

  it('comes to the same in one step or two', () => {
    const parts = [0, 1, 2].map((index) =>
      part(index, 3, {
        result: resultOf({ measured: measuredOf({ endToEnd: evenly(100 + index, 1000 * index + 1) }) }),
      }),
    )
    const { report: two } = merge(parts[2]!, parts[0]!)
    expect(merge({ name: 'two', report: two }, parts[1]!).report).toEqual(merge(...parts).report)
  })

  it('lays the nth intervals of a phase on each other, whenever a process began', () => {
    const early = [intervalOf(0, { phase: 'warmup' }), intervalOf(1), intervalOf(2)]
    const late = [
      intervalOf(1, { phase: 'warmup' }),
      intervalOf(2, { health: { ...healthy, utilization: 0.9, cpuCores: 1 } }),
    ]
    const { report } = merge(
      part(0, 2, { result: resultOf({ intervals: early }) }),
      part(1, 2, { result: resultOf({ intervals: late }) }),
    )
    const rows = report.result.intervals.map(({ phase, startMs, endMs, sent, health }) => [
      phase,
      startMs,
      endMs,
      sent,
      health.utilization,
      health.cpuCores,
    ])
    expect(rows).toEqual([
      ['warmup', 0, 2000, 2000, 0.3, 0.8],
      ['measure', 1000, 3000, 2000, 0.9, 1.4],
      ['measure', 2000, 3000, 1000, 0.3, 0.4],
    ])
  })

  it('keeps each machine once', () => {
    const other = { ...reportOf().hosts[0]!, name: 'b' }
    const { report } = merge(part(0, 3), part(1, 3), part(2, 3, { hosts: [other] }))
    expect(report.hosts.map(({ name }) => name)).toEqual(['a', 'b'])
  })

  it('says which parts are missing, and that versions differ', () => {
    const { notices } = merge(part(2, 4), part(0, 4, { version: '9' }))
    expect(notices).toEqual([
      'of 4 parts 2 are missing: 2/4, 4/4',
      'the parts were run by different versions of tmqtt: 1.2.3, 9',
    ])
  })

  const publish = { ...planOf().publish!, qos: 1 as const }
  it.each<[what: string, all: Named[], reason: string]>([
    ['nothing', [], 'there is nothing to merge'],
    ['a part that is there twice', [part(0, 2), part(0, 2)], '1.json and 1.json are both part 1 of 2'],
    [
      'repeated runs',
      [part(0, 1), part(0, 1)],
      'are both whole runs: merge adds up parts, compare takes repeated runs',
    ],
    ['other numbers of parts', [part(0, 2), part(1, 3)], 'one is of 2 parts, the other of 3'],
    [
      'other configurations',
      [part(0, 2), part(1, 2, { configuration: configured({}, { publish }) })],
      '1.json and 2.json are not parts of one run: they differ in publish.qos',
    ],
  ])('refuses %s', (_what, all, reason) => {
    expect(() => merge(...all)).toThrow(LocalError)
    expect(() => merge(...all)).toThrow(reason)
  })
})
