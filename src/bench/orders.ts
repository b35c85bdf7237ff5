import type { Epoch } from './clock.ts'
import type { ThreadHealth } from './health.ts'
import type { Counted, Passed } from './meter.ts'
import type { Plan } from './plan.ts'
import type { Measured } from './result.ts'

/** The argument by which a thread of this program knows that it is a crew. No user can type it. */
export const CREW = '\0crew'

/** What a crew is made of; plain data. */
export interface CrewSetup {
  readonly plan: Plan
  /** Its number among the workers of this process, from 0. */
  readonly worker: number
  /** When the run began. */
  readonly epoch: Epoch
}

/** What the run asks of each crew, in this order but for samples. */
export type Order =
  | { readonly do: 'connect' }
  | {
      readonly do: 'load'
      readonly atUs: number
      /** Numbers of the subscribers that will receive nothing. */
      readonly unsubscribed: readonly number[]
      /** How far the clock that stamps go by is ahead of the one here. */
      readonly aheadUs: number
    }
  /** No message is due any more. */
  | { readonly do: 'drain' }
  | { readonly do: 'leave' }
  | { readonly do: 'sample'; readonly number: number }

/** What a crew has to tell. */
export type Report =
  /** Each client is ready or has failed. */
  | { readonly tells: 'settled'; readonly connected: number; readonly unsubscribed: readonly number[] }
  /** No message will be due any more. */
  | { readonly tells: 'loaded' }
  /** How much of the load is still to come; every few milliseconds. */
  | { readonly tells: 'progress'; readonly progress: Progress }
  | { readonly tells: 'sample'; readonly number: number; readonly sample: Sample }
  /** All clients are gone, and these are the counts as they were when they were told to. */
  | { readonly tells: 'left'; readonly counted: Counted }
  | { readonly tells: 'notice'; readonly text: string }
  /** It can't work: `text` is for the user, unless it is a bug. */
  | { readonly tells: 'failed'; readonly error: unknown }

export interface Progress {
  /** 0 when no client is connected, nor will be again. */
  readonly alive: number
  /** Messages to be sent or acknowledged, of clients that are connected, and clients on their way back. */
  readonly outstanding: number
  readonly expected: number
  readonly received: number
  /** Messages of whatever kind that have come since the load began. */
  readonly deliveries: number
}

/** What one crew has seen since the last sample. */
export interface Sample {
  readonly connected: number
  readonly passed: Passed
  readonly measured: Measured
  readonly health: ThreadHealth
  readonly socketBacklog: number
  readonly waiting: number
  /** From the beginning on. */
  readonly counted: Counted
}

/** A crew as the run sees it, in whatever thread. */
export interface Worker {
  order(order: Order): void
  /** Ends it at once. */
  stop(): Promise<void>
}
