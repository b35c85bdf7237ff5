import { ConnectionLostError, RefusedError, UsageError } from '../errors.ts'
import type { ClientOptions } from '../mqtt/client-options.ts'
import { SAFE_AT_QOS_2 } from '../mqtt/publisher.ts'
import { clientOptions, VERSIONS, whole } from './client-options.ts'
import type { Line, Route } from './line.ts'
import { Lines } from './lines.ts'
import { Outbox } from './outbox.ts'
import { Headers } from './outgoing.ts'
import { handling, Receiver } from './receiver.ts'
import { type CheckedFilters, routesOf } from './routes.ts'
import type { Client, ConnectOptions, DisconnectOptions, Handler, Handlers } from './types.ts'
import { inOwnWords, reworded } from './wording.ts'

/** How long the broker may take for the last steps of an orderly end. */
const PATIENCE_MS = 1000

/** Before MQTT 5, and since. */
const UNSUPPORTED_VERSION = [1, 132]

const LONGEST_MS = 2 ** 31 - 1

/** A client: the lines that its subscriptions share, and the outbox of the first of them. */
export class ConnectedClient implements Client {
  clientId = ''
  sessionPresent = false
  readonly closed: Promise<void>
  readonly headers: Headers
  readonly #options: ClientOptions
  readonly #lines: Lines
  /** Filters in use. */
  readonly #filters = new Set<string>()
  readonly #stop = new AbortController()
  #outbox: Outbox | undefined
  /** Whether the broker tells subscriptions apart. */
  #hasIdentifiers = false
  #resolveClosed: () => void = () => {}
  #rejectClosed: (reason: unknown) => void = () => {}
  #isOver = false
  #ending: Promise<void> | undefined
  /** Stops listening to the signal of the caller. */
  #forget: () => void = () => {}

