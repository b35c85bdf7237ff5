import { setTimeout as delay } from 'node:timers/promises'
import { TmqttError, UnreachableError } from '../errors.ts'
import type { Ending } from '../expectations/outcome.ts'
import type { Tally } from '../expectations/tally.ts'
import { OutputBuffer } from '../formatters/output-buffer.ts'
import type { Io } from '../io.ts'
import type { Message } from '../mqtt/message.ts'
import type { Session } from '../mqtt/session.ts'
import type { Subscription } from '../mqtt/subscription.ts'
import { BrokenPipeError, Sink } from '../streams/sink.ts'
import type { ExpectValues } from './expect.ts'
import { formatterFor } from './output.ts'
import { noticeTo, openSession, prepareClient, unlessAborted } from './session.ts'
import { WatchedCommand } from './watched-command.ts'

/** How long leaving may wait for the broker. */
const PATIENCE_MS = 1000

/** One run of expect: has a tally told what comes, until it is clear how it goes. */
export class Expecting {
  readonly #values: ExpectValues
  readonly #io: Io
  readonly #tally: Tally
  readonly #print: ((message: Message) => void) | undefined
  readonly #out: OutputBuffer
  readonly #sink: Sink
  readonly #command: WatchedCommand | undefined
  #isLate = false
  #hasReader = true

  constructor(values: ExpectValues, io: Io, tally: Tally) {
    this.#values = values
    this.#io = io
    this.#tally = tally
    this.#out = new OutputBuffer({ terminal: io.stdout.isTTY === true })
    this.#sink = new Sink(io.stdout)
    const { verbose, json, format, command } = values
    const [program, ...args] = command
    this.#command = program === undefined ? undefined : new WatchedCommand([program, ...args], io)
    if (!verbose && !json && format === undefined) return
    const print = formatterFor(values, io, noticeTo(io, 'expect'))
    this.#print = (message) => print(message, this.#out)
  }

  get ending(): Pick<Ending, 'isLate' | 'command'> {
    return { isLate: this.#isLate, command: this.#command?.ending }
  }

  /** Resolves when it is clear what has become of each expectation. @throws what cut it short. */
  async run(): Promise<void> {
    const { within } = this.#values
    const { signal } = this.#io
    const client = await prepareClient(
      { ...this.#values, reconnect: 0, reconnectDelay: 0, reconnectMaxDelay: 0 },
      this.#io,
      'expect',
      signal,
      { reconnectAttempts: 0 },
    )
    const session = await openSession(client, this.#io, 'expect', signal)
    let subscription: Subscription | undefined
    const limit = new Limit()
    try {
      subscription = await this.#subscription(session)
      session.start()
      const noSuback = new UnreachableError(`the broker has not confirmed the subscription within ${within / 1000} s`)
      await unlessAborted(AbortSignal.any([signal, limit.set(within, noSuback)]), subscription.start())
      const timeUp = new TmqttError('the time is up', 0)
      try {
        await unlessAborted(AbortSignal.any([signal, limit.set(within, timeUp)]), this.#settled(subscription))
      } catch (error) {
        if (error !== timeUp) throw error
        this.#isLate = true
      }
    } finally {
      limit.clear()
      await this.#leave(session, subscription)
    }
  }

  async #subscription(session: Session): Promise<Subscription> {
    const { Subscription } = await import('../mqtt/subscription.ts')
    const { qos, retained, retainAsPublished } = this.#values
    const { filters, none } = this.#tally.expectation
    const group = {
      filters: [...new Set([...filters, ...none])],
      options: { qos, retainHandling: retained ? 0 : 2, retainAsPublished },
      properties: session.options.properties.subscribe,
    } as const
    const subscription = new Subscription(session, [group], noticeTo(this.#io, 'expect'))
    subscription.needsAll = true
    return subscription
  }

  /** Resolves when all is met, or something can't be any more. */
  async #settled(subscription: Subscription): Promise<void> {
    const ended = this.#command?.run() ?? Promise.resolve(false)
    let reach: () => void = () => {}
    const enough = new Promise<void>((resolve) => {
      reach = resolve
    })
    const broken = this.#take(subscription, reach)
    const failed = ended.then((hasFailed) => (hasFailed ? undefined : forever()))
    await Promise.race([broken, failed, this.#allMet(enough, ended)])
  }

  async #allMet(enough: Promise<void>, ended: Promise<boolean>): Promise<void> {
    // Silence is to last.
    if (this.#tally.expectation.atLeast === 0 && this.#command === undefined) await forever()
    await Promise.all([enough, ended])
    if (this.#tally.canBreak) await delay(this.#values.settle)
  }

  /** Resolves when something came that must not. */
  async #take(subscription: Subscription, reach: () => void): Promise<void> {
    if (this.#tally.hasEnough) reach()
    for await (const messages of subscription) {
      let taken = 0
      for (const message of messages) {
        taken++
        const filter = this.#tally.take(message)
        if (filter !== undefined) this.#printCounted(message, filter)
        if (this.#tally.breach !== undefined) break
      }
      await this.#write()
      subscription.acknowledge(taken)
      if (this.#tally.breach !== undefined) return
      if (this.#tally.hasEnough) reach()
    }
  }

  #printCounted(message: Message, filter: string): void {
    if (this.#print === undefined || !this.#hasReader) return
    message.filter = filter
    this.#print(message)
  }

  async #write(): Promise<void> {
    try {
      await this.#sink.write(this.#out.take())
    } catch (error) {
      if (!(error instanceof BrokenPipeError)) throw error
      this.#hasReader = false
    }
  }

  async #leave(session: Session, subscription: Subscription | undefined): Promise<void> {
    subscription?.stop()
    await this.#command?.stop()
    await subscription?.finish(PATIENCE_MS)
    // What is not acknowledged by now is nobody's loss.
    await session.end().catch(() => {})
  }
}

async function forever(): Promise<never> {
  return await new Promise(() => {})
}

/** One time limit after the other. */
class Limit {
  #timer: NodeJS.Timeout | undefined

  /** @returns a signal that is aborted with this reason when the time is up; takes the place of the limit before. */
  set(ms: number, reason: Error): AbortSignal {
    this.clear()
    const controller = new AbortController()
    this.#timer = setTimeout(() => controller.abort(reason), ms)
    return controller.signal
  }

  clear(): void {
    clearTimeout(this.#timer)
  }
}
