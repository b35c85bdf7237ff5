import { Publisher } from '../mqtt/publisher.ts'
import type { Session } from '../mqtt/session.ts'
import { clearRetained } from '../retained/clear.ts'

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
    while (this.#topics.length > 0) await clearRetained(this.#publisher, protocolVersion, 1, this.#topics.splice(0))
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
