import type { ClientOptions } from '../mqtt/client-options.ts'
import { withSession } from './absence.ts'
import { Client, type Ending, type Work } from './client.ts'
import type { Context } from './context.ts'
import { Deliveries } from './deliveries.ts'
import { FanOut } from './fan-out.ts'
import { Flood, FloodSubscriber } from './flood.ts'
import { Load, type Loading } from './load.ts'
import { isStamped, type PayloadMaker, payloadMaker } from './payloads.ts'
import type { Profiles } from './profiles.ts'
import { Publisher } from './publisher.ts'
import { clientsOf, type Member, memberOf, namesOf, numbersOf, roles } from './roster.ts'
import { isSlow, SlowReaders, SlowSubscriber } from './slow.ts'
import { Subscriber } from './subscriber.ts'
import { Testator, withWill } from './testator.ts'

/** Who is told what becomes of the clients. */
export interface CastWatcher {
  settled(client: Client): void
  over(client: Client, ending: Ending): void
}

/** The clients of one thread, and what each does, as the plan has it. */
export class Cast {
  readonly members: readonly Member[]
  /** In the order of the members. */
  readonly clients: readonly Client[]
  /** What makes things due; undefined where clients wait for what others do. */
  readonly load: Loading | undefined
  readonly slow: SlowReaders
  readonly #context: Context
  readonly #profiles: Profiles
  readonly #watcher: CastWatcher
  readonly #payloadsOf: PayloadMaker
  readonly #publishers: Publisher[] = []
  readonly #flooded: FloodSubscriber[] = []
  readonly #deliveries = new Deliveries()

  /** @param worker its number among the threads. */
  constructor(context: Context, worker: number, profiles: Profiles, watcher: CastWatcher) {
    const { plan } = context
    this.#context = context
    this.#profiles = profiles
    this.#watcher = watcher
    this.slow = new SlowReaders(context)
    this.#payloadsOf = payloadMaker(plan.publish ?? { payloadSize: 0 }, plan.seed)
    this.members = roles.flatMap((role) => numbersOf(plan, role, worker).map((number) => memberOf(plan, role, number)))
    this.clients = this.members.map((member) => this.#clientOf(member))
    if (this.#publishers.length > 0)
      this.load = new Load(context, this.#publishers, numbersOf(plan, 'publisher', worker))
    if (this.#flooded.length > 0) this.load = new Flood(context, this.#flooded, numbersOf(plan, 'subscriber', worker))
  }

  optionsOf(member: Member): ClientOptions {
    const { plan } = this.#context
    const options = this.#profiles.optionsOf(member)
    if (member.role === 'publisher' && plan.publish!.wills)
      return withWill(options, member, plan.publish!, this.#payloadsOf(namesOf(member)))
    return member.role === 'subscriber' && plan.subscribe!.absent ? withSession(options, plan) : options
  }

  /** Tells publishers how often each of their messages should arrive. @param unsubscribed numbers of subscribers. */
  expectDeliveries(unsubscribed: ReadonlySet<number>): void {
    const { plan } = this.#context
    if (plan.publish === undefined || !isStamped(plan.publish)) return
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

  #clientOf(member: Member): Client {
    const work = this.#workOf(member)
    const client: Client = new Client(this.#context, this.optionsOf(member), work, {
      settled: () => this.#watcher.settled(client),
      over: (ending, reason) => {
        if (ending === 'lost' && work instanceof SlowSubscriber) this.slow.hungUp(reason)
        this.#watcher.over(client, ending)
      },
    })
    if (work instanceof Publisher) this.#publishers.push(work)
    if (work instanceof FloodSubscriber) this.#flooded.push(work)
    if (work instanceof Publisher || work instanceof FloodSubscriber || work instanceof SlowSubscriber)
      work.client = client
    return client
  }

  #workOf(member: Member): Work {
    const { plan, willTimes } = this.#context
    if (member.role === 'idle') return {}
    if (member.role === 'publisher')
      return new (willTimes === undefined ? Publisher : Testator)(
        this.#context,
        member,
        this.#payloadsOf(namesOf(member)),
      )
    if (plan.subscribe!.retained !== undefined) return new FloodSubscriber(this.#context, member.topic)
    if (isSlow(plan.subscribe!, member.number)) return this.slow.add(member.topic, this.#deliveries)
    return new Subscriber(this.#context, member.topic, this.#deliveries)
  }
}
