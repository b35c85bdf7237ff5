import type { ClientOptions } from '../mqtt/client-options.ts'
import type { Context } from './context.ts'
import { isStamped, type Payloads } from './payloads.ts'
import type { PublishPlan } from './plan.ts'
import { Publisher } from './publisher.ts'
import type { Member } from './roster.ts'
import { Schedule } from './schedule.ts'
import { writeStamp } from './stamp.ts'

/** Has one message, its will, which the broker publishes when the client is cut off: that is what is due. */
export class Testator extends Publisher {
  readonly #context: Context

  constructor(context: Context, member: Member, payloads: Payloads) {
    super(context, member, payloads)
    this.#context = context
  }

  override due(dueUs: number, nowUs: number): false {
    const { meter } = this.#context
    const { counts, passed, countsFromUs } = meter
    const isReady = this.client?.isReady === true
    if (isReady) this.client!.leave('hard')
    if (isReady) passed.sent++
    if (dueUs < countsFromUs) return false
    counts.intended++
    meter.schedule.record(nowUs - dueUs)
    if (!isReady) return false
    counts.sent++
    counts.acknowledged++
    counts.expected += this.fanOut
    return false
  }
}

/** The options of a client whose will is a message of the run, the first of its payloads. */
export function withWill(
  options: ClientOptions,
  { number, topic }: Member,
  publish: PublishPlan,
  payloads: Payloads,
): ClientOptions {
  const { qos, retain, properties } = publish
  payloads.next(0)
  const own = Buffer.from(payloads.bytes.subarray(0, payloads.length))
  // When it will be due is not known yet: WillTimes knows later.
  if (isStamped(publish)) writeStamp(own, 0, number, 0, 0, 0, false)
  return {
    ...options,
    will: { topic, payload: own, qos, retain },
    properties: { ...options.properties, will: properties },
  }
}

/** When each will is due, whoever has it: all threads come to the same. */
export class WillTimes {
  readonly #plan: PublishPlan
  readonly #seed: number
  #times = new Float64Array()

  constructor(plan: PublishPlan, seed: number) {
    this.#plan = plan
    this.#seed = seed
  }

  /** The load begins at this time of the run. */
  start(atUs: number): void {
    const { segments, poisson, clients } = this.#plan
    const schedule = new Schedule({ segments: segments!, seed: poisson ? this.#seed : undefined })
    this.#times = Float64Array.from({ length: clients }, () => Math.round(atUs + schedule.next() * 1000))
  }

  dueUs(publisher: number): number {
    return this.#times[publisher]!
  }
}
