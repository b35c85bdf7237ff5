import { Client, type Work } from './client.ts'
import { Clock } from './clock.ts'
import type { Context } from './context.ts'
import { FanOut } from './fan-out.ts'
import { Health } from './health.ts'
import { Load } from './load.ts'
import { Meter } from './meter.ts'
import type { CrewSetup, Order, Report } from './orders.ts'
import { Outbox } from './outbox.ts'
import { Profiles } from './profiles.ts'
import { Publisher } from './publisher.ts'
import { Ramp } from './ramp.ts'
import { uniform } from './random.ts'
import { clientsOf, type Member, memberOf, numbersOf, roles } from './roster.ts'
import type { Sequences } from './sequences.ts'
import { STAMP_SIZE } from './stamp.ts'
import { Subscriber } from './subscriber.ts'

/** Each client is looked at once a second, a few at a time. */
const SWEEP_MS = 50
const SWEEPS = 1000 / SWEEP_MS

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
  /** The messages of each shared group, by filter. */
  readonly #groups = new Map<string, Sequences>()
  readonly #payload: Buffer
  readonly #health = new Health()
  readonly #load: Load | undefined
  readonly #sweeping: NodeJS.Timeout
  #progressing: NodeJS.Timeout | undefined
  #leaving: NodeJS.Timeout | undefined
  #ramp: Ramp | undefined
  /** When all clients have to be ready. */
  #limitUs = Number.POSITIVE_INFINITY
  #settled = 0
  #over = 0
  /** Where the next sweep begins. */
  #swept = 0
  #tellLeft: (() => void) | undefined

  /** @throws UsageError for connection options that can't be used. */
  constructor({ plan, worker, epoch }: CrewSetup, report: (report: Report) => void) {
    this.#context = { plan, clock: new Clock(epoch), meter: new Meter(), outbox: new Outbox() }
    this.#report = report
    this.#profiles = new Profiles(plan, (text) => report({ tells: 'notice', text }))
    this.#payload = payloadOf(plan.publish?.payloadSize ?? 0, plan.seed)
    this.#members = roles.flatMap((role) => numbersOf(plan, role, worker).map((number) => memberOf(plan, role, number)))
    this.#clients = this.#members.map((member) => this.#clientOf(member))
    if (this.#publishers.length > 0)
      this.#load = new Load(this.#context, this.#publishers, numbersOf(plan, 'publisher', worker))
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_MS)
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
    this.#health.stop()
    for (const timer of [this.#sweeping, this.#progressing, this.#leaving]) clearTimeout(timer)
    for (const client of this.#clients) client.end('the run has ended')
  }

  #clientOf(member: Member): Client {
    const work = this.#workOf(member)
    const client = new Client(this.#context, this.#profiles.optionsOf(member), work, {
      settled: () => this.#oneSettled(),
      over: () => this.#oneOver(),
    })
    if (work instanceof Publisher) {
      work.client = client
      this.#publishers.push(work)
    }
    return client
  }

  #workOf(member: Member): Work {
    if (member.role === 'publisher') return new Publisher(this.#context, member, this.#payload)
    return member.role === 'subscriber' ? new Subscriber(this.#context, member.topic, this.#groups) : {}
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
    this.#limitUs = (starts.at(-1)?.atUs ?? beganUs) + plan.phases.connectLimitMs * 1000
    this.#ramp = new Ramp(clock, starts)
    this.#tellSettled()
  }

  #oneSettled(): void {
    this.#settled++
    this.#tellSettled()
  }

  #tellSettled(): void {
    if (this.#settled < this.#members.length) return
    const unsubscribed = this.#members
      .filter(({ role }, at) => role === 'subscriber' && !this.#clients[at]!.hasSubscription)
      .map(({ number }) => number)
    this.#report({ tells: 'settled', connected: this.#connected, unsubscribed })
  }

  #oneOver(): void {
    this.#over++
    this.#tellIfAllLeft()
  }

  #tellIfAllLeft(): void {
    if (this.#over < this.#members.length) return
    clearTimeout(this.#leaving)
    this.#tellLeft?.()
    this.#tellLeft = undefined
  }

  get #connected(): number {
    const { counts, lost } = this.#context.meter
    return counts.connected - lost.total
  }

  #start({ atUs, unsubscribed, aheadUs }: Extract<Order, { readonly do: 'load' }>): void {
    const { meter, plan, clock } = this.#context
    clock.setAhead(aheadUs)
    meter.countsFromUs = atUs + plan.phases.warmupMs * 1000
    meter.deliveries = 0
    const isStamped = (plan.publish?.payloadSize ?? 0) >= STAMP_SIZE
    if (isStamped) this.#expectDeliveries(new Set(unsubscribed))
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
    this.#tellProgress()
  }

  #tellProgress(): void {
    const { counts, deliveries } = this.#context.meter
    const { expected, received } = counts
    const outstanding = this.#load?.outstanding ?? 0
    const progress = { connected: this.#connected, outstanding, expected, received, deliveries }
    this.#report({ tells: 'progress', progress })
  }

  #leave(): void {
    this.#ramp?.stop()
    this.#load?.stop()
    clearInterval(this.#progressing)
    for (const client of this.#clients) if (!client.isConnected) client.end('it was not connected when the run ended')
    const counted = this.#context.meter.counted()
    this.#tellLeft = () => this.#report({ tells: 'left', counted })
    for (const client of this.#clients) client.leave()
    this.#leaving = setTimeout(() => {
      for (const client of this.#clients) client.end('the run has ended')
    }, LEAVE_MS)
    this.#tellIfAllLeft()
  }

  #sweep(): void {
    const nowUs = this.#context.clock.us()
    const size = Math.ceil(this.#clients.length / SWEEPS)
    for (const client of this.#clients.slice(this.#swept, this.#swept + size)) {
      client.sweep(nowUs)
      if (nowUs > this.#limitUs) client.endUnlessReady('it was not ready within the limit of the connect phase')
    }
    this.#swept = this.#swept + size < this.#clients.length ? this.#swept + size : 0
  }

  #sample(number: number): void {
    let socketBacklog = 0
    for (const { backlog } of this.#clients) socketBacklog += backlog
    const waiting = this.#load?.waiting ?? 0
    const { measured, passed } = this.#context.meter.take()
    const sample = { connected: this.#connected, passed, measured, health: this.#health.take(), socketBacklog, waiting }
    this.#report({ tells: 'sample', number, sample })
  }
}

/** Bytes that compress badly, the same for the same seed. */
function payloadOf(size: number, seed: number): Buffer {
  const random = uniform(seed)
  return Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256)))
}
