import { publishHeader } from '../mqtt/publish-header.ts'
import { Publisher } from '../mqtt/publisher.ts'
import type { Session } from '../mqtt/session.ts'

const NO_PAYLOAD = { bytes: Buffer.alloc(0), bounds: [0, 0] }
const MAX_INFLIGHT = 1000
const ACK_TIMEOUT_MS = 60_000

/** Clears retained messages, by an empty one each at QoS 1, beside a subscription that goes on meanwhile. */
export class RetainedRemover {
  readonly #session: Session
  readonly #publisher: Publisher
  readonly #topics: string[] = []
  #work: Promise<void> | undefined
  #failure: unknown

  /** To be made before the session starts. */
  constructor(session: Session, notice: (text: string) => void) {
    this.#session = session
    this.#publisher = new Publisher(session, { maxInflight: MAX_INFLIGHT, ackTimeoutMs: ACK_TIMEOUT_MS, notice })
  }

  remove(topic: string): void {
    this.#topics.push(topic)
    this.#work ??= this.#publish().catch((error) => {
      this.#failure = error
    })
  }

  async #publish(): Promise<void> {
    const { protocolVersion } = this.#session.options
    for (let topic = this.#topics.shift(); topic !== undefined; topic = this.#topics.shift()) {
      await this.#publisher.publish(publishHeader(protocolVersion, { topic, qos: 1, retain: true }), NO_PAYLOAD)
    }
    this.#work = undefined
  }

  /** Waits until the broker has acknowledged everything. @throws the reason why it has not, or will not. */
  async finish(): Promise<void> {
    await this.#work
    if (this.#failure !== undefined) throw this.#failure
    await this.#publisher.drain()
    const verdict = this.#publisher.verdict()
    if (verdict !== undefined) throw verdict
  }
}
