import { LocalError } from '../errors.ts'
import type { Message } from '../mqtt/message.ts'
import type { Property } from '../mqtt/property-table.ts'
import { isValidTopicName } from '../mqtt/topic.ts'
import type { CommandRunner } from './command-runner.ts'
import { LARGEST_PAYLOAD } from './publishing.ts'

export interface AnswererOptions {
  /** The answer to every request; without it what the command prints, and without that the payload of the request. */
  readonly payload: Buffer | undefined
  readonly runner: CommandRunner | undefined
  /** For requests that name none. */
  readonly responseTopic: string | undefined
  /** Publishes an answer, and returns when it is written. */
  readonly send: (topic: string, properties: readonly Property[], payload: Buffer) => Promise<void>
  readonly notice: (text: string) => void
}

/** Answers requests. */
export class Answerer {
  /** Requests that got no answer. */
  unanswered = 0
  readonly #options: AnswererOptions

  constructor(options: AnswererOptions) {
    this.#options = options
  }

  /** @returns false for a request that was cut short: it is to be received again. */
  async deal(message: Message): Promise<boolean> {
    const failure = await this.#answer(message)
    if (failure === undefined) return true
    if (this.#options.runner?.isStopped) return false
    this.unanswered++
    this.#options.notice(`the request on '${message.topic}' was not answered: ${failure}`)
    return true
  }

  /** @returns why not. */
  async #answer(message: Message): Promise<string | undefined> {
    const { responseTopic, correlationData } = message.properties
    const topic = responseTopic ?? this.#options.responseTopic
    if (topic === undefined) return 'it names no response topic (-e names one for such)'
    if (!isValidTopicName(topic)) return `it names '${topic}' as its response topic, which is none`
    const payload = await this.#payload(message)
    if (typeof payload === 'string') return payload
    await this.#options.send(
      topic,
      correlationData === undefined ? [] : [['correlation-data', correlationData]],
      payload,
    )
    return undefined
  }

  /** The payload, or how the command has failed. */
  async #payload(message: Message): Promise<Buffer | string> {
    const { payload, runner } = this.#options
    if (payload !== undefined) return payload
    if (runner === undefined) return message.payload
    const pieces: Buffer[] = []
    let length = 0
    try {
      const failure = await runner.run(message, (piece) => {
        length += piece.length
        if (length > LARGEST_PAYLOAD)
          throw new LocalError(`printed more than the ${LARGEST_PAYLOAD} bytes of a payload`)
        pieces.push(piece)
      })
      return failure === undefined ? Buffer.concat(pieces) : `the command ${failure}`
    } catch (error) {
      if (!(error instanceof LocalError)) throw error
      return `the command ${error.message}`
    }
  }
}
