import type { ClientOptions } from '../mqtt/client-options.ts'
import { withSession } from './absence.ts'
import { Client, type Ending, type Work } from './client.ts'
import { Clock } from './clock.ts'
import { comingsOf } from './comings.ts'
import type { Context } from './context.ts'
import { Deliveries } from './deliveries.ts'
import { FanOut } from './fan-out.ts'
import { Flood, FloodSubscriber } from './flood.ts'
import { Health } from './health.ts'
import { Load, type Loading } from './load.ts'
import { type Counted, Meter } from './meter.ts'
import type { CrewSetup, Order, Report } from './orders.ts'
import { Outbox } from './outbox.ts'
import { isStamped, type PayloadMaker, payloadMaker } from './payloads.ts'
import { Profiles } from './profiles.ts'
import { Publisher } from './publisher.ts'
import { Ramp } from './ramp.ts'
import type { Comings } from './returns.ts'
import { clientsOf, type Member, memberOf, namesOf, numbersOf, roles } from './roster.ts'
import { SessionEnds } from './session-ends.ts'
import { isSlow, SlowReaders, SlowSubscriber } from './slow.ts'
import { Subscriber } from './subscriber.ts'
import { Sweep } from './sweep.ts'
import { Testator, WillTimes, withWill } from './testator.ts'

const PROGRESS_MS = 10

/** How long clients that leave are waited for. */
const LEAVE_MS = 2000

/** The clients of one thread: all that is done in it. */
export class Crew {
  readonly #context: Context
  readonly #report: (report: Report) => void
  readonly #profiles: Profiles
  readonly #members: readonly Member[]
  readonly #clients: readonly Client[]
  readonly #publishers: Publisher[] = []
  readonly #flooded: FloodSubscriber[] = []
  readonly #deliveries = new Deliveries()
  readonly #payloadsOf: PayloadMaker
  readonly #health = new Health()
  readonly #load: Loading | undefined
  readonly #slow: SlowReaders
  readonly #comings: Comings | undefined
  readonly #sweep: Sweep
  #progressing: NodeJS.Timeout | undefined
  #leaving: NodeJS.Timeout | undefined
  #ramp: Ramp | undefined
  #settled = 0
  /** Clients that are not over yet, once all are to leave. */
  #leftBehind = 0
  #tellLeft: (() => void) | undefined
  #sessionEnds: SessionEnds | undefined

