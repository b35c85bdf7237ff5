import type { Client, Ending } from './client.ts'
import type { Context } from './context.ts'
import { Schedule } from './schedule.ts'

/** How often one looks whether a client is due. */
const TICK_MS = 1

/** Lets the clients of one thread leave in turn and connect anew, when each is due whatever the broker does. */
export class Churn {
  readonly #context: Context
  readonly #clients: readonly Client[]
  readonly #schedule: Schedule
  /** Clients that leave or are on their way back, and when each was due. */
  readonly #away = new Map<Client, number>()
  #fromUs = 0
  #dueUs = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  /**
   * @param numbers of these clients among all `of` that take turns.
   */
  constructor(context: Context, clients: readonly Client[], numbers: readonly number[], of: number) {
    this.#context = context
    this.#clients = clients
    const { rate } = context.plan.churn!
    const segments = [{ from: rate, to: rate, durationMs: Number.POSITIVE_INFINITY }]
    this.#schedule = new Schedule({ segments, members: numbers, of })
  }

  /** Clients that leave or are on their way back. */
  get away(): number {
    return this.#away.size
  }

  /** Clients that are away, or may have another turn. */
  get mayReturn(): number {
    return this.#dueUs < Number.POSITIVE_INFINITY ? this.#clients.length : this.#away.size
  }

  /** Begins at this time of the run, for as long as the plan measures. */
  start(fromUs: number): void {
    this.#fromUs = fromUs
    this.#dueUs = this.#nextUs()
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, (fromUs - this.#context.clock.us()) / 1000))
  }

  /** Lets no more clients leave. Those that are away come back. */
  stop(): void {
    this.#leaveAllDue()
    this.#dueUs = Number.POSITIVE_INFINITY
    clearTimeout(this.#timer)
  }

  /** Lets nobody come back any more either. */
  end(): void {
    this.#dueUs = Number.POSITIVE_INFINITY
    clearTimeout(this.#timer)
    this.#away.clear()
  }

  /** The client is ready, or has failed. */
  settled(client: Client): void {
    const dueUs = this.#away.get(client)
    if (dueUs === undefined) return
    this.#away.delete(client)
    const { clock, meter } = this.#context
    if (client.isReady) meter.returned.record(clock.us() - dueUs)
  }

  over(client: Client, ending: Ending): void {
    if (ending === 'left' && this.#away.has(client)) this.#return(client)
  }

  #nextUs(): number {
    const dueUs = Math.round(this.#fromUs + this.#schedule.next() * 1000)
    return dueUs < this.#fromUs + this.#context.plan.phases.measureMs * 1000 ? dueUs : Number.POSITIVE_INFINITY
  }

  #tick(): void {
    this.#leaveAllDue()
    if (this.#dueUs < Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.#tick(), TICK_MS)
  }

  #leaveAllDue(): void {
    const nowUs = this.#context.clock.us()
    for (; this.#dueUs <= nowUs; this.#dueUs = this.#nextUs())
      this.#turn(this.#clients[this.#schedule.member]!, this.#dueUs, nowUs)
  }

  #turn(client: Client, dueUs: number, nowUs: number): void {
    const { meter, plan } = this.#context
    meter.schedule.record(nowUs - dueUs)
    if (!client.isReady && !client.isOver) {
      meter.counts.missed++
      return
    }
    this.#away.set(client, dueUs)
    if (client.isReady) client.leave(plan.churn!.kill)
    else this.#return(client)
  }

  #return(client: Client): void {
    this.#context.meter.counts.returns++
    client.connect()
  }
}
