import type { Variables } from '../expressions/cel.ts'
import type { Message } from '../mqtt/message.ts'
import type { PublishProperties } from '../mqtt/properties.ts'

/** Bytes of the longest payload that is read as text or JSON. */
const LONGEST_READ = 1024 * 1024

/** A message as conditions see it; its payload is read when one asks for it. */
export class View implements Variables {
  readonly topic: string
  readonly levels: readonly string[]
  readonly size: bigint
  readonly qos: bigint
  readonly retain: boolean
  readonly properties: Readonly<Record<string, unknown>>
  readonly #message: Message
  #text: string | undefined
  #json: { readonly value: unknown } | undefined

  /** @throws MalformedPacketError */
  constructor(message: Message) {
    this.#message = message
    this.topic = message.topic
    this.levels = this.topic.split('/')
    this.size = BigInt(message.payloadLength)
    this.qos = BigInt(message.qos)
    this.retain = message.retain
    this.properties = message.propertiesStart === message.propertiesEnd ? {} : readable(message.properties)
  }

  get bytes(): Buffer {
    return this.#message.payload
  }

  /** @throws Error for a payload that is too long. */
  get text(): string {
    if (this.#message.payloadLength > LONGEST_READ) throw new Error('the payload is longer than 1 MiB')
    this.#text ??= this.bytes.toString()
    return this.#text
  }

  /** @throws Error for a payload that is too long. */
  get payload(): unknown {
    this.#json ??= { value: parsed(this.text) }
    return this.#json.value
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Of user properties the first value of each name, and all of them. */
function readable({ userProperties = [], correlationData, ...others }: PublishProperties): Record<string, unknown> {
  const all = new Map<string, string[]>()
  for (const [name, value] of userProperties) all.set(name, [...(all.get(name) ?? []), value])
  return {
    ...others,
    // CEL knows Buffer by no name.
    ...(correlationData === undefined ? {} : { correlationData: new Uint8Array(correlationData) }),
    userProperty: Object.fromEntries([...all].map(([name, [first]]) => [name, first])),
    userProperties: Object.fromEntries(all),
  }
}