  /** @throws UsageError for connection options that can't be used. */
  constructor({ plan, worker, epoch }: CrewSetup, report: (report: Report) => void) {
    const willTimes = plan.publish?.wills ? new WillTimes(plan.publish, plan.seed) : undefined
    this.#context = { plan, clock: new Clock(epoch), meter: new Meter(), outbox: new Outbox(), willTimes }
    this.#slow = new SlowReaders(this.#context)
    this.#report = report
    this.#profiles = new Profiles(plan, (text) => report({ tells: 'notice', text }))
    this.#payloadsOf = payloadMaker(plan.publish ?? { payloadSize: 0 }, plan.seed)
    this.#members = roles.flatMap((role) => numbersOf(plan, role, worker).map((number) => memberOf(plan, role, number)))
    this.#clients = this.#members.map((member) => this.#clientOf(member))
    if (this.#publishers.length > 0)
      this.#load = new Load(this.#context, this.#publishers, numbersOf(plan, 'publisher', worker))
    if (this.#flooded.length > 0)
      this.#load = new Flood(this.#context, this.#flooded, numbersOf(plan, 'subscriber', worker))
    this.#comings = comingsOf(this.#context, this.#members, this.#clients)
    this.#sweep = new Sweep(this.#context.clock, this.#clients)
  }

  order(order: Order): void {
    if (order.do === 'connect') void this.#connect()
    else if (order.do === 'load') this.#start(order)
    else if (order.do === 'drain') this.#drain()
    else if (order.do === 'leave') this.#leave()
    else this.#sample(order.number)
  }

  /** Ends at once whatever is left. */
  async stop(): Promise<void> {
    this.#ramp?.stop()
    this.#load?.stop()
    this.#comings?.end()
    this.#health.stop()
    this.#sweep.stop()
    this.#sessionEnds?.stop()
    for (const timer of [this.#progressing, this.#leaving]) clearTimeout(timer)
    for (const client of this.#clients) client.end('the run has ended')
  }

  #clientOf(member: Member): Client {
    const work = this.#workOf(member)
    const client: Client = new Client(this.#context, this.#optionsOf(member), work, {
      settled: () => this.#oneSettled(client),
      over: (ending, reason) => {
        if (ending === 'lost' && work instanceof SlowSubscriber) this.#slow.hungUp(reason)
        this.#oneOver(client, ending)
      },
    })
    if (work instanceof Publisher) {
      work.client = client
      this.#publishers.push(work)
    } else if (work instanceof FloodSubscriber) {
      work.client = client
      this.#flooded.push(work)
    } else if (work instanceof SlowSubscriber) work.client = client
    return client
  }

  #workOf(member: Member): Work {
    if (member.role === 'publisher')
      return new (this.#context.willTimes === undefined ? Publisher : Testator)(
        this.#context,
        member,
        this.#payloadsOf(namesOf(member)),
      )
    if (member.role !== 'subscriber') return {}
    const { subscribe } = this.#context.plan
    if (subscribe!.retained !== undefined) return new FloodSubscriber(this.#context, member.topic)
    if (isSlow(subscribe!, member.number)) return this.#slow.add(member.topic, this.#deliveries)
    return new Subscriber(this.#context, member.topic, this.#deliveries)
  }

  #optionsOf(member: Member): ClientOptions {
    const { plan } = this.#context
    const options = this.#profiles.optionsOf(member)
    if (member.role === 'publisher' && plan.publish!.wills)
      return withWill(options, member, plan.publish!, this.#payloadsOf(namesOf(member)))
    return member.role === 'subscriber' && plan.subscribe!.absent ? withSession(options, plan) : options
  }

  async #connect(): Promise<void> {
    await this.#profiles.prepare()
    const { clock, plan } = this.#context
    const beganUs = clock.us()
    const starts = this.#members
      .map(({ clientNumber }, at) => ({
        atUs: beganUs + (clientNumber / plan.phases.connectRate) * 1e6,
        start: () => this.#clients[at]!.connect(),
      }))
      .sort((a, b) => a.atUs - b.atUs)
    this.#sweep.limitUs = (starts.at(-1)?.atUs ?? beganUs) + plan.phases.connectLimitMs * 1000
    this.#ramp = new Ramp(clock, starts)
    this.#tellSettled()
  }

  #oneSettled(client: Client): void {
    this.#comings?.settled(client)
    // Who comes back settles once more, when that is told no more.
    this.#settled++
    this.#tellSettled()
  }

  #tellSettled(): void {
    if (this.#settled !== this.#members.length) return
    const unsubscribed = this.#members
      .filter(({ role }, at) => role === 'subscriber' && !this.#clients[at]!.hasSubscription)
      .map(({ number }) => number)
    this.#report({ tells: 'settled', connected: this.#context.meter.connected, unsubscribed })
  }

  #oneOver(client: Client, ending: Ending): void {
    this.#comings?.over(client, ending)
    this.#leftBehind--
    this.#tellIfAllLeft()
  }

  #tellIfAllLeft(): void {
    if (this.#tellLeft === undefined || this.#leftBehind > 0) return
    clearTimeout(this.#leaving)
    this.#tellLeft()
    this.#tellLeft = undefined
  }

  #start({ atUs, unsubscribed, aheadUs }: Extract<Order, { readonly do: 'load' }>): void {
    const { meter, plan, clock } = this.#context
    clock.setAhead(aheadUs)
    meter.countsFromUs = atUs + plan.phases.warmupMs * 1000
    meter.deliveries = 0
    this.#sweep.limitUs = Number.POSITIVE_INFINITY
    this.#comings?.start(meter.countsFromUs)
    this.#context.willTimes?.start(atUs)
    this.#slow.start(meter.countsFromUs)
    if (plan.publish !== undefined && isStamped(plan.publish)) this.#expectDeliveries(new Set(unsubscribed))
    this.#progressing = setInterval(() => this.#tellProgress(), PROGRESS_MS)
    if (this.#load === undefined) this.#report({ tells: 'loaded' })
    else
      this.#load.start(atUs, () => {
        this.#tellProgress()
        this.#report({ tells: 'loaded' })
      })
  }

  #expectDeliveries(unsubscribed: ReadonlySet<number>): void {
    const { plan } = this.#context
    const [fanOut, slowFanOut] = [new FanOut(), new FanOut()]
    for (let number = 0; number < clientsOf(plan, 'subscriber'); number++) {
      if (unsubscribed.has(number)) continue
      const { topic } = memberOf(plan, 'subscriber', number)
      if (isSlow(plan.subscribe!, number)) slowFanOut.add(topic)
      else fanOut.add(topic)
    }
    for (const publisher of this.#publishers) {
      publisher.fanOut = fanOut.count(publisher.topic)
      publisher.slowFanOut = slowFanOut.count(publisher.topic)
    }
  }

