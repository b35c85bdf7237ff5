import type { ConnectionCounts, MessageCounts, Result } from '../result.ts'
import type { PlanParts } from './plan.ts'
import type { Books, Script } from './script.ts'

/** A run with what is known of it besides its result. */
export interface Found {
  readonly result: Result
  readonly books: Books
  /** By how much this machine may have delayed a message on its whole way, in milliseconds. */
  readonly slackMs: number
}

/** One line of the proof. */
export interface Claim {
  readonly planted: string
  /** What the report says of it. */
  readonly reported: string
  readonly holds: boolean
}

/** Faults that are planted, and what the report then has to say. */
export interface Scenario {
  readonly name: string
  readonly script: Script
  /** One for each run. */
  readonly runs: readonly PlanParts[]
  claims(found: readonly Found[]): readonly Claim[]
}

/** Counts of a run in which all went well, but for what is said. */
export function countsOf(
  messages: number,
  deliveries: number,
  others: Partial<MessageCounts> = {},
): Readonly<MessageCounts> {
  return {
    intended: messages,
    sent: messages,
    acknowledged: messages,
    rejected: {},
    unanswered: 0,
    expected: deliveries,
    received: deliveries,
    lost: 0,
    duplicates: 0,
    outOfOrder: 0,
    foreign: 0,
    ...others,
  }
}

export function connectionsOf(
  intended: number,
  connected: number,
  others: Partial<ConnectionCounts> = {},
): Readonly<ConnectionCounts> {
  return {
    intended,
    connected,
    left: 0,
    missed: 0,
    sessionsLost: 0,
    failed: {},
    lost: {},
    subscriptionsRefused: {},
    ...others,
  }
}
