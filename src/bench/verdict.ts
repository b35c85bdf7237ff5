import { NOWHERE_TO_CONNECT_FROM } from '../mqtt/transport.ts'
import { shownCount, shownTime } from './figures.ts'
import { percentileOf } from './latencies.ts'
import { totalOf } from './metrics.ts'
import type { Interval, Result } from './result.ts'
import { highestUtilization, meanOverTime, shareOfTime } from './time-shares.ts'

/** Whether the figures tell of the broker, or of the program that measured it. */
export interface Verdict {
  /** The generator was the limit in some way: what was measured is worse than the broker is. */
  readonly generatorLimited: boolean
  /** What was, the weightiest first; one clause each. */
  readonly reasons: readonly string[]
}

/**
 * At this utilization of an event loop work waits for work: in a queue the waiting time goes with 1 / (1 - utilization),
 * 10 times the service time here, 20 times at 95 %.
 */
const BUSY = 0.9

/** Share of the time that has to be busy: a single interval may be the start of the just-in-time compiler. */
const BUSY_SHARE = 0.5

/**
 * A stop of the event loop by `d` in a measurement of `T` delays the share d / T of all messages. From 1 % on, the 99th
 * percentile is that of the generator. Of few messages there is none: what the highest percentile leaves out is more.
 */
const STOPPED_SHARE = 0.01
const LEFT_OUT = 10

/** Shorter stops are the timer's 1 ms and the batches of a busy loop, which `BUSY` judges. */
const STOP_MS = 10

/**
 * Messages go out in batches by a timer of 1 ms: 2 ms late is the best to be had. From 5 ms on the schedule was not kept,
 * and the rate came in bursts.
 */
const LATE_US = 5000

/**
 * A delay that is less than this part of the latency is not what was measured: a broker that stood still for a second is
 * not the better for a generator that was 20 ms late.
 */
const NOTICEABLE = 0.1

/** Part of all cores of the machine that leaves no room for anybody else's work on it. */
const ALL_CORES = 0.95

/**
 * Judges the generator by its own health. What waits in its sockets is no part of that: the operating system takes no
 * more once its buffers are full, which are emptied as fast as network and broker take what is in them. A generator that
 * writes too late has nothing there.
 *
 * @param cores of the machine.
 */
export function verdictOf(result: Result, cores: number): Verdict {
  const judged = judgedIntervals(result)
  const reasons = [
    failedFor(result, /EMFILE|too many open files/i, 'open files: raise the limit (ulimit -n)'),
    failedFor(
      result,
      new RegExp(NOWHERE_TO_CONNECT_FROM),
      'local ports: name more source addresses by --bind, or widen the range of ports',
    ),
    busyLoop(judged),
    stops(judged, result),
    lateSchedule(result),
    fullMachine(judged, cores),
  ].filter((reason) => reason !== undefined)
  return { generatorLimited: reasons.length > 0, reasons }
}

/** Those in which was measured what the run is about: messages, or where there can be none how connections came. */
export function judgedIntervals({ messages, measured, intervals }: Result): readonly Interval[] {
  const isOfConnections = messages.intended + measured.suback.count === 0 && measured.connack.count > 0
  // Clients that leave and come back do so by a schedule, while others stay.
  const areScheduled = measured.schedule.count > 0
  if (isOfConnections)
    return intervals.filter(({ phase }) => phase === 'connect' || (phase === 'measure' && areScheduled))
  const receivedIn = (wanted: Interval['phase']) =>
    intervals.reduce((sum, { phase, received }) => (phase === wanted ? sum + received : sum), 0)
  // Subscribers that were absent receive when all was sent.
  const judged = receivedIn('drain') > receivedIn('measure') ? 'drain' : 'measure'
  return intervals.filter(({ phase }) => phase === judged)
}

/** The first line of a report; undefined when the generator was not the limit. */
export function verdictLine({ generatorLimited, reasons }: Verdict): string | undefined {
  return generatorLimited ? `The generator was the limit, not the broker: ${reasons.join('; ')}.` : undefined
}

function failedFor({ connections }: Result, pattern: RegExp, remedy: string): string | undefined {
  const count = totalOf(Object.fromEntries(Object.entries(connections.failed).filter(([why]) => pattern.test(why))))
  return count === 0 ? undefined : `${shownCount(count)} connections failed since this machine ran out of ${remedy}`
}

function busyLoop(measured: readonly Interval[]): string | undefined {
  if (shareOfTime(measured, ({ health }) => health.utilization >= BUSY) < BUSY_SHARE) return undefined
  const worst = highestUtilization(measured)
  return `its event loop was up to ${Math.round(worst * 100)} % busy (more --workers, or several processes with --shard)`
}

function stops(measured: readonly Interval[], result: Result): string | undefined {
  // The worst of each interval: the least that it stood still in all.
  const long = measured.map(({ health }) => health.loopDelayMaxMs).filter((ms) => ms >= STOP_MS)
  const total = long.reduce((sum, ms) => sum + ms, 0)
  const lengthMs = measured.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)
  const share = Math.max(STOPPED_SHARE, LEFT_OUT / Math.max(1, countOf(result)))
  if (total === 0 || total < Math.min(1, share) * lengthMs) return undefined
  const worstUs = Math.max(...long) * 1000
  if (!isNoticeable(worstUs, result)) return undefined
  return `its event loop stood still for ${shownTime(total * 1000)} in all, at worst ${shownTime(worstUs)}`
}

/** How many of what was measured there were. */
function countOf({ measured }: Result): number {
  const { endToEnd, acknowledged, schedule, connack } = measured
  return [endToEnd, acknowledged, schedule, connack].map(({ count }) => count).find((count) => count > 0) ?? 0
}

function lateSchedule(result: Result): string | undefined {
  const late = percentileOf(result.measured.schedule, 99)
  return late === undefined || late < LATE_US || !isNoticeable(late, result)
    ? undefined
    : `1 of 100 messages was ${shownTime(late)} late in its turn, or more`
}

function isNoticeable(us: number, { measured }: Result): boolean {
  const ofMessages = [measured.endToEnd, measured.acknowledged].filter(({ count }) => count > 0)
  const latencies = ofMessages.length > 0 ? ofMessages : [measured.connack]
  return us >= NOTICEABLE * Math.max(...latencies.map((samples) => percentileOf(samples, 99) ?? 0))
}

function fullMachine(measured: readonly Interval[], cores: number): string | undefined {
  const isFull = ({ health }: Interval) => health.cpuCores >= ALL_CORES * cores
  if (shareOfTime(measured, isFull) < BUSY_SHARE) return undefined
  const used = meanOverTime(measured.filter(isFull), ({ health }) => health.cpuCores)
  return `it took ${used.toFixed(1)} of the ${cores} cores of this machine`
}
