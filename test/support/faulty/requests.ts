import { type Packet, readVarint } from '../packets.ts'
import { decodeProperties, type Property } from './properties.ts'

export type Version = 3 | 4 | 5

export interface Will {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: number
  readonly retain: boolean
  readonly properties: readonly Property[]
}

export interface Connect {
  readonly cleanStart: boolean
  readonly properties: readonly Property[]
  readonly clientId: string
  readonly will: Will | undefined
  readonly username: string | undefined
  readonly password: string | undefined
}

export interface FilterRequest {
  readonly filter: string
  readonly qos: number
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly retainHandling: number
}

/** The name and the level with which every CONNECT begins. */
export function readProtocol({ body }: Packet): { name: string; level: number } {
  const reader = new Reader(body)
  return { name: reader.binary().toString(), level: reader.byte() & 0x7f }
}

export function readConnect({ body }: Packet, version: Version): Connect {
  const reader = new Reader(body)
  reader.binary()
  reader.byte()
  const flags = reader.byte()
  reader.uint16()
  const properties = version === 5 ? reader.properties() : []
  const clientId = reader.binary().toString()
  const will =
    (flags & 0x04) === 0
      ? undefined
      : {
          qos: (flags >> 3) & 3,
          retain: (flags & 0x20) !== 0,
          properties: version === 5 ? reader.properties() : [],
          topic: reader.binary().toString(),
          payload: reader.binary(),
        }
  return {
    cleanStart: (flags & 0x02) !== 0,
    properties,
    clientId,
    will,
    username: (flags & 0x80) === 0 ? undefined : reader.binary().toString(),
    password: (flags & 0x40) === 0 ? undefined : reader.binary().toString(),
  }
}

export function readSubscribe(
  { body }: Packet,
  version: Version,
): { packetId: number; properties: readonly Property[]; requests: readonly FilterRequest[] } {
  const reader = new Reader(body)
  const packetId = reader.uint16()
  const properties = version === 5 ? reader.properties() : []
  const requests: FilterRequest[] = []
  while (!reader.done) {
    const filter = reader.binary().toString()
    const options = reader.byte()
    requests.push({
      filter,
      qos: options & 3,
      noLocal: (options & 0x04) !== 0,
      retainAsPublished: (options & 0x08) !== 0,
      retainHandling: (options >> 4) & 3,
    })
  }
  return { packetId, properties, requests }
}

export function readUnsubscribe({ body }: Packet, version: Version): { packetId: number; filters: readonly string[] } {
  const reader = new Reader(body)
  const packetId = reader.uint16()
  if (version === 5) reader.properties()
  const filters: string[] = []
  while (!reader.done) filters.push(reader.binary().toString())
  return { packetId, filters }
}

/** Of an acknowledgement or a DISCONNECT, `start` bytes before it. */
export function readReasonCode({ body }: Packet, start: number): number {
  return body[start] ?? 0
}

/** The properties of a DISCONNECT. */
export function readDisconnectProperties({ body }: Packet): readonly Property[] {
  return body.length < 2 ? [] : new Reader(body.subarray(1)).properties()
}

/** Reads one field after the other; throws at the end. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  byte(): number {
    return this.#take(1).readUInt8()
  }

  uint16(): number {
    return this.#take(2).readUInt16BE()
  }

  binary(): Buffer {
    return this.#take(this.uint16())
  }

  properties(): Property[] {
    const { value, end } = readVarint(this.#bytes, this.#at)!
    this.#at = end
    return decodeProperties(this.#take(value))
  }

  #take(length: number): Buffer {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new Error('a field runs past the end of its packet')
    const field = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return field
  }
}
