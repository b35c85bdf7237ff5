import type { ClientOptions } from '../mqtt/client-options.ts'
import type { Session, SessionEvents } from '../mqtt/session.ts'
import { Line, type Route, type Target } from './line.ts'
import type { Receiver } from './receiver.ts'
import type { Handler, Handlers } from './types.ts'

/** What a subscription does about messages that no filter matches. */
interface Rest {
  readonly target: Target
  /** It has asked for such messages; takes them if nobody has; or doesn't. */
  readonly takes: 'first' | 'last' | 'never'
}

/**
 * The lines of a client. There is one, unless filters overlap at a broker that can't say by which of them a message
 * came: it may send a copy for each, and nothing tells these from a message that was published twice.
 */
export class Lines {
  readonly all: Line[] = []
  readonly #options: ClientOptions
  readonly #events: SessionEvents
  readonly #ended: (reason: Error) => void
  readonly #rests = new Map<Receiver, Rest>()
  /** Finding lines goes one after the other, so that none is opened twice. */
  #finding: Promise<unknown> = Promise.resolve()

  /** @param ended told when the session of a line is over. */
  constructor(options: ClientOptions, events: SessionEvents, ended: (reason: Error) => void) {
    this.#options = options
    this.#events = events
    this.#ended = ended
  }

  get receivers(): readonly Receiver[] {
    return [...this.#rests.keys()]
  }

  /** Opens the first line. @param prepare may add to its session before messages flow. @throws TmqttError */
  async openFirst(prepare: (session: Session) => void): Promise<Line> {
    return await this.#open(this.#options, prepare)
  }

  /** Takes a receiver in, with the handlers that it was given. */
  add(receiver: Receiver, handlers: Handler | Handlers | undefined, unmatched: Handler | undefined): void {
    const handler = unmatched ?? (typeof handlers === 'function' ? handlers : undefined)
    const takes = unmatched !== undefined ? 'first' : typeof handlers === 'object' ? 'never' : 'last'
    this.#rests.set(receiver, { target: { receiver, filter: '', handler }, takes })
  }

  remove(receiver: Receiver): void {
    this.#rests.delete(receiver)
  }

  /** Has the first line take the route on which no other has messages in common with it, or opens one. @throws TmqttError */
  async place(route: Route): Promise<Line> {
    const found = this.#finding.then(async () => {
      const isApart = route.identifiers.length > 0
      const suitable = this.all.find((line) => isApart || !line.overlaps(route.filters))
      const line = suitable ?? (await this.#open(this.#nextOptions()))
      line.reserve(route)
      return line
    })
    this.#finding = found.catch(() => {})
    return await found
  }

  /** Ends all sessions at once. */
  fail(reason: Error): void {
    for (const { session } of this.all) if (!session.over.aborted) session.fail(reason)
  }

  async #open(options: ClientOptions, prepare?: (session: Session) => void): Promise<Line> {
    const line = await Line.open(options, this.#events, () => this.#unmatched(), prepare)
    this.all.push(line)
    const { over } = line.session
    over.addEventListener('abort', () => this.#ended(over.reason))
    if (over.aborted) throw over.reason
    return line
  }

  /** Options of a further session. The will belongs to the program, not to each of its connections. */
  #nextOptions(): ClientOptions {
    const { will: _, ...options } = this.#options
    return { ...options, clientId: options.clientId === '' ? '' : `${options.clientId}-${this.all.length + 1}` }
  }

  #unmatched(): readonly Target[] {
    const rests = [...this.#rests.values()]
    const first = rests.filter(({ takes }) => takes === 'first')
    return (first.length > 0 ? first : rests.filter(({ takes }) => takes === 'last')).map(({ target }) => target)
  }
}
