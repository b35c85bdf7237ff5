import { UsageError } from '../../errors.ts'
import { Channel } from './channel.ts'
import { Others } from './others.ts'
import { differenceOf, partNames } from './part-names.ts'
import { haveDrained, isLoadOver, type Parts, type Ready, type Standing, type Start, tooFew } from './parts.ts'
import { type Ask, type FromLeader, type FromPart, readAsk, readFromPart } from './protocol.ts'
import type { Setting } from './setting.ts'

/** Time for all parts to hear when they begin. */
const NOTICE_US = 300e3

const LOOK_MS = 200

/** How long parts that have not ended are waited for: they compare clocks once more. */
const LEAVE_US = 5e6

/** Part 1 of a run: all parts begin when it says so, and go by its clock. */
export class Leader implements Parts {
  start: Start | undefined
  isLoaded = false
  hasDrained = false
  readonly clock = undefined
  readonly #setting: Setting
  readonly #others: Others
  #channel: Channel | undefined
  #looking: NodeJS.Timeout | undefined
  #own: Ready | undefined
  #standing: Standing | undefined
  #readyUs = 0
  #leftUs = 0
  #left: (() => void) | undefined

  constructor(setting: Setting) {
    this.#setting = setting
    this.#others = new Others(setting.plan.shard.of)
  }

  get gone(): readonly number[] {
    return this.start === undefined || 'refused' in this.start ? [] : this.#others.gone(this.#nowUs)
  }

  ready(own: Ready): void {
    const { plan, clock, session } = this.#setting
    this.#own = own
    this.#readyUs = this.#nowUs
    this.#channel = new Channel(plan, clock, session, {
      received: (document, nowUs) => this.#received(document, nowUs),
      lost: (reason) => this.#refuse(`the parts can't meet: ${reason}`),
    })
    this.#looking = setInterval(() => this.#look(), LOOK_MS)
  }

  tell(standing: Standing): void {
    this.#standing = standing
    this.#look()
  }

  async leave(): Promise<void> {
    this.#leftUs = this.#nowUs
    await new Promise<void>((resolve) => {
      this.#left = resolve
      this.#look()
    })
  }

  stop(): void {
    clearInterval(this.#looking)
    if (this.#channel !== undefined) this.#answerAll({ over: true })
    this.#channel?.close()
    this.#channel = undefined
  }

  get #nowUs(): number {
    return this.#setting.clock.us()
  }

  #received(document: unknown, nowUs: number): void {
    const ask = readAsk(document)
    const message = readFromPart(document)
    if (ask !== undefined) this.#tellTime(ask, nowUs)
    else if (message?.part === 0) this.#meetTwin(message)
    else if (message !== undefined && message.part < this.#setting.plan.shard.of) this.#hear(message, nowUs)
  }

  #tellTime({ part, session, ask }: Ask, nowUs: number): void {
    const { clock } = this.#setting
    const receivedUs = clock.hostUs(nowUs)
    this.#channel?.send(part, { session, answer: ask, receivedUs, answeredUs: clock.hostUs(clock.us()) })
  }

  /** Of two processes that are both part 1 the one that has begun goes on, or else one of them. */
  #meetTwin(twin: FromPart): void {
    const { session } = this.#setting
    if (twin.session === session) return
    if (this.start !== undefined || session < twin.session) this.#answer(twin, { twin: true })
    else this.#refuse(new UsageError(`another process is ${partNames([0], this.#setting.plan.shard.of)}, too`))
  }

  #hear(message: FromPart, nowUs: number): void {
    const { plan, configuration, notice } = this.#setting
    const difference = differenceOf(message.configuration, configuration)
    if (difference !== undefined)
      notice(`${partNames([message.part], plan.shard.of)} is of another run: it differs in ${difference}`)
    const isKnown = difference !== undefined || this.#others.heard(message, nowUs)
    this.#look()
    this.#answer(message, { twin: !isKnown })
  }

  #look(): void {
    const nowUs = this.#nowUs
    if (this.start === undefined && this.#own !== undefined) this.#tryToStart(this.#own, nowUs)
    if (this.#standing !== undefined) this.#follow(this.#standing, nowUs)
    if (this.#others.areOver(nowUs) || nowUs - this.#leftUs > LEAVE_US) this.#left?.()
  }

  #tryToStart(own: Ready, nowUs: number): void {
    const { plan } = this.#setting
    const missing = this.#others.missing(nowUs)
    const { messages } = this.#others
    if (missing.length === 0 && messages.every(({ knowsClock }) => knowsClock))
      this.#agree([own, ...messages.map(({ ready }) => ready)], nowUs)
    else if (nowUs - this.#readyUs > plan.meeting.limitMs * 1000) this.#refuse(this.#late(missing))
    else this.#sayHello(own)
  }

  #agree(all: readonly Ready[], nowUs: number): void {
    const { plan } = this.#setting
    const refused = tooFew(plan, all)
    const atUs = Math.ceil(nowUs + Math.max(NOTICE_US, plan.phases.settleMs * 1000))
    const unsubscribed = all.flatMap((each) => each.unsubscribed)
    this.start = refused === undefined ? { atUs, unsubscribed, aheadUs: 0 } : { refused }
    this.#changed()
  }

  #late(missing: readonly number[]): string {
    const { shard, meeting } = this.#setting.plan
    const what = missing.length === 0 ? 'the clocks of all parts' : partNames(missing, shard.of)
    return `${what} did not come within ${meeting.limitMs / 1000} s (--meet)`
  }

  /** For another process that takes itself for part 1. */
  #sayHello(ready: Ready): void {
    const { session, configuration } = this.#setting
    const state = { configuration, ready, knowsClock: true, standing: undefined, over: undefined }
    const hello: FromPart = { part: 0, session, ...state }
    this.#channel?.send(0, hello)
  }

  #refuse(refused: string | UsageError): void {
    if (this.start !== undefined) return
    this.start = { refused }
    this.#changed()
  }

  #follow(own: Standing, nowUs: number): void {
    const others = this.#others.standings(nowUs)
    if (others === undefined) return
    const all = [own, ...others]
    const isLoaded = this.isLoaded || isLoadOver(this.#setting.plan, all)
    const hasDrained = this.hasDrained || haveDrained(all)
    if (isLoaded === this.isLoaded && hasDrained === this.hasDrained) return
    this.isLoaded = isLoaded
    this.hasDrained = hasDrained
    this.#changed()
  }

  #changed(): void {
    this.#answerAll()
    this.#setting.changed()
  }

  #answerAll(more: Partial<FromLeader> = {}): void {
    for (const message of this.#others.messages) this.#answer(message, more)
  }

  #answer({ part, session, standing }: FromPart, more: Partial<FromLeader> = {}): void {
    const { clock, configuration, host } = this.#setting
    const { start } = this
    const refused = start !== undefined && 'refused' in start ? start.refused : undefined
    // Who says how far it is has heard of the start.
    const agreed = start === undefined || 'refused' in start || standing !== undefined ? undefined : start
    const message: FromLeader = {
      session,
      configuration,
      host: host.id,
      missing: start === undefined ? this.#others.missing(this.#nowUs) : [],
      refused: refused instanceof UsageError ? refused.message : refused,
      twin: false,
      start: agreed && { atUs: clock.hostUs(agreed.atUs), unsubscribed: agreed.unsubscribed },
      loaded: this.isLoaded,
      drained: this.hasDrained,
      gone: this.gone,
      over: false,
      ...more,
    }
    this.#channel?.send(part, message)
  }
}
