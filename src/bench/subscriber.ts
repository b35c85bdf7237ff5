import type { Message } from '../mqtt/message.ts'
import { withoutShare } from '../mqtt/topic.ts'
import type { Work } from './client.ts'
import type { Context } from './context.ts'
import type { Deliveries } from './deliveries.ts'
import { talkOfParts } from './parts/topics.ts'
import { isStamped } from './payloads.ts'
import { clientsOf } from './roster.ts'
import type { Sequences } from './sequences.ts'
import { readStamp } from './stamp.ts'
import type { WillTimes } from './testator.ts'

/** Checks what one subscriber receives. */
export class Subscriber implements Work {
  readonly filter: string
  readonly #context: Context
  readonly #publishers: number
  /** Its messages have stamps. */
  readonly #checks: boolean
  /** Its own, or that of its shared group. */
  readonly #sequences: Sequences
  /** The latest number of each publisher, for a member of a shared group, which gets only some. */
  readonly #latest: Map<number, number> | undefined
  readonly #retained: boolean
  readonly #isTalk: (message: Message) => boolean
  readonly #willTimes: WillTimes | undefined

  constructor(context: Context, filter: string, deliveries: Deliveries) {
    const { plan } = context
    this.#context = context
    this.#willTimes = context.willTimes
    this.filter = filter
    this.#publishers = clientsOf(plan, 'publisher')
    this.#checks = plan.publish !== undefined && isStamped(plan.publish)
    this.#retained = (plan.subscribe?.options.retainAsPublished ?? false) && plan.client.values.protocolVersion === 5
    this.#isTalk = talkOfParts(plan)
    const isShared = withoutShare(filter) !== filter
    this.#latest = isShared ? new Map() : undefined
    this.#sequences = isShared ? deliveries.ofGroup(filter) : deliveries.ofOne()
  }

  received(message: Message, nowUs: number): void {
    const { meter, clock } = this.#context
    if (this.#isTalk(message)) return
    meter.passed.received++
    meter.deliveries++
    if (!this.#checks) {
      this.#countAny(nowUs)
      return
    }
    const stamp = readStamp(message.bytes, message.payloadStart, message.payloadEnd)
    // A message that was retained before this run may have a stamp of another.
    if (stamp === undefined || stamp.publisher >= this.#publishers || (message.retain && !this.#retained)) {
      meter.counts.foreign++
      return
    }
    const { publisher, sequence, delayUs } = stamp
    const arrival = this.#sequences.add(publisher, sequence)
    const isLate = this.#latest === undefined ? arrival === 'late' : this.#isLate(this.#latest, publisher, sequence)
    const willUs = this.#willTimes?.dueUs(publisher)
    if (willUs === undefined ? !stamp.counts : willUs < meter.countsFromUs) return
    if (arrival === 'duplicate') meter.counts.duplicates++
    else if (arrival === 'undecided') meter.counts.undecided++
    else if (willUs === undefined) this.#count(clock.ofStamp(stamp.due, nowUs), delayUs, isLate, nowUs)
    else this.#count(willUs, undefined, isLate, nowUs)
  }

  #count(dueUs: number, delayUs: number | undefined, isLate: boolean, nowUs: number): void {
    const { meter } = this.#context
    meter.counts.received++
    meter.lastReceivedUs = nowUs
    if (isLate) meter.counts.outOfOrder++
    meter.endToEnd.record(nowUs - dueUs)
    if (delayUs !== undefined) meter.endToEndFromSent.record(nowUs - dueUs - delayUs)
  }

  /** Where nobody of this run publishes, or nothing is stamped, whatever comes is what was waited for. */
  #countAny(nowUs: number): void {
    const { meter } = this.#context
    if (nowUs < meter.countsFromUs) return
    meter.counts.received++
    meter.lastReceivedUs = nowUs
  }

  #isLate(latest: Map<number, number>, publisher: number, sequence: number): boolean {
    const last = latest.get(publisher) ?? -1
    if (sequence < last) return true
    latest.set(publisher, sequence)
    return false
  }
}
