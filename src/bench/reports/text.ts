import { shownBytes, shownCount, shownRate, shownTime } from '../figures.ts'
import { metricOf, totalOf } from '../metrics.ts'
import type { Offset } from '../parts/offset.ts'
import { isStamped, type PayloadFacts } from '../payloads.ts'
import { coresOf, type Report } from '../report.ts'
import type { Interval, Result, SlowCounts } from '../result.ts'
import type { Outcome } from '../thresholds.ts'
import { highestUtilization, meanOverTime } from '../time-shares.ts'
import { judgedIntervals, verdictLine, verdictOf } from '../verdict.ts'
import { headline } from './headline.ts'
import { latencyLines } from './latency-lines.ts'

/** The report for a person, as lines. What the broker said is in them as it came. */
export function textReport(report: Report, thresholds: readonly Outcome[] = []): readonly string[] {
  const { result } = report
  const verdict = verdictLine(verdictOf(result, coresOf(report)))
  return [
    ...(verdict === undefined ? [] : [verdict, '']),
    ...headline(report),
    ...(result.incomplete === undefined ? [] : [`Not the whole run: ${result.incomplete}`]),
    ...block('Connections', connections(report)),
    ...block('Messages', messages(report)),
    ...block('Rates', rates(report)),
    ...block('Latency', latencyLines(report)),
    ...block('Clocks', clocks(result)),
    ...block('Generator', generator(result, verdict === undefined)),
    ...block('Thresholds', thresholdLines(thresholds)),
  ]
}

export function thresholdLines(thresholds: readonly Outcome[]): string[] {
  return thresholds.map(({ threshold, failed, reason }) => `${failed ? 'FAILED' : 'passed'}  ${threshold}: ${reason}`)
}

/** Lines below a title; nothing at all where there are none. */
export function block(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
}

function connections({ result, shards }: Report): string[] {
  const { connections, intervals } = result
  const { intended, connected, left, missed, sessionsLost, failed, lost, subscriptionsRefused } = connections
  return [
    balance(
      ['intended', intended],
      [
        ['connected', connected],
        ['failed', totalOf(failed)],
      ],
    ),
    // Of several parts the phases do not begin at once.
    ...(shards.of === 1 ? connecting(intervals) : []),
    ...(left === 0
      ? []
      : [
          balance(
            ['connected', connected],
            [
              ['left', left],
              ['lost', totalOf(lost)],
              ['there at the end', connected - left - totalOf(lost)],
            ],
          ),
        ]),
    ...reasons('failed', failed),
    ...reasons('lost', lost),
    ...reasons('subscription refused', subscriptionsRefused),
    ...(sessionsLost === 0 ? [] : [`${shownCount(sessionsLost)} came back, and the broker had no session of theirs`]),
    ...(missed === 0 ? [] : [`${shownCount(missed)} times a client was due to leave that was not back yet`]),
  ]
}

/** How fast they came, from the first attempt to the last that settled. */
function connecting(intervals: readonly Interval[]): string[] {
  const all = intervals.filter(({ phase }) => phase === 'connect')
  const [first, last] = [all[0], all.at(-1)]
  if (first === undefined || last === undefined || last.connected === 0) return []
  const ms = Math.max(1, last.endMs - first.startMs)
  const rate = shownRate((last.connected / ms) * 1000)
  return [`${shownCount(last.connected)} were there after ${shownTime(ms * 1000)}: ${rate}`]
}

function messages({ configuration, result }: Report): string[] {
  const { messages, measuredMs } = result
  if (measuredMs === 0) return []
  const { intended, sent, acknowledged, rejected, unanswered, expected, received, lost } = messages
  const publishes = configuration.publish !== undefined
  const subscribes = configuration.subscribe !== undefined
  const hasFlood = configuration.subscribe?.retained !== undefined
  return [
    ...(publishes
      ? [
          balance(
            ['intended', intended],
            [
              ['sent', sent],
              ['not sent', intended - sent],
            ],
          ),
        ]
      : []),
    ...(publishes && hasAcknowledgements(configuration.publish)
      ? [
          balance(
            ['sent', sent],
            [
              ['acknowledged', acknowledged],
              ['rejected', totalOf(rejected)],
              ['unanswered', unanswered],
            ],
          ),
        ]
      : []),
    ...((publishes || hasFlood) && subscribes && lost !== undefined
      ? [
          balance(
            ['expected', expected],
            [
              ['received', received],
              ['lost', lost],
            ],
          ),
        ]
      : []),
    ...(publishes && subscribes && lost === undefined ? [withoutLoss(configuration.publish, messages)] : []),
    ...(subscribes && !publishes && !hasFlood ? [`received ${shownCount(received)}`] : []),
    ...(subscribes && (publishes ? isStamped(configuration.publish) : hasFlood) ? [asides(messages)] : []),
    ...(result.slow === undefined ? [] : slowReaders(result.slow)),
    ...reasons('rejected', rejected),
  ]
}

/** A part receives what others have sent, and what has no stamp may be anything. */
function withoutLoss(publish: PayloadFacts, { expected, received }: Result['messages']): string {
  if (!isStamped(publish))
    return `received ${shownCount(received)}; without stamps neither latency nor loss can be told`
  const here = `received ${shownCount(received)} here; what is sent here makes ${shownCount(expected)} deliveries in all parts`
  return `${here}: bench merge says what is lost`
}

