import { isDeepStrictEqual } from 'node:util'
import { shownCount, shownTime } from '../figures.ts'
import { lowestOf, type Samples } from '../latencies.ts'
import { totalOf } from '../metrics.ts'
import type { ConnectionCounts, MessageCounts } from '../result.ts'
import type { Claim, Found } from './scenario.ts'

/** Claims that every count of messages is this, and that it agrees with the broker's own. */
export function claimCounts(planted: string, { result, books }: Found, expected: MessageCounts): Claim {
  const { messages, measured } = result
  const agrees =
    messages.sent === books.published &&
    messages.received + messages.duplicates === books.delivered &&
    // At QoS 0 nothing is answered.
    (books.acknowledged === 0 || messages.acknowledged === books.acknowledged)
  const isTimed = measured.endToEnd.count === messages.received && measured.endToEnd.negative === 0
  return {
    planted,
    reported: shownCounts(messages),
    holds: agrees && isTimed && isDeepStrictEqual(messages, expected),
  }
}

export function claimConnections(planted: string, { result }: Found, expected: ConnectionCounts): Claim {
  const { connections } = result
  const { failed, lost, subscriptionsRefused } = connections
  const parts = [
    `connected ${shownCount(connections.connected)} of ${shownCount(connections.intended)}`,
    ...shownReasons('failed', failed),
    ...shownReasons('lost', lost),
    ...shownReasons('subscription refused', subscriptionsRefused),
  ]
  return { planted, reported: parts.join(', '), holds: isDeepStrictEqual(connections, expected) }
}

/** Claims that a time lies between two, in milliseconds, but for the resolution of histograms. */
export function claimTime(
  planted: string,
  what: string,
  us: number | undefined,
  [fromMs, toMs]: readonly [number, number],
): Claim {
  const reported = us === undefined ? `${what}: too few samples` : `${what} ${shownTime(us)}`
  const holds = us !== undefined && us >= fromMs * 1000 * (1 - RESOLUTION) && us <= toMs * 1000 * (1 + RESOLUTION)
  return { planted, reported, holds }
}

/** Claims that so many samples are above a time, in milliseconds: from `least` to `most`. */
export function claimAbove(
  planted: string,
  what: string,
  samples: Samples,
  ms: number,
  [least, most]: readonly [number, number],
): Claim {
  const count = countAbove(samples, ms * 1000)
  return {
    planted,
    reported: `${what}: ${shownCount(count)} above ${shownTime(ms * 1000)}`,
    holds: count >= least && count <= most,
  }
}

/** Of histograms with three digits. */
const RESOLUTION = 1 / 1024

function countAbove({ buckets }: Samples, us: number): number {
  let count = 0
  for (let at = 0; at < buckets.length; at += 2) if (lowestOf(buckets[at]!) >= us) count += buckets[at + 1]!
  return count
}

/** What was sent and received, and of the rest what there is. */
function shownCounts({ sent, received, lost, duplicates, outOfOrder, ...rest }: MessageCounts): string {
  const parts = [
    `sent ${shownCount(sent)}`,
    ...(rest.intended === sent ? [] : [`not sent ${shownCount(rest.intended - sent)}`]),
    ...shownReasons('rejected', rest.rejected),
    ...(rest.unanswered === 0 ? [] : [`unanswered ${shownCount(rest.unanswered)}`]),
    `received ${shownCount(received)}`,
    ...(lost === undefined ? [] : [`lost ${shownCount(lost)}`]),
    `duplicates ${shownCount(duplicates)}`,
    `out of order ${shownCount(outOfOrder)}`,
    ...(rest.foreign === 0 ? [] : [`of others ${shownCount(rest.foreign)}`]),
  ]
  return parts.join(', ')
}

function shownReasons(what: string, reasons: Readonly<Record<string, number>>): string[] {
  if (totalOf(reasons) === 0) return []
  const all = Object.entries(reasons).map(([reason, count]) => `${shownCount(count)} ${reason}`)
  return [`${what} ${all.join(' and ')}`]
}
