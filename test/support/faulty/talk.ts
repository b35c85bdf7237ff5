import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import {
  firstPacket,
  lengthPrefixed,
  type Packet,
  packet,
  publishPacket,
  readPublish,
  uint16,
  withLength,
} from '../packets.ts'
import { encodeProperties, id, numberProperty, type Property } from './properties.ts'
import type { Version } from './requests.ts'

export interface ConnectOptions {
  readonly version?: Version | 6
  readonly clientId?: string
  readonly cleanStart?: boolean
  /** Seconds. */
  readonly sessionExpiryInterval?: number
  readonly properties?: readonly Property[]
  readonly will?: { readonly topic: string; readonly payload: string; readonly qos?: number; readonly retain?: boolean }
  readonly username?: string
  readonly password?: string
}

/** CONNECT, of MQTT 5 unless another version is given. */
export function connect(options: ConnectOptions = {}): Buffer {
  const { version = 5, clientId = 'c', cleanStart = true, sessionExpiryInterval, properties = [] } = options
  const { will, username, password } = options
  const willFlags = will === undefined ? 0 : 4 | ((will.qos ?? 0) << 3) | (will.retain ? 0x20 : 0)
  const flags =
    willFlags | (cleanStart ? 2 : 0) | (username === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40)
  const expiry =
    sessionExpiryInterval === undefined ? [] : [numberProperty(id.sessionExpiryInterval, sessionExpiryInterval)]
  return packet(
    'CONNECT',
    0,
    lengthPrefixed(version === 3 ? 'MQIsdp' : 'MQTT'),
    [version, flags],
    uint16(60),
    version >= 5 ? encoded([...expiry, ...properties]) : [],
    lengthPrefixed(clientId),
    ...(will === undefined ? [] : [version >= 5 ? [0] : [], lengthPrefixed(will.topic), lengthPrefixed(will.payload)]),
    ...[username, password].flatMap((text) => (text === undefined ? [] : [lengthPrefixed(text)])),
  )
}

/** SUBSCRIBE of MQTT 5 with one filter. */
export function subscribe(filter: string, options = 0, properties: readonly Property[] = []): Buffer {
  return packet('SUBSCRIBE', 2, uint16(1), encoded(properties), lengthPrefixed(filter), [options])
}

/** UNSUBSCRIBE of MQTT 5. */
export function unsubscribe(filter: string): Buffer {
  return packet('UNSUBSCRIBE', 2, uint16(2), [0], lengthPrefixed(filter))
}

/** PUBLISH of MQTT 5. */
export function publish(
  topic: string,
  payload: string,
  { qos = 0, retain = false, packetId = 3, properties = [] }: Partial<Publish> = {},
): Buffer {
  return publishPacket({ topic, payload, qos, retain, packetId, properties: encodeProperties(properties) })
}

interface Publish {
  readonly qos: number
  readonly retain: boolean
  readonly packetId: number
  readonly properties: readonly Property[]
}

export const pingreq = packet('PINGREQ', 0)

export interface TalkOptions {
  readonly version?: Version
  /** Says DISCONNECT at the end; otherwise the connection is just closed. */
  readonly disconnect?: Uint8Array | undefined
}

/**
 * Says all of this on one connection, at once.
 *
 * @returns what the broker has said by the end of the connection.
 */
export async function talk(
  { port }: { readonly port: number },
  said: readonly Uint8Array[],
  { version = 5, disconnect = packet('DISCONNECT', 0) }: TalkOptions = {},
): Promise<string[]> {
  const chunks: Buffer[] = []
  const socket = connectSocket(port, '127.0.0.1').on('data', (chunk) => chunks.push(chunk))
  // The broker may close before it has read all.
  socket.on('error', () => {})
  socket.end(Buffer.concat([...said, disconnect]))
  await once(socket, 'close')
  const answers: string[] = []
  let rest: Buffer = Buffer.concat(chunks)
  for (let next = firstPacket(rest); next !== undefined; next = firstPacket(rest)) {
    rest = rest.subarray(next.bytes.length)
    answers.push(shown(next, version))
  }
  return answers
}

/** The messages alone. */
export async function messages(...args: Parameters<typeof talk>): Promise<string[]> {
  return (await talk(...args)).filter((line) => !/^[A-Z]/.test(line))
}

/** What comes after CONNACK, but for messages. */
export async function answers(...args: Parameters<typeof talk>): Promise<string[]> {
  return (await talk(...args)).filter((line) => /^(?!CONNACK)[A-Z]/.test(line))
}

function shown(packet: Packet, version: Version): string {
  if (packet.type === 'CONNACK') return `CONNACK ${packet.body[0]} ${hex(packet.body.subarray(1, 2))}`
  if (packet.type === 'DISCONNECT') return `DISCONNECT ${hex(packet.body)}`
  if (packet.type === 'SUBACK') return `SUBACK ${hex(packet.body.subarray(-1))}`
  if (packet.type !== 'PUBLISH') return packet.type
  const { topic, payload, qos, retain, dup, properties } = readPublish(packet, version)
  const text =
    payload.length < 100 ? String(payload) : `${payload.filter((byte) => byte === 0x78).length}/${payload.length}`
  const flags = `${retain ? ' retain' : ''}${dup ? ' dup' : ''}`
  return `${topic}: ${text} q${qos}${flags}${properties?.length ? ` ${hex(properties)}` : ''}`
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function encoded(properties: readonly Property[]): Uint8Array {
  return withLength(encodeProperties(properties))
}
