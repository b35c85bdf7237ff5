import type { Samples } from './latencies.ts'
import type { Offset } from './parts/offset.ts'

/** What is measured; each from the first moment named to the second. */
export interface Measured {
  /** From asking for the connection to TCP's. */
  readonly tcp: Samples
  /** From TCP's connection to the end of the TLS handshake. */
  readonly tls: Samples
  /** From sending CONNECT to CONNACK. */
  readonly connack: Samples
  /** From sending SUBSCRIBE to SUBACK. */
  readonly suback: Samples
  /** From when a client was due to come back to when it was ready again; of churn it is due when it is to leave. */
  readonly returned: Samples
  /** From when a client was due to subscribe to the last of the retained messages that its filter matches. */
  readonly flood: Samples
  /** From when a message was due to when its turn came: the delay of the generator itself. None of closed loop. */
  readonly schedule: Samples
  /** From when a message was due to when it was sent, of those that window or socket had no room for in their turn. */
  readonly waited: Samples
  /** From when a message was due to PUBACK or PUBCOMP. */
  readonly acknowledged: Samples
  /** The same from when it was sent: what one sees who does not look at the schedule. */
  readonly acknowledgedFromSent: Samples
  /** From when a message was due to its arrival at a subscriber. */
  readonly endToEnd: Samples
  readonly endToEndFromSent: Samples
  /** From when a message was due to its arrival at a subscriber that reads slowly; the others are apart. */
  readonly slow: Samples
}

/** Messages of the measurement, by what became of them. */
export interface MessageCounts {
  /** Were due. */
  readonly intended: number
  /** Were handed to a socket. `intended - sent` were due while nothing could be sent. */
  readonly sent: number
  /** At QoS 0 that is what was sent. */
  readonly acknowledged: number
  /** By reason code. */
  readonly rejected: Readonly<Record<string, number>>
  /** Sent, and neither acknowledged nor rejected at the end of the drain phase. */
  readonly unanswered: number
  /** Deliveries that the messages sent should have made, each subscriber and each shared group counting for itself. */
  readonly expected: number
  /** Deliveries of distinct messages. */
  readonly received: number
  /** Undefined in a part of a run: what it receives others have sent. */
  readonly lost: number | undefined
  readonly duplicates: number
  readonly outOfOrder: number
  /**
   * Late or duplicates, if there were any: too many messages were missing to remember which. Those that are late are
   * counted as lost.
   */
  readonly undecided?: number
  /** Messages that are not of this run, or too short to tell. */
  readonly foreign: number
}

/** Messages for the subscribers that read slowly, which `MessageCounts` leaves out. */
export interface SlowCounts {
  readonly expected: number
  readonly received: number
  readonly lost: number
  readonly duplicates: number
  readonly outOfOrder: number
  /** Their connections that were lost, by reason: `ConnectionCounts` has them, too. */
  readonly hungUp: Readonly<Record<string, number>>
}

/** All connections of the run: a client that comes back makes another one. */
export interface ConnectionCounts {
  readonly intended: number
  readonly connected: number
  /** Ended by the client, as planned, before the end of the run. */
  readonly left: number
  /** Times that a client was due to leave and come back while it was still on its way back. */
  readonly missed: number
  /** Clients that came back to a session, and the broker had none. */
  readonly sessionsLost: number
  /** By what was wrong, as the error message says it without the address. */
  readonly failed: Readonly<Record<string, number>>
  /** Connected, and lost before the end, by reason. */
  readonly lost: Readonly<Record<string, number>>
  /** Filters refused, by reason code. */
  readonly subscriptionsRefused: Readonly<Record<string, number>>
}

/** What was seen of the generator in an interval. */
export interface GeneratorHealth {
  /** Event-loop delay beyond the interval of the clock, worst and 99th percentile, of the worst worker, ms. */
  readonly loopDelayMaxMs: number
  readonly loopDelayP99Ms: number
  /** Share of one core that the busiest worker's event loop was busy, from 0 to 1. */
  readonly utilization: number
  /** Time in garbage collection, of all workers, ms. */
  readonly gcMs: number
  /** CPU time of the process per second, in cores. */
  readonly cpuCores: number
  /** Bytes that sockets hold since the operating system does not take them, of all clients. */
  readonly socketBacklog: number
  /** Messages that are due and wait for a window or socket. */
  readonly waiting: number
}

/** A stretch of the run. */
export interface Interval {
  readonly phase: 'connect' | 'settle' | 'warmup' | 'measure' | 'drain'
  /** Milliseconds since the run began. */
  readonly startMs: number
  readonly endMs: number
  readonly connected: number
  readonly sent: number
  readonly acknowledged: number
  readonly received: number
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Only of messages that count: warm-up is left out. */
  readonly measured: Measured
  readonly health: GeneratorHealth
}

/** How a clock that is not that of part 1 compares to it. */
export interface PartClock {
  /** From 0. */
  readonly part: number
  /** Before the measurement; what was received is told by this. */
  readonly before: Offset
  /** After it; undefined when part 1 did not answer any more. */
  readonly after: Offset | undefined
}

/** What a run has come to: of one worker, one process, or several added up. */
export interface Result {
  /** When it began, ISO 8601. */
  readonly began: string
  /** How long messages were due that count, ms. */
  readonly measuredMs: number
  /**
   * From the same moment to the last acknowledgement, and to the last arrival, of a message that counts, ms; no less than
   * `measuredMs`. A rate over the time of sending alone would count what came after it for nothing.
   */
  readonly acknowledgingMs: number
  readonly receivingMs: number
  /** The user stopped it, or too few clients were connected: what follows is of the part that was run. */
  readonly incomplete: string | undefined
  readonly connections: ConnectionCounts
  readonly messages: MessageCounts
  /** Undefined where no subscriber is slow. */
  readonly slow: SlowCounts | undefined
  /** Of the whole measurement. */
  readonly measured: Measured
  readonly intervals: readonly Interval[]
  /** What the broker stated in its first CONNACK [MQTT 5, 3.2.2.3], by the names of MQTT.js; empty before MQTT 5. */
  readonly brokerLimits: Readonly<Record<string, number | boolean>>
  /** Of parts on other machines than part 1. */
  readonly clocks: readonly PartClock[]
}
