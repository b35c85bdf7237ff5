import type { Clock } from './clock.ts'
import type { Meter } from './meter.ts'
import type { Outbox } from './outbox.ts'
import type { Plan } from './plan.ts'
import type { WillTimes } from './testator.ts'

/** What all clients of one thread have in common. */
export interface Context {
  readonly plan: Plan
  readonly clock: Clock
  readonly meter: Meter
  readonly outbox: Outbox
  /** Where the messages are wills. */
  readonly willTimes: WillTimes | undefined
}
