import { Latencies, type Samples } from './latencies.ts'
import type { Measured, SlowCounts } from './result.ts'
import { type Reasons, Tally } from './tally.ts'

export const MEASURED = [
  'tcp',
  'tls',
  'connack',
  'suback',
  'returned',
  'flood',
  'schedule',
  'waited',
  'acknowledged',
  'acknowledgedFromSent',
  'endToEnd',
  'endToEndFromSent',
  'slow',
] as const satisfies readonly (keyof Measured)[]

/** What has passed since the last look, of all messages. */
export interface Passed {
  readonly sent: number
  readonly acknowledged: number
  readonly received: number
  readonly bytesSent: number
  readonly bytesReceived: number
}

/** All that one thread has counted, from the beginning. */
export interface Counted {
  readonly connected: number
  readonly left: number
  readonly returns: number
  readonly missed: number
  readonly sessionsLost: number
  readonly failed: Reasons
  readonly lost: Reasons
  readonly subscriptionsRefused: Reasons
  readonly intended: number
  readonly sent: number
  readonly acknowledged: number
  readonly rejected: Reasons
  readonly expected: number
  readonly received: number
  readonly duplicates: number
  readonly outOfOrder: number
  readonly undecided: number
  readonly foreign: number
  /** Of slow subscribers, which all that is received leaves out. */
  readonly slowExpected: number
  readonly slow: Omit<SlowCounts, 'expected' | 'lost'>
  /** When the last message that counts was acknowledged, and was received; -Infinity if none. */
  readonly lastAcknowledgedUs: number
  readonly lastReceivedUs: number
  readonly brokerLimits: Readonly<Record<string, number | boolean>>
}

/** What one thread records. Messages count if they were due when `countsFromUs` had come. */
export class Meter {
  countsFromUs = Number.POSITIVE_INFINITY
  /** Messages of whatever kind that have come. */
  deliveries = 0
  lastAcknowledgedUs = Number.NEGATIVE_INFINITY
  lastReceivedUs = Number.NEGATIVE_INFINITY
  readonly tcp = new Latencies()
  readonly tls = new Latencies()
  readonly connack = new Latencies()
  readonly suback = new Latencies()
  readonly returned = new Latencies()
  readonly flood = new Latencies()
  readonly schedule = new Latencies()
  readonly waited = new Latencies()
  readonly acknowledged = new Latencies()
  readonly acknowledgedFromSent = new Latencies()
  readonly endToEnd: Latencies
  readonly endToEndFromSent = new Latencies()
  /** From due to received, of subscribers that read slowly. */
  readonly slow = new Latencies()
  readonly passed = { sent: 0, acknowledged: 0, received: 0, bytesSent: 0, bytesReceived: 0 }
  readonly counts = {
    connected: 0,
    left: 0,
    returns: 0,
    missed: 0,
    sessionsLost: 0,
    intended: 0,
    sent: 0,
    acknowledged: 0,
    expected: 0,
    slowExpected: 0,
    received: 0,
    duplicates: 0,
    outOfOrder: 0,
    undecided: 0,
    foreign: 0,
  }
  readonly failed = new Tally()
  readonly lost = new Tally()
  readonly subscriptionsRefused = new Tally()
  readonly rejected = new Tally()
  readonly brokerLimits: Record<string, number | boolean> = {}

  /** @param endToEnd where to record how long messages took until they were received. */
  constructor(endToEnd = new Latencies()) {
    this.endToEnd = endToEnd
  }

  /** Keeps the numbers and flags among the properties of the first CONNACK that has any. */
  noteLimits(properties: object): void {
    if (Object.keys(this.brokerLimits).length > 0) return
    for (const [name, value] of Object.entries(properties))
      if (typeof value === 'number' || typeof value === 'boolean') this.brokerLimits[name] = value
  }

  /** What was recorded and has passed since the last call. */
  take(): { readonly measured: Measured; readonly passed: Passed } {
    const measured = Object.fromEntries(MEASURED.map((name) => [name, this[name].take()])) as Record<
      keyof Measured,
      Samples
    >
    const passed = { ...this.passed }
    Object.assign(this.passed, { sent: 0, acknowledged: 0, received: 0, bytesSent: 0, bytesReceived: 0 })
    return { measured, passed }
  }

  /** Clients that are connected. */
  get connected(): number {
    return this.counts.connected - this.counts.left - this.lost.total
  }

  /** Of slow subscribers somebody else knows. */
  counted(): Omit<Counted, 'slow'> {
    return {
      ...this.counts,
      lastAcknowledgedUs: this.lastAcknowledgedUs,
      lastReceivedUs: this.lastReceivedUs,
      failed: this.failed.counts,
      lost: this.lost.counts,
      subscriptionsRefused: this.subscriptionsRefused.counts,
      rejected: this.rejected.counts,
      brokerLimits: this.brokerLimits,
    }
  }
}