  private constructor(options: ClientOptions, notice: (text: string) => void) {
    this.#options = options
    const events = { signal: this.#stop.signal, notice: (text: string) => notice(inOwnWords(text)) }
    this.#lines = new Lines(options, events, (reason) => this.#failed(reason))
    this.headers = new Headers(options.protocolVersion)
    this.closed = new Promise((resolve, reject) => {
      this.#resolveClosed = resolve
      this.#rejectClosed = reject
    })
  }

  /** @throws TmqttError, or the reason of the signal. */
  static async connect(url: string, options: ConnectOptions): Promise<ConnectedClient> {
    const newest = clientOptions(url, options)
    try {
      return await ConnectedClient.#open(newest, options)
    } catch (error) {
      const isVersion = error instanceof RefusedError && UNSUPPORTED_VERSION.includes(error.reasonCode)
      if (options.protocolVersion !== undefined || !isVersion) throw reworded(error)
      return await ConnectedClient.#open(clientOptions(url, options, 4), options).catch((again) => {
        throw reworded(again)
      })
    }
  }

  static async #open(client: ClientOptions, options: ConnectOptions): Promise<ConnectedClient> {
    const { signal, notice = () => {} } = options
    const opened = new ConnectedClient(client, notice)
    const window = {
      maxInflight: whole('maxInflight', options.maxInflight ?? 1000, 1, 0xffff),
      ackTimeoutMs: whole('ackTimeoutMs', options.ackTimeoutMs ?? 30_000, 1, LONGEST_MS),
      ...(options.maxInflight === undefined && client.protocolVersion < 5 ? { maxInflightQos2: SAFE_AT_QOS_2 } : {}),
    }
    const abort = () => opened.#abort(signal?.reason)
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    opened.#forget = () => signal?.removeEventListener('abort', abort)
    try {
      const line = await opened.#lines.openFirst((session) => {
        opened.#outbox = new Outbox(session, window)
      })
      const { connection } = line.session
      opened.clientId = connection?.clientId ?? client.clientId
      opened.sessionPresent = connection?.sessionPresent ?? false
      opened.#hasIdentifiers = connection?.limits.subscriptionIdentifiers ?? false
      return opened
    } catch (error) {
      opened.#forget()
      throw error
    }
  }

  get protocolVersion(): Client['protocolVersion'] {
    const versions = Object.entries(VERSIONS) as [Client['protocolVersion'], number][]
    return versions.find(([, number]) => number === this.#options.protocolVersion)![0]
  }

  get outbox(): Outbox {
    return this.#outbox!
  }

  async subscribe(
    filters: CheckedFilters,
    handlers: Handler | Handlers | undefined,
    unmatched: Handler | undefined,
  ): Promise<Receiver> {
    const used = [...filters.keys()].find((filter) => this.#filters.has(filter))
    if (used !== undefined)
      throw new UsageError(`this client has a subscription to '${used}': end that first, or connect another client`)
    for (const filter of filters.keys()) this.#filters.add(filter)
    const ways: (readonly [Line, Route])[] = []
    const end = async () => {
      this.#lines.remove(receiver)
      try {
        if (!this.#isOver) await Promise.all(ways.map(([line, route]) => line.unsubscribe(route)))
      } finally {
        for (const [line, route] of ways) line.release(route)
        for (const filter of filters.keys()) this.#filters.delete(filter)
      }
    }
    const receiver: Receiver = new Receiver({ end, failed: (error) => this.#lines.fail(error) })
    this.#lines.add(receiver, handlers, unmatched)
    try {
      for (const route of routesOf(filters, receiver, handlers, unmatched, this.#hasIdentifiers))
        ways.push([await this.#lines.place(route), route])
      const granted = await Promise.all(ways.map(([line, route]) => line.subscribe(route)))
      receiver.granted = new Map(granted.flatMap((each) => [...each]))
    } catch (error) {
      await receiver.end().catch(() => {})
      throw error
    }
    if (handlers !== undefined) receiver.start()
    return receiver
  }

  async disconnect({ timeoutMs = 10_000, withWill = false }: DisconnectOptions = {}): Promise<void> {
    whole('timeoutMs', timeoutMs, 0, LONGEST_MS)
    const own = handling.getStore()
    if (own !== undefined && this.#lines.receivers.includes(own.receiver)) own.finish()
    this.#ending ??= this.#disconnect(AbortSignal.timeout(timeoutMs), withWill ? 4 : 0)
    await this.#ending
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect()
  }

  async #disconnect(limit: AbortSignal, reasonCode: 0 | 4): Promise<void> {
    const { receivers } = this.#lines
    for (const receiver of receivers) receiver.close()
    await unlessAborted(limit, Promise.all(receivers.map((receiver) => receiver.idle())))
    await unlessAborted(limit, this.outbox.idle())
    const { open } = this.outbox
    const failure = open > 0 ? leaving(open) : undefined
    if (failure !== undefined) this.outbox.fail(failure)
    // Before the lines end, so that their end is known to be meant.
    this.#end()
    const ends = await Promise.allSettled(this.#lines.all.map((line) => line.end(reasonCode, PATIENCE_MS)))
    this.#stop.abort()
    const broken = ends.find((each) => each.status === 'rejected')
    if (failure !== undefined) throw failure
    if (broken !== undefined) throw broken.reason
  }

  /** The signal of the caller was aborted. */
  #abort(reason: unknown): void {
    // Who has aborted it knows.
    this.closed.catch(() => {})
    const error = reason instanceof Error ? reason : new Error('the client was aborted', { cause: reason })
    this.#stop.abort(error)
    this.#lines.fail(error)
  }

  /** An orderly end. */
  #end(): void {
    this.#isOver = true
    this.#forget()
    this.#resolveClosed()
  }

  /** A session has ended that was to go on. */
  #failed(reason: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#forget()
    reworded(reason)
    const isTold = [this.outbox.fail(reason), ...this.#lines.receivers.map((each) => each.close(reason))]
    // Else nobody would learn of it.
    if (isTold.includes(true)) this.closed.catch(() => {})
    this.#rejectClosed(reason)
    this.#lines.fail(reason)
    this.#stop.abort(reason)
  }
}

function leaving(open: number): ConnectionLostError {
  return new ConnectionLostError(
    `the client has disconnected with ${open === 1 ? '1 message' : `${open} messages`} unacknowledged`,
  )
}

/** Resolves when the work is done or the signal is aborted. */
async function unlessAborted(signal: AbortSignal, work: Promise<unknown>): Promise<void> {
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve())
    if (signal.aborted) resolve()
  })
  await Promise.race([work, aborted])
}
