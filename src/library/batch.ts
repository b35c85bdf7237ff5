import { RefusedError } from '../errors.ts'
import type { ConnectedClient } from './client.ts'
import { checkedMessage } from './outgoing.ts'
import type { MessageSource, OutgoingMessage, PublishManyOptions } from './types.ts'

/** Messages that are published as one piece of work. */
export class Batch {
  readonly #client: Pick<ConnectedClient, 'outbox' | 'headers'>
  readonly #rejected: PublishManyOptions['rejected']
  #open = 0
  #acknowledged = 0
  #failure: unknown

  constructor(client: Pick<ConnectedClient, 'outbox' | 'headers'>, rejected: PublishManyOptions['rejected']) {
    this.#client = client
    this.#rejected = rejected
  }

  /** @returns how many were acknowledged. @throws the first error, when all that were sent are settled. */
  async publish(source: MessageSource): Promise<number> {
    const { outbox } = this.#client
    try {
      if (Symbol.asyncIterator in source) {
        for await (const next of source) if (!this.#add(next) && !(await this.#goesOn())) break
      } else for (const next of source) if (!this.#add(next) && !(await this.#goesOn())) break
    } catch (error) {
      this.#failure ??= error
    }
    while (this.#open > 0) await outbox.progress()
    if (this.#failure !== undefined) throw this.#failure
    return this.#acknowledged
  }

  /** @returns whether the next may follow at once. */
  #add(next: OutgoingMessage | readonly OutgoingMessage[]): boolean {
    if (Array.isArray(next)) for (const message of next as readonly OutgoingMessage[]) this.#addOne(message)
    else this.#addOne(next as OutgoingMessage)
    return this.#failure === undefined && this.#client.outbox.hasRoom
  }

  #addOne(message: OutgoingMessage): void {
    const { outbox, headers } = this.#client
    const checked = checkedMessage(message)
    const { topic, payload } = checked
    const header = headers.of(checked)
    this.#open++
    outbox.add({ topic, payload, header, settle: (error) => this.#settled(topic, error) })
  }

  /** Waits until there is room for more. @returns whether more is to be sent. */
  async #goesOn(): Promise<boolean> {
    const { outbox } = this.#client
    while (!outbox.hasRoom && this.#failure === undefined) await outbox.progress()
    return this.#failure === undefined
  }

  #settled(topic: string, error: Error | undefined): void {
    this.#open--
    if (error === undefined) this.#acknowledged++
    else if (error instanceof RefusedError && this.#rejected !== undefined) this.#tell(topic, error)
    else this.#failure ??= error
  }

  /** A failure of who is told is one of the batch, and must not stop the acknowledgements. */
  #tell(topic: string, error: RefusedError): void {
    try {
      this.#rejected?.(topic, error)
    } catch (failure) {
      this.#failure ??= failure
    }
  }
}
