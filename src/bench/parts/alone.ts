import type { Clock } from '../clock.ts'
import type { Plan } from '../plan.ts'
import { haveDrained, isLoadOver, type Parts, type Ready, type Standing, type Start, tooFew } from './parts.ts'

/** A run of one part. */
export class Alone implements Parts {
  start: Start | undefined
  readonly gone = []
  readonly clock = undefined
  readonly #plan: Plan
  readonly #clock: Clock
  #standing: Standing | undefined

  constructor(plan: Plan, clock: Clock) {
    this.#plan = plan
    this.#clock = clock
  }

  get isLoaded(): boolean {
    return this.#standing !== undefined && isLoadOver(this.#plan, [this.#standing])
  }

  get hasDrained(): boolean {
    return this.#standing !== undefined && haveDrained([this.#standing])
  }

  ready(own: Ready): void {
    const refused = tooFew(this.#plan, [own])
    const atUs = Math.ceil(this.#clock.us() + this.#plan.phases.settleMs * 1000)
    this.start = refused === undefined ? { atUs, unsubscribed: own.unsubscribed, aheadUs: 0 } : { refused }
  }

  tell(standing: Standing): void {
    this.#standing = standing
  }

  async leave(): Promise<void> {}

  stop(): void {}
}
