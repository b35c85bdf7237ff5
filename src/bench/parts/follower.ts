import { UsageError } from '../../errors.ts'
import type { PartClock } from '../result.ts'
import { hasLoad } from '../roster.ts'
import { Channel } from './channel.ts'
import { ClockCheck } from './clock-check.ts'
import type { Offset } from './offset.ts'
import { differenceOf, partNames } from './part-names.ts'
import type { Parts, Ready, Standing, Start } from './parts.ts'
import { type Answer, type FromLeader, type FromPart, readAnswer, readFromLeader } from './protocol.ts'
import type { Setting } from './setting.ts'

/** How often this part says what it has to say, while it meets the others, under load, and at the end. */
const MEETING_MS = 200
const LOAD_MS = 1000
const DRAIN_MS = 50

/** After this silence part 1 counts as gone: it answers. */
const SILENT_US = 10e6

const SAME_CLOCK: Offset = { aheadUs: 0, errorUs: 0 }

/** Any part but the first. */
export class Follower implements Parts {
  start: Start | undefined
  readonly #setting: Setting
  #channel: Channel | undefined
  #timer: NodeJS.Timeout | undefined
  #own: Ready | undefined
  #standing: Standing | undefined
  #readyUs = 0
  #heardUs = 0
  #over: FromPart['over']
  #isLeaving = false
  /** What part 1 has said last. */
  #told: FromLeader | undefined
  #before: Offset | undefined
  #after: Offset | undefined
  #check: ClockCheck | undefined

  constructor(setting: Setting) {
    this.#setting = setting
  }

  get isLoaded(): boolean {
    return this.#told?.loaded === true || (this.#isLeaderGone && this.#standing?.loaded === true)
  }

  get hasDrained(): boolean {
    return this.#told?.drained === true
  }

  get gone(): readonly number[] {
    return [...(this.#isLeaderGone && !this.hasDrained ? [0] : []), ...(this.#told?.gone ?? [])]
  }

  get clock(): PartClock | undefined {
    if (this.#before === undefined || this.#before === SAME_CLOCK) return undefined
    return { part: this.#setting.plan.shard.index, before: this.#before, after: this.#after }
  }

  ready(own: Ready): void {
    const { plan, clock, session } = this.#setting
    this.#own = own
    this.#readyUs = this.#nowUs
    this.#channel = new Channel(plan, clock, session, {
      received: (document, nowUs) => this.#received(document, nowUs),
      lost: (reason) => this.#refuse(`the parts can't meet: ${reason}`),
    })
    this.#speakAgain()
  }

  tell(standing: Standing): void {
    const isNews = standing.loaded !== this.#standing?.loaded || standing.drains !== this.#standing.drains
    this.#standing = standing
    if (isNews) this.#speakAgain()
  }

  async leave(): Promise<void> {
    this.#isLeaving = true
    if (this.clock === undefined || this.#isLeaderGone) return
    this.#after = await this.#compareClocks()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#check?.stop()
    this.#over = this.#isLeaving ? 'in time' : 'early'
    this.#speak()
    this.#channel?.close()
    this.#channel = undefined
  }

  get #nowUs(): number {
    return this.#setting.clock.us()
  }

  get #isLeaderGone(): boolean {
    return this.#told !== undefined && (this.#told.over || this.#nowUs - this.#heardUs > SILENT_US)
  }

  #speakAgain(): void {
    clearTimeout(this.#timer)
    this.#speak()
    if (this.start === undefined && this.#nowUs - this.#readyUs > this.#setting.plan.meeting.limitMs * 1000)
      this.#refuse(this.#late())
    this.#timer = setTimeout(() => {
      this.#speakAgain()
      this.#setting.changed()
    }, this.#restMs)
  }

  get #restMs(): number {
    const { plan } = this.#setting
    if (this.#standing?.drains === true) return DRAIN_MS
    // Of what all have received together part 1 tells when it is enough.
    const isCounted = !hasLoad(plan) && plan.phases.messages !== undefined
    return this.start === undefined || isCounted ? MEETING_MS : LOAD_MS
  }

  #late(): string {
    const { shard, meeting } = this.#setting.plan
    const missing = this.#told?.missing ?? [0]
    const what = missing.length === 0 ? 'the start' : partNames(missing, shard.of)
    return `${what} did not come within ${meeting.limitMs / 1000} s (--meet)`
  }

  #speak(): void {
    if (this.#own === undefined) return
    const { plan, session, configuration } = this.#setting
    const message: FromPart = {
      part: plan.shard.index,
      session,
      configuration,
      ready: this.#own,
      knowsClock: this.#before !== undefined,
      standing: this.#standing,
      over: this.#over,
    }
    this.#channel?.send(0, message)
  }

  #received(document: unknown, nowUs: number): void {
    const answer = readAnswer(document)
    const message = readFromLeader(document)
    if (answer?.session === this.#setting.session) this.#answered(answer, nowUs)
    else if (message?.session === this.#setting.session) this.#hear(message, nowUs)
  }

  #answered(answer: Answer, nowUs: number): void {
    this.#check?.answered(answer.answer, answer, this.#setting.clock.hostUs(nowUs))
  }

  #hear(message: FromLeader, nowUs: number): void {
    const { plan, configuration, host } = this.#setting
    this.#told = message
    this.#heardUs = nowUs
    const difference = differenceOf(message.configuration, configuration)
    const self = partNames([plan.shard.index], plan.shard.of)
    if (difference !== undefined) this.#refuse(new UsageError(`part 1 is of another run: it differs in ${difference}`))
    else if (message.twin) this.#refuse(new UsageError(`another process is ${self}, too`))
    else if (message.refused !== undefined) this.#refuse(message.refused)
    else if (message.missing.length === 0 && message.start === undefined)
      void this.#learnClock(message.host === host.id)
    if (message.start !== undefined) this.#begin(message.start)
    this.#setting.changed()
  }

  async #learnClock(isSame: boolean): Promise<void> {
    if (this.#before !== undefined || this.#check !== undefined) return
    this.#before = isSame ? SAME_CLOCK : await this.#compareClocks()
    if (this.#before !== undefined) this.#speak()
  }

  async #compareClocks(): Promise<Offset | undefined> {
    const { plan, clock, session } = this.#setting
    const ask = (number: number) => {
      const askedUs = clock.hostUs(clock.us())
      this.#channel?.send(0, { part: plan.shard.index, session, ask: number })
      return askedUs
    }
    const offset = await new Promise<Offset | undefined>((resolve) => {
      this.#check = new ClockCheck(ask, resolve)
    })
    this.#check = undefined
    return offset
  }

  #begin({ atUs, unsubscribed }: NonNullable<FromLeader['start']>): void {
    if (this.start !== undefined || this.#before === undefined) return
    const { aheadUs } = this.#before
    this.start = { atUs: Math.round(this.#setting.clock.ofHost(atUs - aheadUs)), unsubscribed, aheadUs }
  }

  #refuse(refused: string | UsageError): void {
    if (this.start !== undefined) return
    this.start = { refused }
    this.#setting.changed()
  }
}
