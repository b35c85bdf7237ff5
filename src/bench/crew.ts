import { Churn } from './churn.ts'
import { Client, type Ending, type Work } from './client.ts'
import { Clock } from './clock.ts'
import type { Context } from './context.ts'
import { Deliveries } from './deliveries.ts'
import { FanOut } from './fan-out.ts'
import { Health } from './health.ts'
import { Load } from './load.ts'
import { Meter } from './meter.ts'
import type { CrewSetup, Order, Report } from './orders.ts'
import { Outbox } from './outbox.ts'
import { isStamped, type PayloadMaker, payloadMaker } from './payloads.ts'
import { Profiles } from './profiles.ts'
import { Publisher } from './publisher.ts'
import { Ramp } from './ramp.ts'
import { churningRole, clientsOf, type Member, memberOf, namesOf, numbersOf, type Role, roles } from './roster.ts'
import { Subscriber } from './subscriber.ts'
import { Sweep } from './sweep.ts'

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
  readonly #deliveries = new Deliveries()
  readonly #payloadsOf: PayloadMaker
  readonly #health = new Health()
  readonly #load: Load | undefined
  readonly #churn: Churn | undefined
  readonly #sweep: Sweep
  #progressing: NodeJS.Timeout | undefined
  #leaving: NodeJS.Timeout | undefined
  #ramp: Ramp | undefined
  #settled = 0
  /** Clients that are not over yet, once all are to leave. */
  #leftBehind = 0
  #tellLeft: (() => void) | undefined

  /** @throws UsageError for connection options that can't be used. */
  constructor({ plan, worker, epoch }: CrewSetup, report: (report: Report) => void) {
    this.#context = { plan, clock: new Clock(epoch), meter: new Meter(), outbox: new Outbox() }
    this.#report = report
    this.#profiles = new Profiles(plan, (text) => report({ tells: 'notice', text }))
    this.#payloadsOf = payloadMaker(plan.publish ?? { payloadSize: 0 }, plan.seed)
    this.#members = roles.flatMap((role) => numbersOf(plan, role, worker).map((number) => memberOf(plan, role, number)))
    this.#clients = this.#members.map((member) => this.#clientOf(member))
    if (this.#publishers.length > 0)
      this.#load = new Load(this.#context, this.#publishers, numbersOf(plan, 'publisher', worker))
    this.#churn = plan.churn && this.#churnOf(churningRole(plan), worker)
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
    this.#churn?.end()
    this.#health.stop()
    this.#sweep.stop()
    for (const timer of [this.#progressing, this.#leaving]) clearTimeout(timer)
    for (const client of this.#clients) client.end('the run has ended')
  }

  #clientOf(member: Member): Client {
    const work = this.#workOf(member)
    const client: Client = new Client(this.#context, this.#profiles.optionsOf(member), work, {
      settled: () => this.#oneSettled(client),
      over: (ending) => this.#oneOver(client, ending),
    })
    if (work instanceof Publisher) {
      work.client = client
      this.#publishers.push(work)
    }
    return client
  }

  #workOf(member: Member): Work {
    if (member.role === 'publisher') return new Publisher(this.#context, member, this.#payloadsOf(namesOf(member)))
    return member.role === 'subscriber' ? new Subscriber(this.#context, member.topic, this.#deliveries) : {}
  }

  #churnOf(role: Role, worker: number): Churn {
    const clients = this.#clients.filter((_, at) => this.#members[at]!.role === role)
    const { plan } = this.#context
    return new Churn(this.#context, clients, numbersOf(plan, role, worker), clientsOf(plan, role))
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
    this.#churn?.settled(client)
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
    this.#churn?.over(client, ending)
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
    this.#churn?.start(meter.countsFromUs)
    if (plan.publish !== undefined && isStamped(plan.publish)) this.#expectDeliveries(new Set(unsubscribed))
    this.#progressing = setInterval(() => this.#tellProgress(), PROGRESS_MS)
    if (this.#load === undefined) this.#report({ tells: 'loaded' })
    else this.#load.start(atUs, () => this.#report({ tells: 'loaded' }))
  }

  #expectDeliveries(unsubscribed: ReadonlySet<number>): void {
    const { plan } = this.#context
    const fanOut = new FanOut()
    for (let number = 0; number < clientsOf(plan, 'subscriber'); number++)
      if (!unsubscribed.has(number)) fanOut.add(memberOf(plan, 'subscriber', number).topic)
    for (const publisher of this.#publishers) publisher.fanOut = fanOut.count(publisher.topic)
  }

  #drain(): void {
    this.#load?.stop()
    this.#churn?.stop()
    this.#tellProgress()
  }

  #tellProgress(): void {
    const { connected, counts, deliveries } = this.#context.meter
    const { expected, received } = counts
    const outstanding = (this.#load?.outstanding ?? 0) + (this.#churn?.away ?? 0)
    const alive = connected + (this.#churn?.mayReturn ?? 0)
    this.#report({ tells: 'progress', progress: { alive, outstanding, expected, received, deliveries } })
  }

  #leave(): void {
    this.#ramp?.stop()
    this.#load?.stop()
    this.#churn?.end()
    clearInterval(this.#progressing)
    for (const client of this.#clients) if (!client.isConnected) client.end('it was not connected when the run ended')
    const counted = this.#context.meter.counted()
    this.#leftBehind = this.#clients.filter(({ isOver }) => !isOver).length
    this.#tellLeft = () => this.#report({ tells: 'left', counted })
    for (const client of this.#clients) client.leave()
    this.#leaving = setTimeout(() => {
      for (const client of this.#clients) client.end('the run has ended')
    }, LEAVE_MS)
    this.#tellIfAllLeft()
  }

  #sample(number: number): void {
    let socketBacklog = 0
    for (const { backlog } of this.#clients) socketBacklog += backlog
    const waiting = this.#load?.waiting ?? 0
    const { measured, passed } = this.#context.meter.take()
    const sample = {
      connected: this.#context.meter.connected,
      passed,
      measured,
      health: this.#health.take(),
      socketBacklog,
      waiting,
    }
    this.#report({ tells: 'sample', number, sample })
  }
}
