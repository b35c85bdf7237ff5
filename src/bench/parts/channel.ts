import type { Message } from '../../mqtt/message.ts'
import { encodePublish, publishSize } from '../../mqtt/packets.ts'
import { publishHeader } from '../../mqtt/publish-header.ts'
import { Client } from '../client.ts'
import type { Clock } from '../clock.ts'
import { Meter } from '../meter.ts'
import { Outbox } from '../outbox.ts'
import { passing } from '../passing.ts'
import type { Plan } from '../plan.ts'
import { Profiles } from '../profiles.ts'
import { clientsOf, memberOf, roles } from '../roster.ts'
import { topicOfPart } from './topics.ts'

const SWEEP_MS = 1000

export interface ChannelEvents {
  /** A JSON document has come, from whomever. */
  received(document: unknown, nowUs: number): void
  /** There is no connection, or there is none any more. */
  lost(reason: string): void
}

/** What the parts of a run say to each other, over the broker, by a client that is none of those measured. */
export class Channel {
  readonly #plan: Plan
  readonly #clock: Clock
  readonly #outbox = new Outbox()
  readonly #events: ChannelEvents
  /** Tells this process from another one that is the same part. */
  readonly #session: string
  #client: Client | undefined
  #sweeping: NodeJS.Timeout | undefined
  #isOver = false

  /** Connects to the first broker, as the first client of the run does. */
  constructor(plan: Plan, clock: Clock, session: string, events: ChannelEvents) {
    this.#plan = plan
    this.#clock = clock
    this.#session = session
    this.#events = events
    void this.#connect()
  }

  /** Sends a JSON document to a part; what can't be sent now is not sent at all. */
  send(part: number, document: object): void {
    if (this.#client?.isReady !== true) return
    const protocolVersion = this.#plan.client.values.protocolVersion ?? 4
    const header = publishHeader(protocolVersion, {
      topic: topicOfPart(this.#plan.meeting.run, part),
      qos: 0,
      retain: false,
    })
    const payload = Buffer.from(JSON.stringify(document))
    this.#outbox.reserve(publishSize(header, payload.length))
    this.#outbox.at = encodePublish(header, 0, payload, 0, payload.length, this.#outbox.bytes, this.#outbox.at)
    this.#client.send()
  }

  /** Leaves when all that was sent is out. */
  close(): void {
    this.#isOver = true
    clearInterval(this.#sweeping)
    if (this.#client?.isReady === true) this.#client.leave()
    else this.#client?.end('the run has ended')
  }

  async #connect(): Promise<void> {
    const profiles = new Profiles(this.#plan, () => {})
    await profiles.prepare()
    if (this.#isOver) return
    const role = roles.find((each) => clientsOf(this.#plan, each) > 0) ?? 'idle'
    const clientId = `bench-${this.#plan.meeting.run}-p${this.#plan.shard.index + 1}-${this.#session}`
    const options = profiles.optionsOf({ ...memberOf(this.#plan, role, 0), clientId })
    const meter = new Meter()
    const subscribe = {
      clients: 1,
      filter: topicOfPart(this.#plan.meeting.run, this.#plan.shard.index),
      options: { qos: 0, retainHandling: 2, retainAsPublished: false } as const,
      absent: false,
      retained: undefined,
      slow: undefined,
    }
    const context = {
      plan: { ...this.#plan, subscribe },
      clock: this.#clock,
      meter,
      outbox: this.#outbox,
      willTimes: undefined,
    }
    const work = { filter: subscribe.filter, received: (message: Message, us: number) => this.#received(message, us) }
    const client = new Client(context, passing(options), work, {
      settled: () => {
        const [refused] = Object.keys(meter.subscriptionsRefused.counts)
        if (client.isReady && refused !== undefined) client.end(`SUBSCRIBE was refused: ${refused}`)
      },
      over: () => {
        clearInterval(this.#sweeping)
        const [reason = 'the connection was lost'] = [meter.failed, meter.lost].flatMap(({ counts }) =>
          Object.keys(counts),
        )
        if (!this.#isOver) this.#events.lost(reason)
      },
    })
    this.#client = client
    this.#sweeping = setInterval(() => client.sweep(this.#clock.us()), SWEEP_MS)
    client.connect()
  }

  #received(message: Message, nowUs: number): void {
    let document: unknown
    try {
      document = JSON.parse(message.payload.toString())
    } catch {
      return
    }
    this.#events.received(document, nowUs)
  }
}
