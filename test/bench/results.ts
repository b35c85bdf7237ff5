import { Latencies, NO_SAMPLES, type Samples } from '../../src/bench/latencies.ts'
import type {
  ConnectionCounts,
  GeneratorHealth,
  Interval,
  Measured,
  MessageCounts,
  Result,
} from '../../src/bench/result.ts'

/** Samples of these microseconds. */
function samplesOf(values: Iterable<number>): Samples {
  const latencies = new Latencies()
  for (const value of values) latencies.record(value)
  return latencies.take()
}

/** As many samples as `count`, evenly from 1 µs to `us`. */
export function evenly(count: number, us: number): Samples {
  return samplesOf(Array.from({ length: count }, (_, at) => Math.ceil(((at + 1) * us) / count)))
}

export function measuredOf(some: Partial<Measured> = {}): Measured {
  return {
    tcp: NO_SAMPLES,
    tls: NO_SAMPLES,
    connack: NO_SAMPLES,
    suback: NO_SAMPLES,
    returned: NO_SAMPLES,
    flood: NO_SAMPLES,
    schedule: NO_SAMPLES,
    waited: NO_SAMPLES,
    acknowledged: NO_SAMPLES,
    acknowledgedFromSent: NO_SAMPLES,
    endToEnd: NO_SAMPLES,
    endToEndFromSent: NO_SAMPLES,
    slow: NO_SAMPLES,
    ...some,
  }
}

export const healthy: GeneratorHealth = {
  loopDelayMaxMs: 2,
  loopDelayP99Ms: 1,
  utilization: 0.3,
  gcMs: 1,
  cpuCores: 0.4,
  socketBacklog: 0,
  waiting: 0,
}

/** Second `at` of a measurement, with 1000 messages. */
export function intervalOf(at: number, some: Partial<Interval> = {}): Interval {
  return {
    phase: 'measure',
    startMs: at * 1000,
    endMs: (at + 1) * 1000,
    connected: 20,
    sent: 1000,
    acknowledged: 1000,
    received: 1000,
    bytesSent: 110_000,
    bytesReceived: 110_000,
    measured: measuredOf({ endToEnd: evenly(1000, 1000) }),
    health: healthy,
    ...some,
  }
}

/** Ten seconds at 1000 messages a second, with nothing wrong. */
export function resultOf({
  messages,
  connections,
  ...some
}: Omit<Partial<Result>, 'messages' | 'connections'> & {
  readonly messages?: Partial<MessageCounts>
  readonly connections?: Partial<ConnectionCounts>
} = {}): Result {
  return {
    began: '2026-11-25T10:00:00.000Z',
    measuredMs: 10_000,
    acknowledgingMs: 10_000,
    receivingMs: 10_000,
    incomplete: undefined,
    connections: {
      intended: 20,
      connected: 20,
      left: 0,
      missed: 0,
      sessionsLost: 0,
      failed: {},
      lost: {},
      subscriptionsRefused: {},
      ...connections,
    },
    messages: {
      intended: 10_000,
      sent: 10_000,
      acknowledged: 10_000,
      rejected: {},
      unanswered: 0,
      expected: 10_000,
      received: 10_000,
      lost: 0,
      duplicates: 0,
      outOfOrder: 0,
      foreign: 0,
      ...messages,
    },
    slow: undefined,
    measured: measuredOf({ endToEnd: evenly(10_000, 1000), connack: evenly(20, 900) }),
    intervals: Array.from({ length: 10 }, (_, at) => intervalOf(at)),
    brokerLimits: {},
    clocks: [],
    ...some,
  }
}
