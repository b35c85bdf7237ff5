import { TmqttError } from '../errors.ts'
import type { ClientOptions } from './client-options.ts'
import { monotonicMs } from './clock.ts'
import { type Connection, isWorthRetrying, openConnection } from './connection.ts'
import type { DataPlane } from './lane.ts'
import type { Message } from './message.ts'
import { PacketIds } from './packet-ids.ts'
import { PacketType } from './packets.ts'
import { propertyValue } from './property-table.ts'
import type { Publisher } from './publisher.ts'
import type { Subscription } from './subscription.ts'

export interface SessionEvents {
  /** Stops connecting and waiting to connect. */
  readonly signal: AbortSignal
  /** A line for the user: the connection was lost, and is back. */
  readonly notice: (text: string) => void
}

/**
 * A client at a broker, over as many connections as it takes: connects again as the options say, and has publisher
 * and subscription go on where they were.
 */
export class Session implements DataPlane {
  readonly options: ClientOptions
  readonly ids = new PacketIds()
  publisher: Publisher | undefined
  subscription: Subscription | undefined
  readonly #events: SessionEvents
  /** Why there will be no connection any more. */
  #reason: Error | undefined
  #over: AbortController | undefined
  #connection: Connection | undefined
  #waiting: (() => void)[] = []
  #ending = false
  /** Connections lost and attempts failed since a connection last held: the exponent of the wait. */
  #failures = 0

  private constructor(options: ClientOptions, events: SessionEvents) {
    this.options = options
    this.#events = events
  }

  /** Connects once; what comes after the first connection follows the reconnect policy. @throws TmqttError */
  static async connect(options: ClientOptions, events: SessionEvents): Promise<Session> {
    const session = new Session(options, events)
    const attempt = { clientId: options.clientId, cleanStart: options.cleanStart }
    session.#connection = await openConnection(options, attempt, session.ids, events.signal)
    session.#watch(session.#connection).catch((bug) => session.#finish(bug))
    return session
  }

  /** Lets the messages of the data plane flow, once publisher or subscription are in place. */
  start(): void {
    const connection = this.#connection
    if (connection === undefined) return
    this.#attach(connection)
  }

  /**
   * Aborted when there will be no connection any more; its reason says why. Made when it is first asked for: signals
   * take long at a start, and a short run has no use for this one.
   */
  get over(): AbortSignal {
    if (this.#over === undefined) {
      this.#over = new AbortController()
      if (this.#reason !== undefined) this.#over.abort(this.#reason)
    }
    return this.#over.signal
  }

  /** @throws the reason when there will be no connection any more. */
  throwIfOver(): void {
    if (this.#reason !== undefined) throw this.#reason
  }

  /** The connection in use; undefined while there is none. */
  get connection(): Connection | undefined {
    return this.#connection
  }

  /** Waits until there is a connection. @throws the reason when there will be none. */
  async connected(): Promise<Connection> {
    // Between a socket's end and its 'close' event nothing may be written: it would be lost.
    while (this.#connection === undefined || this.#connection.lane.isClosed) {
      this.throwIfOver()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.throwIfOver()
    return this.#connection
  }

  /** Ends the session for a reason that the user has to know. */
  fail(reason: Error): void {
    this.#finish(reason)
    // With DISCONNECT where it can still go: this end is not one that the will is for.
    void this.#connection?.disconnect().catch(() => {})
  }

  /**
   * Sends DISCONNECT and closes. Does nothing when the session has failed.
   *
   * @param patienceMs how long the socket may take nothing before this gives up.
   * @param reasonCode 4 asks for the will [MQTT 5, 3.14.2.1].
   * @throws TmqttError when the connection broke before everything was taken.
   */
  async end(patienceMs?: number, reasonCode?: 0 | 4): Promise<void> {
    await this.#end((connection) => connection.disconnect(patienceMs, reasonCode))
  }

  /** `end` without DISCONNECT: the broker publishes the will. */
  async leave(patienceMs?: number): Promise<void> {
    await this.#end((connection) => connection.leave(patienceMs))
  }

  async #end(close: (connection: Connection) => Promise<boolean>): Promise<void> {
    // What is there to read is read first: the broker may have closed long ago, with this program stopped meanwhile.
    await new Promise((resolve) => setImmediate(resolve))
    this.#ending = true
    const connection = this.#connection
    if (connection !== undefined && this.#reason === undefined) {
      try {
        const isRead = !connection.lane.isClosed && (await close(connection))
        if (!isRead) this.publisher?.detach()
      } catch (reason) {
        this.#finish(reason as Error)
        throw reason
      }
    }
    this.#finish(new TmqttError('the session has ended', 0))
  }

  publish(message: Message): void {
    this.subscription?.received(message)
  }

  acknowledgement(type: number, packetId: number, reasonCode: number, bytes: Buffer, start: number, end: number): void {
    if (type === PacketType.PUBREL) this.subscription?.released(packetId)
    else this.publisher?.acknowledged(type, packetId, reasonCode, bytes, start, end)
  }

  chunkDone(): void {
    this.publisher?.flush()
    this.subscription?.flush()
  }

  pingSent(): void {
    this.publisher?.pingSent()
  }

  pingAnswered(): void {
    this.publisher?.pingAnswered()
  }

  #finish(reason: Error): void {
    this.#reason ??= reason
    this.#over?.abort(this.#reason)
    this.publisher?.wake()
    this.#wake()
  }

  #attach(connection: Connection): void {
    this.publisher?.attach(connection)
    connection.lane.open(this)
  }

