import { describe, expect, it } from 'vitest'
import { textReport } from '../../../src/bench/reports/text.ts'
import { failures, parseThreshold } from '../../../src/bench/thresholds.ts'
import { configured, planOf, reportOf } from '../reports.ts'
import { evenly, healthy, intervalOf, measuredOf, resultOf } from '../results.ts'

const shown = (...args: Parameters<typeof textReport>) => textReport(...args).join('\n')
const publish = planOf().publish!

describe('the report for a person', () => {
  it('says what was run, what became of it, and how long it took', () => {
    const result = resultOf({
      measured: measuredOf({
        connack: evenly(20, 900),
        endToEnd: evenly(10_000, 1500),
        endToEndFromSent: evenly(10_000, 1200),
      }),
    })
    const outcomes = failures([parseThreshold('e2e.p99>1ms'), parseThreshold('lost>0')], result)
    expect(shown(reportOf({ result }), outcomes)).toBe(
      `tmqtt bench flow: 10 publishers, 10 subscribers, QoS 0, 100 B, 1,000/s on schedule (open loop), measured for 10.0 s
broker localhost:1883 (tcp, MQTT 3.1.1)
from Linux 6.1, 2 × A CPU, Node 20.19.0, tmqtt 1.2.3

Connections
  intended 20 = connected 20 + failed 0

Messages
  intended 10,000 = sent 10,000 + not sent 0
  expected 10,000 = received 10,000 + lost 0
  0 duplicates, 0 out of order

Rates
  sent 1,000/s, received 1,000/s; 110 kB/s out, 110 kB/s in

Latency
                         P50      P75      P90      P95      P99    P99.9      max   count
  due to received     750 µs  1.13 ms  1.35 ms  1.43 ms  1.49 ms  1.50 ms  1.50 ms  10,000
  sent to received    600 µs   900 µs  1.08 ms  1.14 ms  1.19 ms  1.20 ms  1.20 ms  10,000
  CONNECT to CONNACK  450 µs        -        -        -        -        -   900 µs      20
  -: fewer than ten samples lie above

Generator
  not the limit: event loop at most 30 % busy, late by at most 2.00 ms, 0.40 cores, garbage collection 10.0 ms

Thresholds
  FAILED  e2e.p99>1ms: e2e.p99 is 1.49 ms
  passed  lost>0: lost is 0`,
    )
  })

  it('begins with the generator where that was the limit', () => {
    const intervals = [intervalOf(0, { health: { ...healthy, utilization: 1 } })]
    expect(textReport(reportOf({ result: resultOf({ intervals }) }))[0]).toBe(
      'The generator was the limit, not the broker: its event loop was up to 100 % busy (more --workers, or several processes with --shard).',
    )
  })

  it('shows what does not add up as such', () => {
    const messages = { sent: 9000, acknowledged: 8000, unanswered: 100, rejected: { 'Quota exceeded (151)': 3 } }
    const text = shown(
      reportOf({
        configuration: configured({}, { publish: { ...publish, qos: 1 } }),
        result: resultOf({ messages: { ...messages, lost: 2, duplicates: 1234, foreign: 7 } }),
      }),
    )
    expect(text).toContain('intended 10,000 = sent 9,000 + not sent 1,000\n')
    expect(text).toContain('sent 9,000 ≠ acknowledged 8,000 + rejected 3 + unanswered 100 (which is 8,103)\n')
    expect(text).toContain('expected 10,000 ≠ received 10,000 + lost 2 (which is 10,002)\n')
    expect(text).toContain('1,234 duplicates, 0 out of order, 7 of others\n')
    expect(text).toContain('3 rejected: Quota exceeded (151)\n')
    expect(text).toContain('QoS 1 to 0, ')
  })

  it('warns of closed loop, negative times, and an end before its time', () => {
    const text = shown(
      reportOf({
        configuration: configured({}, { publish: { ...publish, segments: undefined } }),
        result: resultOf({
          incomplete: 'interrupted by SIGINT',
          measured: measuredOf({
            endToEnd: evenly(100, 5),
            endToEndFromSent: { ...evenly(100, 5), negative: 12 },
          }),
        }),
      }),
    )
    expect(text).toContain('as fast as it goes (closed loop)')
    expect(text).toContain('Closed loop (--rate max): latency is not meaningful under saturation\n')
    expect(text).toContain('sent to received: 12 are negative, the worst 1 µs: the clocks differ\n')
    expect(text).not.toContain('due to received')
    expect(text).toContain('Not the whole run: interrupted by SIGINT\n')
  })

  it.each([
    [{ kind: 'sizes', sizes: [{ from: 100, to: 2048, share: 1 }] }, '100 B to 2.05 kB'],
    [
      {
        kind: 'sizes',
        sizes: [
          { from: 100, to: 100, share: 0.9 },
          { from: 1000, to: 1000, share: 0.1 },
        ],
      },
      '100 B (90 %) or 1 kB (10 %)',
    ],
    [{ kind: 'template', text: 'on %n' }, "payloads 'on %n'"],
    [{ kind: 'content', content: Buffer.alloc(300), sha256: '' }, 'payloads of 300 B'],
  ] as const)('says what payloads were: %j', (payload, expected) => {
    const configuration = configured({}, { publish: { ...publish, payload } })
    expect(shown(reportOf({ configuration }))).toContain(`QoS 0, ${expected}, 1,000/s`)
  })

  it('says that without stamps little can be told', () => {
    const configuration = configured({}, { publish: { ...publish, unstamped: true } })
    const text = shown(reportOf({ configuration, result: resultOf({ messages: { expected: 0, lost: undefined } }) }))
    expect(text).toContain('received 10,000; without stamps neither latency nor loss can be told\n')
    expect(text).not.toContain('duplicates')
  })

  it('says of how many it is not known whether they were lost', () => {
    const text = shown(reportOf({ result: resultOf({ messages: { undecided: 1234 } }) }))
    expect(text).toContain('0 duplicates, 0 out of order, 1,234 either, and lost at most so many less\n')
  })

  it('leaves what is lost to the merged report, where it is of a part', () => {
    const shards = { indexes: [1], of: 2 }
    const text = shown(reportOf({ shards, result: resultOf({ messages: { received: 7, lost: undefined } }) }))
    expect(text).toContain(
      'received 7 here; what is sent here makes 10,000 deliveries in all parts: bench merge says what is lost\n',
    )
    expect(text).not.toContain('expected')
  })

  it('says how exact times between machines are', () => {
    const clocks = [
      { part: 1, before: { aheadUs: 1_234_567, errorUs: 210.4 }, after: { aheadUs: 1_234_600.2, errorUs: 190 } },
      { part: 3, before: { aheadUs: -40, errorUs: 90 }, after: undefined },
    ]
    expect(shown(reportOf({ result: resultOf({ clocks }) }))).toContain(`
Clocks
  part 2 is behind part 1 by 1.23 s ± 211 µs before the measurement, 1.23 s ± 190 µs after it
  part 4 is behind part 1 by -40 µs ± 90 µs before the measurement, not known after it
  Latencies between these machines are only that exact
`)
  })

  it('tells of the shape of a load, and of connections that only are', () => {
    const segments = [
      { from: 1000, to: 1000, durationMs: 10_000 },
      { from: 1000, to: 20_000, durationMs: 60_000 },
      { from: 20_000, to: 20_000, durationMs: Number.POSITIVE_INFINITY },
    ]
    const shaped = configured({}, { publish: { ...publish, segments, poisson: true } })
    const single = shown(reportOf({ configuration: configured({}, { publish: { ...publish, clients: 1 } }) }))
    expect(single).toContain('bench flow: 1 publisher, 10 subscribers, ')
    expect(shown(reportOf({ configuration: shaped }))).toContain(
      '1,000/s for 10.0 s, 1,000/s to 20,000/s in 60.0 s, 20,000/s on schedule (open loop), random arrivals, measured for',
    )
    const connecting = shown(
      reportOf({
        configuration: configured({}, { publish: undefined, subscribe: undefined, idle: 5000 }),
        result: resultOf({
          measuredMs: 0,
          intervals: [],
          connections: { intended: 5000, connected: 4000, failed: { 'not authorised (5)': 900, timeout: 100 } },
        }),
      }),
    )
    expect(connecting).toContain(': 5,000 clients\n')
    expect(connecting).toContain(
      'intended 5,000 = connected 4,000 + failed 1,000\n  900 failed: not authorised (5)\n  100 failed: timeout\n',
    )
    expect(connecting).not.toContain('Messages')
    expect(connecting).not.toContain('Rates')
  })

  it('shows who left as planned, and who was not there to leave', () => {
    const connections = { intended: 75, connected: 70, left: 50, missed: 3, failed: { refused: 5 }, lost: { gone: 2 } }
    const text = shown(
      reportOf({
        configuration: configured({}, { publish: undefined, idle: 20, churn: { rate: 5, kill: 'hard' } }),
        result: resultOf({ connections }),
      }),
    )
    expect(text).toContain('20 clients, 5/s leave (hard) and come back, measured for 10.0 s\n')
    expect(text).toContain(`  intended 75 = connected 70 + failed 5
  connected 70 = left 50 + lost 2 + there at the end 18
  5 failed: refused
  2 lost: gone
  3 times a client was due to leave that was not back yet
`)
  })

  it('says that what never came has no latency', () => {
    const text = shown(reportOf({ result: resultOf({ messages: { received: 8766, lost: 1234, unanswered: 7 } }) }))
    expect(text).toContain(
      '  Of what came: the 1,234 lost and the 7 unanswered have no latency, however long they are gone\n',
    )
    expect(shown(reportOf())).not.toContain('have no latency')
    const drains = (received: number) =>
      [0, 1].map((at) => intervalOf(at, { phase: 'drain', acknowledged: 0, received: at === 0 ? 9 : received }))
    const drained = (received: number) => resultOf({ messages: { lost: 7 }, intervals: drains(received) })
    expect(shown(reportOf({ result: drained(5) }))).toContain(
      '\n  Messages still came when the drain phase ended (--drain): some are only late\n',
    )
    expect(shown(reportOf({ result: drained(0) }))).not.toContain('still came')
  })

  it('tells how fast connections came, of a run that is not of several parts', () => {
    const connecting = [0, 1].map((at) =>
      intervalOf(at, { phase: 'connect', connected: 400 * (at + 1), endMs: at * 1000 + 600 }),
    )
    const result = resultOf({ intervals: [...connecting, intervalOf(2, { connected: 790 })] })
    expect(shown(reportOf({ result }))).toContain('\n  800 were there after 1.60 s: 500/s\n')
    expect(shown(reportOf({ result, shards: { indexes: [0, 1], of: 2 } }))).not.toContain('were there after')
  })

  it('passes on what the broker says of itself', () => {
    const brokerLimits = { receiveMaximum: 20, wildcardSubscriptionAvailable: false }
    expect(shown(reportOf({ brokerVersion: 'fancy 1.0', result: resultOf({ brokerLimits }) }))).toContain(
      '\nwhich says: fancy 1.0, receive maximum 20, wildcard subscription available false\nfrom ',
    )
  })

  it('takes no milliseconds at the end of a phase for the load of the generator', () => {
    const whole = intervalOf(0, { health: { ...healthy, utilization: 0.2, cpuCores: 0.5 } })
    const rest = intervalOf(1, {
      endMs: intervalOf(1).startMs + 2,
      health: { ...healthy, utilization: 1, cpuCores: 4 },
    })
    const text = shown(reportOf({ result: resultOf({ intervals: [whole, rest] }) }))
    expect(text).toMatch(/not the limit: event loop at most 20 % busy, .*, 0\.51 cores/)
  })

  it('has no acknowledgements of wills', () => {
    const configuration = configured({}, { publish: { ...publish, qos: 1, wills: true } })
    const text = shown(reportOf({ configuration }))
    expect(text).toContain('messages are wills of clients that are cut off, QoS 1')
    expect(text).not.toContain('acknowledged')
  })

  it('says how fast sessions drained, and that latency includes the absence', () => {
    const subscribe = { ...planOf().subscribe!, absent: true }
    const drain = intervalOf(10, { phase: 'drain', received: 10_000 })
    const report = reportOf({
      configuration: configured({}, { subscribe }),
      result: resultOf({ receivingMs: 10_500, intervals: [drain], connections: { left: 10, sessionsLost: 2 } }),
    })
    const text = shown(report)
    expect(text).toContain('1,000/s on schedule (open loop), subscribers absent meanwhile, measured for 10.0 s\n')
    expect(text).toContain('  drained 20,000/s, in 500 ms from when the first was due to come back\n')
    expect(text).toContain('\n  What was received includes the absence of the subscribers')
    expect(text).toContain('  2 came back, and the broker had no session of theirs\n')
  })

  it('says once what repeats in a profile', () => {
    const second = (rate: number) => ({ from: rate, to: rate, durationMs: 1000 })
    const onAndOff = [second(5000), second(0)]
    const segments = [second(10), ...onAndOff, ...onAndOff, ...onAndOff, second(7), second(7), second(8)]
    const text = shown(reportOf({ configuration: configured({}, { publish: { ...publish, segments } }) }))
    expect(text).toContain(
      ', 10/s for 1.00 s, (5,000/s for 1.00 s, 0/s for 1.00 s) × 3, (7/s for 1.00 s) × 2, 8/s for 1.00 s on schedule',
    )
  })
})
