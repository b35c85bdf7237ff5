import { describe, expect, it } from 'vitest'
import { NO_SAMPLES } from '../../src/bench/latencies.ts'
import { readReport } from '../../src/bench/read-report.ts'
import { reportJson } from '../../src/bench/report.ts'
import { failures, parseThreshold } from '../../src/bench/thresholds.ts'
import { LocalError } from '../../src/errors.ts'
import { configured, planOf, reportOf } from './reports.ts'
import { evenly, intervalOf, measuredOf, resultOf } from './results.ts'

/** Every option that holds a secret, and what surrounds them. */
const canaries = {
  url: 'mqtts://canary1:canary2@example.org:8884/canary3',
  username: 'canary4',
  password: 'canary5',
  keyPassword: 'canary6',
  psk: 'ca9a57',
  pskIdentity: 'canary8',
  wsHeader: 'Authorization: canary9',
  willTopic: 'canary10',
  willPayload: 'canary11',
  willUserProperty: 'a=canary12',
  proxy: 'socks5h://canary13:canary14@example.org',
  property: 'connect user-property a canary15',
  cert: 'canary16',
  key: 'canary17',
}

function parsed(report = reportOf()): Record<string, unknown> {
  return JSON.parse(reportJson(report)) as Record<string, unknown>
}

describe('the report as JSON', () => {
  it('is one line that comes back as it was', () => {
    const report = reportOf({
      result: resultOf({
        incomplete: 'interrupted by SIGINT',
        measured: measuredOf({ endToEnd: { ...evenly(5000, 3_000_000), negative: 3, min: -40 } }),
        messages: { rejected: { '0x97': 3 }, undecided: 4 },
        connections: { failed: { 'connection refused': 2 } },
        brokerLimits: { receiveMaximum: 20, retainAvailable: true },
        slow: { expected: 9, received: 7, lost: 2, duplicates: 1, outOfOrder: 0, hungUp: { reset: 1 } },
        intervals: [intervalOf(0), intervalOf(1, { phase: 'drain', measured: measuredOf() })],
      }),
    })
    const text = reportJson(report)
    expect(text.trimEnd()).not.toContain('\n')
    expect(readReport(text, 'a.json')).toEqual(report)
  })

  it('comes back also of a part on another machine', () => {
    const [before, after] = [
      { aheadUs: -12.5, errorUs: 100 },
      { aheadUs: 7, errorUs: 90 },
    ]
    const report = reportOf({
      shards: { indexes: [1], of: 3 },
      result: resultOf({
        messages: { lost: undefined },
        clocks: [
          { part: 1, before, after },
          { part: 2, before, after: undefined },
        ],
      }),
    })
    expect(readReport(reportJson(report), 'a.json')).toEqual(report)
  })

  it('comes back also of a run that measured nothing and never ended', () => {
    const empty = reportOf({
      configuration: configured(
        {},
        { publish: undefined, phases: { ...planOf().phases, measureMs: Number.POSITIVE_INFINITY } },
      ),
      result: resultOf({ measured: measuredOf(), intervals: [] }),
    })
    expect(readReport(reportJson(empty), 'a.json')).toEqual(empty)
    expect(empty.result.measured.tcp).toEqual(NO_SAMPLES)
  })

  it('names its format, and says percentiles to who counts no buckets', () => {
    expect(parsed()).toMatchObject({
      schema: 'tmqtt-bench/1',
      version: '1.2.3',
      configuration: { command: 'bench flow', brokers: ['localhost:1883'], protocolVersion: '3.1.1', seed: 1 },
      summary: {
        sentPerSecond: 1000,
        latencies: { e2e: { count: 10_000, p50: 500, p99: 990, 'p99.9': 999, 'p99.99': null, max: 1000 } },
      },
      verdict: { generatorLimited: false },
    })
  })

  it('has what became of the thresholds', () => {
    const report = reportOf()
    const outcomes = failures([parseThreshold('e2e.p99>1us')], report.result)
    expect(JSON.parse(reportJson(report, outcomes))).toMatchObject({
      thresholds: [{ threshold: 'e2e.p99>1us', failed: true, reason: 'e2e.p99 is 990 µs' }],
    })
  })

  it('has no secret in it', () => {
    const configuration = configured(canaries, {
      credentials: [{ clientId: 'canary20', username: 'canary21', password: 'canary22' }],
      publish: { ...planOf().publish!, properties: [['user-property', ['canary23', 'canary24']]] },
    })
    const text = reportJson(reportOf({ configuration }))
    expect(text.match(/canary\d*|ca9a57/g)).toBeNull()
    expect(JSON.parse(text)).toMatchObject({
      configuration: {
        brokers: ['example.org:8884'],
        transport: 'tls',
        will: true,
        credentials: 1,
        publish: { properties: ['user-property'] },
      },
    })
  })

  it('has of a payload that was given only what tells it from others', () => {
    const payload = { kind: 'content', content: Buffer.from('canary'), sha256: 'abc' } as const
    const configuration = configured({}, { publish: { ...planOf().publish!, payload } })
    const report = reportOf({ configuration })
    expect(configuration.publish).toMatchObject({ payload: { kind: 'content', bytes: 6, sha256: 'abc' } })
    expect(reportJson(report)).not.toContain('canary')
    expect(readReport(reportJson(report), 'a.json')).toEqual(report)
  })
})

describe('reading a report', () => {
  /** The document with another value at a path below `result`. */
  const changed = (path: readonly string[], value: unknown) => {
    const document = parsed()
    let at = document.result as Record<string, unknown>
    for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>
    at[path.at(-1)!] = value
    return JSON.stringify(document)
  }

  it.each<[what: string, text: string, reason: string]>([
    ['no JSON', '{', 'a.json: is no JSON document'],
    ['other JSON', '[1]', 'a.json: is no report of tmqtt bench (written by --json)'],
    ['no schema', '{}', 'a.json: is no report of tmqtt bench'],
    [
      'another version',
      '{"schema":"tmqtt-bench/2"}',
      'a.json: is of format tmqtt-bench/2; this version of tmqtt reads tmqtt-bench/1',
    ],
    [
      'a text for a number',
      changed(['messages', 'sent'], '1'),
      'a.json: result.messages.sent: expected a whole number from 0',
    ],
    [
      'a negative count',
      changed(['messages', 'foreign'], -1),
      'a.json: result.messages.foreign: expected a whole number from 0',
    ],
    ['no list', changed(['intervals'], {}), 'a.json: result.intervals: expected a list'],
    [
      'an unknown phase',
      changed(['intervals', '0', 'phase'], 'x'),
      'a.json: result.intervals[0].phase: expected connect, settle, warmup, measure, drain',
    ],
    [
      'a count that is not that of the buckets',
      changed(['measured', 'endToEnd', 'count'], 9999),
      'a.json: result.measured.endToEnd.buckets: expected 9999 samples',
    ],
    ['nothing of the rest', '{"schema":"tmqtt-bench/1"}', 'a.json: version: expected a text'],
  ])('refuses %s', (_what, text, reason) => {
    expect(() => readReport(text, 'a.json')).toThrow(LocalError)
    expect(() => readReport(text, 'a.json')).toThrow(reason)
  })
})
