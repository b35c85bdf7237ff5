import type { UsageError } from '../../errors.ts'
import type { Progress } from '../orders.ts'
import type { Plan } from '../plan.ts'
import type { PartClock } from '../result.ts'
import { hasLoad } from '../roster.ts'

/** A part when each of its clients is connected and subscribed, or has failed. */
export interface Ready {
  readonly connected: number
  readonly intended: number
  /** Numbers of its subscribers that will receive nothing. */
  readonly unsubscribed: readonly number[]
}

/** How far a part is. */
export interface Standing extends Progress {
  /** No message will be due any more. */
  readonly loaded: boolean
  /** Nothing is sent any more but what was due: the other numbers are of this time. */
  readonly drains: boolean
}

/** What all parts begin with, or why they do not. */
export type Start =
  | {
      /** By the clock of this part's run. */
      readonly atUs: number
      /** Of all parts. */
      readonly unsubscribed: readonly number[]
      /** How far the clock that stamps go by is ahead of the one here. */
      readonly aheadUs: number
    }
  | { readonly refused: string | UsageError }

/** This part of a run and the others, if there are any: they begin and end together. */
export interface Parts {
  /** Says that this part can begin. */
  ready(own: Ready): void
  /** Undefined as long as the others are waited for. */
  readonly start: Start | undefined
  /** Says how far this part is. */
  tell(standing: Standing): void
  /** The load of all parts is over. */
  readonly isLoaded: boolean
  /** All that the messages of all parts should make has come. */
  readonly hasDrained: boolean
  /** Parts that have ended before, from 0. */
  readonly gone: readonly number[]
  /** Of a part whose clock is not that of part 1. */
  readonly clock: PartClock | undefined
  /** Waits until the others need this part no more. */
  leave(): Promise<void>
  /** Ends at once. */
  stop(): void
}

/** What is wrong when this many are connected, of all parts together; undefined when they are enough. */
export function tooFew(plan: Plan, all: readonly Ready[]): string | undefined {
  const [connected, intended] = [sumOf(all, (each) => each.connected), sumOf(all, (each) => each.intended)]
  const least = intended * plan.phases.minConnected
  if (connected >= least) return undefined
  const wanted = `${Math.ceil(least)} were to be (--min-connected)`
  return `only ${connected} of ${intended} clients were connected, and ${wanted}`
}

/** Whether the load of all parts is over. */
export function isLoadOver(plan: Plan, all: readonly Standing[]): boolean {
  const { messages } = plan.phases
  if (hasLoad(plan)) return all.every(({ loaded, drains }) => loaded || drains)
  return messages !== undefined && sumOf(all, ({ deliveries }) => deliveries) >= messages
}

/** Whether nothing is still to come, in any part. */
export function haveDrained(all: readonly Standing[]): boolean {
  if (!all.every(({ drains }) => drains)) return false
  if (sumOf(all, ({ alive }) => alive) === 0) return true
  const isSent = sumOf(all, ({ outstanding }) => outstanding) === 0
  return isSent && sumOf(all, ({ received }) => received) >= sumOf(all, ({ expected }) => expected)
}

function sumOf<T>(all: readonly T[], amountOf: (each: T) => number): number {
  return all.reduce((sum, each) => sum + amountOf(each), 0)
}
