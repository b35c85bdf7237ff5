import type { Message } from '../mqtt/message.ts'
import { matches } from '../mqtt/topic.ts'
import type { Condition } from './condition.ts'
import { Nearest, type Sighting, sightingOf } from './nearest.ts'
import { View } from './view.ts'

/** What is to come, and what is not. */
export interface Expectation {
  readonly filters: readonly string[]
  /** That each message has to meet to count. */
  readonly conditions: readonly Condition[]
  /** That messages have to meet one after the other. */
  readonly steps: readonly Condition[]
  /** How many messages are to count: `atMost` is Infinity without a limit. */
  readonly atLeast: number
  readonly atMost: number
  /** Filters of topics on which nothing may come. */
  readonly none: readonly string[]
  /** Leaves out messages with RETAIN: they are from before the subscription. */
  readonly withoutRetained: boolean
}

/** What came and must not have: one more than may count, or on a topic of `none`. */
export interface Breach {
  /** The filter of `none`; undefined for one too many. */
  readonly filter: string | undefined
  readonly sighting: Sighting
}

/** What has come so far, told message by message. */
export class Tally {
  readonly expectation: Expectation
  readonly nearest = new Nearest()
  counted = 0
  /** Messages of the filters that do not count. */
  passed = 0
  /** Retained messages that were left out. */
  leftOut = 0
  breach: Breach | undefined

  constructor(expectation: Expectation) {
    this.expectation = expectation
  }

  get hasEnough(): boolean {
    return this.counted >= this.expectation.atLeast
  }

  /** Whether something may still come that must not, however much has come. */
  get canBreak(): boolean {
    return this.expectation.none.length > 0 || this.expectation.atMost < Number.POSITIVE_INFINITY
  }

  /**
   * @returns the filter by which the message counts, if it does.
   * @throws MalformedPacketError
   */
  take(message: Message): string | undefined {
    const { filters, none, withoutRetained } = this.expectation
    const { topic } = message
    const ruledOut = none.find((filter) => matches(filter, topic))
    const filter = filters.find((each) => matches(each, topic))
    if (ruledOut === undefined && filter === undefined) return undefined
    if (withoutRetained && message.retain) {
      this.leftOut++
      return undefined
    }
    const view = new View(message)
    if (ruledOut !== undefined) {
      this.breach ??= { filter: ruledOut, sighting: sightingOf(view, []) }
      return undefined
    }
    return this.#count(view) ? filter : undefined
  }

  #count(view: View): boolean {
    const { conditions, steps, atMost } = this.expectation
    const awaited = steps[this.counted]
    // All steps are done.
    if (steps.length > 0 && awaited === undefined) return false
    const failures = [...conditions, ...(awaited === undefined ? [] : [awaited])].flatMap((condition) => {
      const failure = condition.failure(view)
      return failure === undefined ? [] : [failure === '' ? condition.typed : `${condition.typed} (${failure})`]
    })
    if (failures.length > 0) {
      this.passed++
      this.nearest.add(view, failures)
      return false
    }
    this.counted++
    if (this.counted > atMost) this.breach ??= { filter: undefined, sighting: sightingOf(view, []) }
    return true
  }
}