  #drain(): void {
    this.#load?.stop()
    this.#comings?.stop()
    this.#slow.stop()
    this.#tellProgress()
  }

  #tellProgress(): void {
    const { connected, counts, deliveries } = this.#context.meter
    const expected = counts.expected + counts.slowExpected
    const received = counts.received + this.#slow.received
    const outstanding = (this.#load?.outstanding ?? 0) + (this.#comings?.away ?? 0)
    const alive = connected + (this.#comings?.mayReturn ?? 0)
    this.#report({ tells: 'progress', progress: { alive, outstanding, expected, received, deliveries } })
  }

  #leave(): void {
    this.#ramp?.stop()
    this.#load?.stop()
    this.#comings?.end()
    clearInterval(this.#progressing)
    for (const client of this.#clients) if (!client.isConnected) client.end('it was not connected when the run ended')
    const counted = this.#counted()
    this.#leftBehind = this.#clients.filter(({ isOver }) => !isOver).length
    this.#tellLeft = () => this.#endSessions(() => this.#report({ tells: 'left', counted }))
    for (const client of this.#clients) client.leave()
    this.#leaving = setTimeout(() => {
      for (const client of this.#clients) client.end('the run has ended')
    }, LEAVE_MS)
    this.#tellIfAllLeft()
  }

  /** Those of clients that were to come back to them. */
  #endSessions(done: () => void): void {
    const { plan } = this.#context
    const hasSession = ({ role }: Member, at: number) => role === 'subscriber' && this.#clients[at]!.wasConnected
    const members = plan.subscribe?.absent ? this.#members.filter(hasSession) : []
    if (members.length === 0) {
      done()
      return
    }
    const options = members.map((member) => this.#optionsOf(member))
    this.#sessionEnds = new SessionEnds(this.#context, options, (kept) => {
      if (kept > 0)
        this.#report({ tells: 'notice', text: `${kept} sessions may be left at the broker: it did not let clients in` })
      done()
    })
  }

  #counted(): Counted {
    return { ...this.#context.meter.counted(), slow: this.#slow.counts }
  }

  #sample(number: number): void {
    let socketBacklog = 0
    for (const { backlog } of this.#clients) socketBacklog += backlog
    const waiting = this.#load?.waiting ?? 0
    const { measured, passed } = this.#context.meter.take()
    const received = passed.received + this.#slow.take()
    const sample = {
      connected: this.#context.meter.connected,
      passed: { ...passed, received },
      measured,
      health: this.#health.take(),
      socketBacklog,
      waiting,
      counted: this.#counted(),
    }
    this.#report({ tells: 'sample', number, sample })
  }
}
