import type { Context } from './context.ts'
import type { PublishPlan } from './plan.ts'
import type { Publisher } from './publisher.ts'
import { Schedule } from './schedule.ts'

/** Messages of one thread that may wait; those that are due beyond are not sent, so that memory stays flat. */
const MOST_WAITING = 4_000_000

/** How often one looks whether something is due: as often as Node's timers can. */
const TICK_MS = 1

/** What makes things due in one thread, by a schedule or as fast as it goes. */
export interface Loading {
  /** Messages that are due and not sent. */
  readonly waiting: number
  /** What is still to be done of what was due. */
  readonly outstanding: number
  /**
   * Begins at this time of the run.
   *
   * @param done called when nothing will be due any more.
   */
  start(atUs: number, done: () => void): void
  /** Makes nothing due any more. What was goes on as before. */
  stop(): void
}

/** Lets the publishers of one thread send: when each message is due, or as fast as their windows allow. */
export class Load implements Loading {
  readonly #context: Context
  readonly #plan: PublishPlan
  readonly #publishers: readonly Publisher[]
  /** By publisher: its number among all of the plan. */
  readonly #numbers: readonly number[]
  #endUs = 0
  #done: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined
  #ready: Publisher[] = []

  constructor(context: Context, publishers: readonly Publisher[], numbers: readonly number[]) {
    this.#context = context
    this.#plan = context.plan.publish!
    this.#publishers = publishers
    this.#numbers = numbers
    for (const publisher of publishers) publisher.mostWaiting = MOST_WAITING / publishers.length
  }

  get waiting(): number {
    let waiting = 0
    for (const publisher of this.#publishers) waiting += publisher.waiting
    return waiting
  }

  /** Messages that are still to be sent or acknowledged. */
  get outstanding(): number {
    let outstanding = 0
    for (const publisher of this.#publishers) outstanding += publisher.outstanding
    return outstanding
  }

  start(atUs: number, done: () => void): void {
    const { warmupMs, measureMs } = this.#context.plan.phases
    this.#done = done
    this.#endUs = atUs + (warmupMs + measureMs) * 1000
    const waitMs = Math.max(0, (atUs - this.#context.clock.us()) / 1000)
    const { segments } = this.#plan
    const begin = segments === undefined ? () => this.#fillAll() : this.#ticker(atUs, segments)
    this.#timer = setTimeout(begin, waitMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    if (this.#done === undefined) return
    for (const publisher of this.#publishers) publisher.refill = undefined
    const done = this.#done
    this.#done = undefined
    done()
  }

  #ticker(atUs: number, segments: NonNullable<PublishPlan['segments']>): () => void {
    const { plan, clock } = this.#context
    const { clients, poisson } = this.#plan
    const seed = poisson ? plan.seed : undefined
    const schedule = new Schedule({ segments, members: this.#numbers, of: clients, seed })
    const dueAt = () => Math.round(atUs + schedule.next() * 1000)
    const behindLast = numberBehindLast(this.#context, atUs, new Schedule({ segments, seed }))
    let dueUs = dueAt()
    const touched = new Set<Publisher>()
    const tick = () => {
      const nowUs = clock.us()
      while (dueUs <= nowUs && dueUs < this.#endUs && schedule.number < behindLast) {
        const publisher = this.#publishers[schedule.member]!
        if (publisher.due(dueUs, nowUs)) touched.add(publisher)
        dueUs = dueAt()
      }
      for (const publisher of touched) publisher.flush(nowUs)
      touched.clear()
      const isOver = nowUs >= this.#endUs || schedule.number >= behindLast
      const endsEarly = dueUs === Number.POSITIVE_INFINITY && this.#endUs === Number.POSITIVE_INFINITY
      if (isOver || endsEarly) return this.stop()
      this.#timer = setTimeout(tick, TICK_MS)
    }
    return tick
  }

  /** Closed loop: every publisher sends whenever it can. */
  #fillAll(): void {
    this.#shareQuota()
    for (const publisher of this.#publishers) {
      publisher.refill = (each) => this.#queue(each)
      this.#queue(publisher)
    }
    const watch = () => {
      this.#timer = setTimeout(watch, TICK_MS)
      const isUsedUp = this.#isUsedUp()
      if (isUsedUp) this.#giveUpRest()
      if (isUsedUp || this.#context.clock.us() >= this.#endUs) this.stop()
    }
    watch()
  }

  #queue(publisher: Publisher): void {
    if (publisher.isQueued) return
    publisher.isQueued = true
    this.#ready.push(publisher)
    this.#immediate ??= setImmediate(() => this.#fillReady())
  }

  #fillReady(): void {
    this.#immediate = undefined
    const ready = this.#ready
    this.#ready = []
    for (const publisher of ready) {
      publisher.isQueued = false
      const nowUs = this.#context.clock.us()
      if (nowUs >= this.#endUs) return
      if (publisher.fill(nowUs)) this.#queue(publisher)
    }
  }

  #shareQuota(): void {
    const { messages } = this.#context.plan.phases
    if (messages === undefined) return
    const { clients } = this.#plan
    this.#publishers.forEach((publisher, at) => {
      publisher.quota = Math.floor(messages / clients) + (this.#numbers[at]! < messages % clients ? 1 : 0)
    })
  }

  /** Nobody who is connected has anything left to send. */
  #isUsedUp(): boolean {
    return this.#publishers.every(({ client, quota }) => quota === 0 || client === undefined || client.isOver)
  }

  /** What those were to send who are connected no more was intended, too. */
  #giveUpRest(): void {
    for (const { quota } of this.#publishers) if (Number.isFinite(quota)) this.#context.meter.counts.intended += quota
  }
}

/** The number of the first message, of all, that is not sent any more since those that count have been. */
function numberBehindLast({ plan }: Context, atUs: number, all: Schedule): number {
  const { warmupMs, messages } = plan.phases
  if (messages === undefined) return Number.POSITIVE_INFINITY
  const countsFromUs = atUs + warmupMs * 1000
  while (Math.round(atUs + all.next() * 1000) < countsFromUs);
  return Math.max(0, all.number) + messages
}