function slowReaders({ expected, received, lost, duplicates, hungUp }: SlowCounts): string[] {
  const parts: Part[] = [
    ['received', received],
    ['lost', lost ?? 0],
  ]
  // What a part receives others have sent.
  const told = lost === undefined ? `received ${shownCount(received)}` : balance(['expected', expected], parts)
  return [
    `slow subscribers: ${told}; ${shownCount(duplicates)} duplicates`,
    ...reasons('slow subscribers lost', hungUp),
  ]
}

/** Of a will the client that had it sees none. */
function hasAcknowledgements({ qos, wills }: NonNullable<Report['configuration']['publish']>): boolean {
  return qos > 0 && !wills
}

function asides({ duplicates, outOfOrder, undecided, foreign }: Result['messages']): string {
  const others = foreign === 0 ? '' : `, ${shownCount(foreign)} of others`
  const unclear = undecided === undefined ? '' : `, ${shownCount(undecided)} either, and lost at most so many less`
  return `${shownCount(duplicates)} duplicates, ${shownCount(outOfOrder)} out of order${unclear}${others}`
}

type Part = readonly [name: string, count: number]

/** `sent 10 = acknowledged 9 + unanswered 1`, with another sign where it does not add up. */
function balance([name, whole]: Part, parts: readonly Part[]): string {
  const sum = parts.reduce((total, [, count]) => total + count, 0)
  const terms = parts.map(([part, count]) => `${part} ${shownCount(count)}`).join(' + ')
  const note = sum === whole ? '' : ` (which is ${shownCount(sum)})`
  return `${name} ${shownCount(whole)} ${sum === whole ? '=' : '≠'} ${terms}${note}`
}

function reasons(what: string, counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${shownCount(count)} ${what}: ${reason}`)
}

function rates({ configuration, result }: Report): string[] {
  const rate = (name: string) => metricOf(name)!.read(result)
  const shown = (what: string, name: string) => {
    const value = rate(name)
    return value === undefined ? [] : [`${what} ${shownRate(value)}`]
  }
  const { publish, subscribe } = configuration
  const bytes = bytesPerSecond(result)
  const parts = [
    ...(publish === undefined ? [] : shown('sent', 'rate')),
    ...(publish === undefined || !hasAcknowledgements(publish) ? [] : shown('acknowledged', 'rate.acknowledged')),
    ...(subscribe === undefined ? [] : shown('received', 'rate.received')),
  ]
  if (parts.length === 0) return []
  return [`${parts.join(', ')}${bytes === undefined ? '' : `; ${bytes}`}`, ...(subscribe?.absent ? drain(result) : [])]
}

function drain(result: Result): string[] {
  const rate = metricOf('rate.drained')!.read(result)
  const time = shownTime((result.receivingMs - result.measuredMs) * 1000)
  return rate === undefined ? [] : [`drained ${shownRate(rate)}, in ${time} from when the first was due to come back`]
}

function bytesPerSecond({ intervals }: Result): string | undefined {
  const measured = intervals.filter(({ phase }) => phase === 'measure')
  const ms = sumOf(measured, ({ startMs, endMs }) => endMs - startMs)
  if (ms === 0) return undefined
  const perSecond = (read: (interval: Interval) => number) => shownBytes((sumOf(measured, read) / ms) * 1000)
  return `${perSecond(({ bytesSent }) => bytesSent)}/s out, ${perSecond(({ bytesReceived }) => bytesReceived)}/s in`
}

function sumOf<T>(all: readonly T[], read: (each: T) => number): number {
  return all.reduce((sum, each) => sum + read(each), 0)
}

function clocks({ clocks }: Result): string[] {
  const shown = ({ aheadUs, errorUs }: Offset) => `${shownTime(Math.round(aheadUs))} ± ${shownTime(Math.ceil(errorUs))}`
  return [
    ...clocks.map(({ part, before, after }) => {
      const later = after === undefined ? 'not known after it' : `${shown(after)} after it`
      return `part ${part + 1} is behind part 1 by ${shown(before)} before the measurement, ${later}`
    }),
    ...(clocks.length === 0 ? [] : ['Latencies between these machines are only that exact']),
  ]
}

function generator(result: Result, isFine: boolean): string[] {
  const judged = judgedIntervals(result)
  const all = judged.map(({ health }) => health)
  if (all.length === 0) return []
  const worst = (read: (health: Interval['health']) => number) => all.map(read).reduce((a, b) => Math.max(a, b), 0)
  const busy = Math.round(highestUtilization(judged) * 100)
  const stop = shownTime(worst(({ loopDelayMaxMs }) => loopDelayMaxMs) * 1000)
  const cores = meanOverTime(judged, ({ health }) => health.cpuCores).toFixed(2)
  const waiting = worst((health) => health.waiting)
  const backlog = worst(({ socketBacklog }) => socketBacklog)
  const parts = [
    `event loop at most ${busy} % busy, late by at most ${stop}`,
    `${cores} cores`,
    `garbage collection ${shownTime(sumOf(all, ({ gcMs }) => gcMs) * 1000)}`,
    ...(waiting === 0 ? [] : [`up to ${shownCount(waiting)} messages waited for window or socket`]),
    ...(backlog === 0 ? [] : [`up to ${shownBytes(backlog)} the broker did not read`]),
  ]
  return [`${isFine ? 'not the limit: ' : ''}${parts.join(', ')}`]
}
