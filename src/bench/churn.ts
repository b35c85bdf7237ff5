import type { Client, Ending } from './client.ts'
import type { Context } from './context.ts'
import { type Comings, Returns } from './returns.ts'
import { Schedule } from './schedule.ts'

/** How often one looks whether a client is due. */
const TICK_MS = 1

/** Lets the clients of one thread leave in turn and connect anew, when each is due whatever the broker does. */
export class Churn implements Comings {
  readonly #context: Context
  readonly #clients: readonly Client[]
  readonly #schedule: Schedule
  readonly #returns: Returns
  #fromUs = 0
  #dueUs = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  /**
   * @param numbers of these clients among all `of` that take turns.
   */
  constructor(context: Context, clients: readonly Client[], numbers: readonly number[], of: number) {
    this.#context = context
    this.#clients = clients
    this.#returns = new Returns(context)
    const { rate } = context.plan.churn!
    const segments = [{ from: rate, to: rate, durationMs: Number.POSITIVE_INFINITY }]
    this.#schedule = new Schedule({ segments, members: numbers, of })
  }

  get away(): number {
    return this.#returns.size
  }

  get mayReturn(): number {
    return this.#dueUs < Number.POSITIVE_INFINITY ? this.#clients.length : this.#returns.size
  }

  start(fromUs: number): void {
    this.#fromUs = fromUs
    this.#dueUs = this.#nextUs()
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, (fromUs - this.#context.clock.us()) / 1000))
  }

  stop(): void {
    this.#leaveAllDue()
    this.#dueUs = Number.POSITIVE_INFINITY
    clearTimeout(this.#timer)
  }

  end(): void {
    this.#dueUs = Number.POSITIVE_INFINITY
    clearTimeout(this.#timer)
    this.#returns.clear()
  }

  settled(client: Client): void {
    this.#returns.settled(client)
  }

  over(client: Client, ending: Ending): void {
    if (ending === 'left' && this.#returns.has(client)) this.#returns.begin(client)
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
    this.#returns.add(client, dueUs)
    if (client.isReady) client.leave(plan.churn!.kill)
    else this.#returns.begin(client)
  }
}
