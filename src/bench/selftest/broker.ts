import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { LocalError } from '../../errors.ts'
import type { Message, QoS } from '../../mqtt/message.ts'
import { type Judge, Link } from './link.ts'
import { type Books, isTurn, type Pause, type Script } from './script.ts'

/** Node's timers may be up to 1 ms early. */
const TIMER_MS = 1

/**
 * Starts a broker on a free port of 127.0.0.1, in this thread. It keeps to its script, and books about it.
 *
 * @throws LocalError when it can't listen.
 */
export async function startScriptedBroker(script: Script): Promise<ScriptedBroker> {
  const broker = new ScriptedBroker(script)
  await broker.listen()
  return broker
}

export class ScriptedBroker implements Judge {
  isStalled = false
  readonly #script: Script
  readonly #server: Server
  readonly #links = new Set<Link>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #books = { accepted: 0, published: 0, acknowledged: 0, delivered: 0, stalledMs: 0 }
  #connects = 0
  #subscribes = 0
  #deliveries = 0
  #rejected = 0
  /** Messages that shared groups have had. */
  #turns = 0
  /** By client and topic: deliveries so far, and the one that waits for the next. */
  readonly #swapping = new Map<Link, Map<string, { count: number; held?: () => void }>>()

  constructor(script: Script) {
    this.#script = script
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const link = new Link(socket, this)
      this.#links.add(link)
      socket.on('end', () => socket.end())
      socket.on('close', () => this.#links.delete(link))
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get books(): Books {
    return { ...this.#books }
  }

  async listen(): Promise<void> {
    try {
      this.#server.listen(0, '127.0.0.1')
      await once(this.#server, 'listening')
    } catch (error) {
      throw new LocalError(`cannot listen on 127.0.0.1: ${(error as Error).message}`, { cause: error })
    }
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const link of this.#links) link.close()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  connect(): number {
    const { refuseConnect } = this.#script
    if (isTurn(++this.#connects, refuseConnect?.every)) return refuseConnect!.code
    this.#books.accepted++
    return 0
  }

  subscribe(qos: QoS): number {
    const { refuseSubscribe } = this.#script
    return isTurn(++this.#subscribes, refuseSubscribe?.every) ? refuseSubscribe!.code : qos
  }

  publish(message: Message, link: Link): void {
    const { reject, freeze, stall, hangUp } = this.#script
    const number = ++this.#books.published
    if (isTurn(number, reject?.every)) {
      const code = reject!.codes[this.#rejected++ % reject!.codes.length]!
      link.answer(message, code)
    } else {
      this.#answer(message, link, number)
      this.#route(message)
    }
    if (freeze?.atMessage === number) standStill(freeze.forMs)
    if (stall?.atMessage === number) this.#stall(stall)
    if (hangUp?.atMessage === number) link.hangUp(hangUp.code)
  }

  ignored(): void {
    this.#books.published++
  }

  completed(): void {
    this.#books.acknowledged++
  }

  #answer({ qos, packetId }: Message, link: Link, number: number): void {
    if (qos === 0 || isTurn(number, this.#script.ignore)) return
    const answer = () => {
      link.answer({ qos, packetId }, 0)
      if (qos === 1) this.#books.acknowledged++
    }
    const { answerAfterMs } = this.#script
    if (answerAfterMs === undefined) answer()
    else this.#later(answerAfterMs, answer)
  }

  #route({ topic, payload, qos }: Message): void {
    for (const [link, next] of this.#takers(topic)) {
      const number = ++this.#deliveries
      if (isTurn(number, this.#script.drop)) continue
      // The bytes are the socket's again when this is over.
      const copy = Buffer.from(payload)
      const links = isTurn(number, this.#script.duplicate) ? [link, next] : [link]
      const times = isTurn(number, this.#script.resend) ? 2 : 1
      this.#inTurn(link, topic, () => {
        this.#books.delivered += links.length
        for (const each of links) each.deliver(topic, copy, qos, times)
      })
    }
  }

  /** Who gets a message: one of each shared group, in turn. With it who gets it again: itself, or the next of its group. */
  #takers(topic: string): (readonly [link: Link, next: Link])[] {
    const wanting = [...this.#links].filter((link) => link.wants(topic))
    const groups = new Set(wanting.flatMap(({ group }) => group ?? []))
    const alone = wanting.filter(({ group }) => group === undefined)
    return [
      ...alone.map((link) => [link, link] as const),
      ...[...groups].map((name) => {
        const members = wanting.filter(({ group }) => group === name)
        const turn = this.#turns++
        return [members[turn % members.length]!, members[(turn + 1) % members.length]!] as const
      }),
    ]
  }

  /** Holds one back that is to be swapped with the next. */
  #inTurn(link: Link, topic: string, deliver: () => void): void {
    const { swap } = this.#script
    if (swap === undefined) {
      deliver()
      return
    }
    const topics = this.#swapping.get(link) ?? new Map<string, { count: number; held?: () => void }>()
    const state = topics.get(topic) ?? { count: 0 }
    this.#swapping.set(link, topics.set(topic, state))
    // From the middle on, so that there is a next one.
    if (++state.count % swap === swap / 2) {
      state.held = deliver
      return
    }
    deliver()
    state.held?.()
    delete state.held
  }

  #stall({ forMs }: Pause): void {
    const beganMs = performance.now()
    this.isStalled = true
    for (const link of this.#links) link.pause()
    this.#later(forMs, () => {
      this.#books.stalledMs = performance.now() - beganMs
      this.isStalled = false
      for (const link of this.#links) link.resume()
    })
  }

  #later(ms: number, what: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      what()
    }, ms + TIMER_MS)
    this.#timers.add(timer)
  }
}

/** The whole thread stops, as in a long computation. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
