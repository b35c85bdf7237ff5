import type { Clock, HostClock } from '../clock.ts'
import type { Plan } from '../plan.ts'

/** What a part of a run is made of. */
export interface Setting {
  readonly plan: Plan
  /** Of this part's run. */
  readonly clock: Clock
  readonly host: HostClock
  /** JSON of what is the same in all parts of a run. */
  readonly configuration: string
  /** Tells this process from others. */
  readonly session: string
  /** Is called when something may have changed that others bring about. */
  changed(): void
  /** For the user. */
  notice(text: string): void
}
