import { describe, expect, it } from 'vitest'
import { checkJson } from '../../src/reports/check-json.ts'
import { checkPrometheus } from '../../src/reports/check-prometheus.ts'
import { type CheckReport, type CheckRow, suiteOf } from '../../src/reports/check-report.ts'
import { checkLines, checkSummary } from '../../src/reports/check-text.ts'

const row = (changes: Partial<CheckRow>): CheckRow => ({
  name: 'qos-1',
  title: 'a message comes',
  clause: 'MQTT-4.3.2-4',
  status: 'passed',
  timeMs: 12.3456,
  message: undefined,
  notes: [],
  warnings: [],
  fields: {},
  ...changes,
})

const passed = row({
  notes: ['round trip 2 ms', 'twice'],
  warnings: ['slow'],
  fields: { roundTripMs: 2, ok: true, id: 'a"b\\c' },
})
const failed = row({ name: 'will', status: 'failed', message: 'no message within 5 s' })
const unsupported = row({ name: 'no-local', status: 'unsupported', message: 'of MQTT 5', clause: undefined })
const skipped = row({ name: 'order', status: 'skipped', message: 'needs qos-1, which failed' })

const report: CheckReport = {
  broker: 'mqtt://example.org:1883',
  protocol: 'MQTT 5',
  prefix: 'tmqtt-check/1',
  startedAt: new Date('2026-01-02T03:04:05.678Z'),
  timeMs: 1234.5678,
  interrupted: false,
  rows: [passed, failed, unsupported, skipped],
}

const plain = (_status: string, text: string) => text

describe('checkLines', () => {
  it.each([
    [
      'notes and warnings of one that passed',
      passed,
      '✓ qos-1                      12.3 ms  round trip 2 ms, twice\n                                      warning: slow\n',
    ],
    ['the title where there are no notes', row({}), '✓ qos-1                      12.3 ms  a message comes\n'],
    [
      'why one failed, with the clause',
      failed,
      '✗ will                       12.3 ms  no message within 5 s [MQTT-4.3.2-4]\n',
    ],
    [
      'why one is unsupported, and no time',
      unsupported,
      '– no-local                            unsupported: of MQTT 5\n',
    ],
    ['why one was skipped', skipped, '– order                               skipped: needs qos-1, which failed\n'],
  ])('shows %s', (_what, each, text) => {
    expect(checkLines(each, plain)).toBe(text)
  })

  it('paints the symbol, and the text of what did not pass', () => {
    const paint = (status: string, text: string) => `<${status} ${text}>`
    expect(checkLines(row({}), paint)).toMatch(/^<passed ✓> qos-1.*ms {2}a message comes\n$/)
    expect(checkLines(failed, paint)).toMatch(/^<failed ✗> will.*ms {2}<failed no message.*>\n$/)
    expect(checkLines(passed, paint)).toContain('<warning warning: slow>')
  })
})

describe('checkSummary', () => {
  it('counts', () => {
    const text = 'mqtt://example.org:1883, MQTT 5: 1 passed, 1 failed, 1 unsupported, 1 skipped in 1.2 s\n'
    expect(checkSummary(report)).toBe(text)
  })

  it('says that none has failed, that there was no connection, and that it was interrupted', () => {
    const text = 'mqtt://example.org:1883: 1 passed, 0 failed in 1.2 s, interrupted\n'
    expect(checkSummary({ ...report, protocol: undefined, interrupted: true, rows: [passed] })).toBe(text)
  })
})

describe('checkJson', () => {
  it('is one document with everything', () => {
    expect(JSON.parse(checkJson(report))).toEqual({
      format: 1,
      broker: 'mqtt://example.org:1883',
      protocol: 'MQTT 5',
      prefix: 'tmqtt-check/1',
      interrupted: false,
      startedAt: '2026-01-02T03:04:05.678Z',
      timeMs: 1234.568,
      passed: 1,
      failed: 1,
      unsupported: 1,
      skipped: 1,
      checks: [passed, failed, unsupported, skipped].map(({ message, clause, ...rest }) => ({
        ...rest,
        ...(message === undefined ? {} : { message }),
        ...(clause === undefined ? {} : { clause }),
        timeMs: 12.346,
      })),
    })
  })
})

describe('checkPrometheus', () => {
  it('has samples under one heading each, with labels escaped', () => {
    const lines = checkPrometheus({ ...report, broker: 'a"b\\c\nd' }).split('\n')
    const broker = 'broker="a\\"b\\\\c\\nd"'
    expect(lines.filter((line) => !line.startsWith('#'))).toEqual([
      `tmqtt_check_success{${broker}} 0`,
      `tmqtt_check_time_seconds{${broker}} 1767323045.678`,
      `tmqtt_check_total_duration_seconds{${broker}} 1.2345678`,
      `tmqtt_check_status{${broker},check="qos-1",status="passed"} 1`,
      `tmqtt_check_status{${broker},check="will",status="failed"} 1`,
      `tmqtt_check_status{${broker},check="no-local",status="unsupported"} 1`,
      `tmqtt_check_status{${broker},check="order",status="skipped"} 1`,
      `tmqtt_check_duration_seconds{${broker},check="qos-1"} 0.0123456`,
      `tmqtt_check_duration_seconds{${broker},check="will"} 0.0123456`,
      `tmqtt_check_value{${broker},check="qos-1",field="roundTripMs"} 2`,
      `tmqtt_check_value{${broker},check="qos-1",field="ok"} 1`,
      '',
    ])
    const headings = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2])
    expect(new Set(headings).size).toBe(6)
  })

  it('says success where nothing has failed', () => {
    expect(checkPrometheus({ ...report, rows: [unsupported] })).toMatch(/^tmqtt_check_success\{.*\} 1$/m)
  })
})

describe('suiteOf', () => {
  it('makes skipped of what is unsupported, and says so', () => {
    const { name, timeMs, cases } = suiteOf(report)
    expect([name, timeMs]).toEqual(['tmqtt check mqtt://example.org:1883', 1234.5678])
    expect(cases.map(({ status }) => status)).toEqual(['passed', 'failed', 'skipped', 'skipped'])
    expect(cases[2]!.message).toBe('unsupported: of MQTT 5')
    expect(cases[1]!.details).toEqual(['a message comes', 'specification: MQTT-4.3.2-4'])
  })
})