  /** Follows a connection to its end, and the ones after it. */
  async #watch(first: Connection): Promise<void> {
    for (let connection: Connection | undefined = first; connection !== undefined; ) {
      const began = monotonicMs()
      const reason = await connection.lost
      // One that breaks at once, again and again, must not be tried ever faster.
      if (monotonicMs() - began >= this.options.reconnect.maxDelayMs) this.#failures = 0
      if (this.#ending || this.#reason !== undefined) return
      this.#connection = undefined
      this.publisher?.detach()
      connection = await this.#reconnect(reason, connection)
    }
  }

  async #reconnect(reason: TmqttError, before: Connection): Promise<Connection | undefined> {
    const { attempts, delayMs, maxDelayMs } = this.options.reconnect
    let last = reason
    for (let attempt = 0; attempt < attempts && isWorthRetrying(last); attempt++) {
      // Doubles up to the limit; the random half keeps many clients from coming back at once.
      const wait = Math.min(maxDelayMs, delayMs * 2 ** this.#failures++) * (1 - Math.random() / 2)
      this.#events.notice(`${last.message}; trying again in ${(wait / 1000).toFixed(1)} s`)
      try {
        const { setTimeout: delay } = await import('node:timers/promises')
        await delay(wait, undefined, { signal: this.#events.signal })
        const connection = await openConnection(this.options, this.#nextAttempt(before), this.ids, this.#events.signal)
        if (this.#ending) {
          await connection.disconnect()
          return undefined
        }
        this.#connection = connection
        this.#events.notice('connected again')
        await this.#resume(connection)
        return connection
      } catch (error) {
        if (this.#events.signal.aborted || this.#reason !== undefined) break
        if (!(error instanceof TmqttError)) throw error
        this.#connection = undefined
        this.publisher?.detach()
        last = error
      }
    }
    if (!this.#ending) this.fail(last)
    return undefined
  }

  /** Takes a session up again that the broker keeps; a clean one starts anew. */
  #nextAttempt(before: Connection): { clientId: string; cleanStart: boolean } {
    const lasting =
      this.options.protocolVersion === 5
        ? (propertyValue(this.options.properties.connect, 'session-expiry-interval') ?? 0) > 0
        : !this.options.cleanStart
    return { clientId: lasting ? before.clientId : this.options.clientId, cleanStart: !lasting }
  }

  async #resume(connection: Connection): Promise<void> {
    this.subscription?.attach(connection)
    this.#attach(connection)
    if (this.subscription !== undefined && !connection.sessionPresent)
      await this.subscription.subscribeAgain(connection)
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}
