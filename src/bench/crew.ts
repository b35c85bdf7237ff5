import { Cast } from './cast.ts'
import type { Client, Ending } from './client.ts'
import { Clock } from './clock.ts'
import { comingsOf } from './comings.ts'
import type { Context } from './context.ts'
import { Health } from './health.ts'
import type { Loading } from './load.ts'
import { type Counted, Meter } from './meter.ts'
import type { CrewSetup, Order, Report } from './orders.ts'
import { Outbox } from './outbox.ts'
import { Profiles } from './profiles.ts'
import { Ramp } from './ramp.ts'
import type { Comings } from './returns.ts'
import type { Member } from './roster.ts'
import { SessionEnds } from './session-ends.ts'
import { Sweep } from './sweep.ts'
import { WillTimes } from './testator.ts'

const PROGRESS_MS = 10

/** How long clients that leave are waited for. */
const LEAVE_MS = 2000

/** The clients of one thread: all that is done in it. */
export class Crew {
  readonly #context: Context
  readonly #report: (report: Report) => void
  readonly #profiles: Profiles
  readonly #cast: Cast
  readonly #members: readonly Member[]
  readonly #clients: readonly Client[]
  readonly #health = new Health()
  readonly #load: Loading | undefined
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
    this.#report = report
    this.#profiles = new Profiles(plan, (text) => report({ tells: 'notice', text }))
    this.#cast = new Cast(this.#context, worker, this.#profiles, {
      settled: (client) => this.#oneSettled(client),
      over: (client, ending) => this.#oneOver(client, ending),
    })
    const { members, clients, load } = this.#cast
    this.#members = members
    this.#clients = clients
    this.#load = load
    this.#comings = comingsOf(this.#context, members, clients)
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
    this.#cast.slow.start(meter.countsFromUs)
    this.#cast.expectDeliveries(new Set(unsubscribed))
    this.#progressing = setInterval(() => this.#tellProgress(), PROGRESS_MS)
    if (this.#load === undefined) this.#report({ tells: 'loaded' })
    else
      this.#load.start(atUs, () => {
        this.#tellProgress()
        this.#report({ tells: 'loaded' })
      })
  }

  #drain(): void {
    this.#load?.stop()
    this.#comings?.stop()
    this.#cast.slow.stop()
    this.#tellProgress()
  }

  #tellProgress(): void {
    const { connected, counts, deliveries } = this.#context.meter
    const expected = counts.expected + counts.slowExpected
    const received = counts.received + this.#cast.slow.received
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
    const options = members.map((member) => this.#cast.optionsOf(member))
    this.#sessionEnds = new SessionEnds(this.#context, options, (kept) => {
      if (kept > 0)
        this.#report({ tells: 'notice', text: `${kept} sessions may be left at the broker: it did not let clients in` })
      done()
    })
  }

  #counted(): Counted {
    return { ...this.#context.meter.counted(), slow: this.#cast.slow.counts }
  }

  #sample(number: number): void {
    let socketBacklog = 0
    for (const { backlog } of this.#clients) socketBacklog += backlog
    const waiting = this.#load?.waiting ?? 0
    const { measured, passed } = this.#context.meter.take()
    const received = passed.received + this.#cast.slow.take()
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
