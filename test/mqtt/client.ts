import type { ClientOptions } from '../../src/mqtt/client-options.ts'
import { publishHeader } from '../../src/mqtt/publish-header.ts'
import { type Payloads, Publisher } from '../../src/mqtt/publisher.ts'
import { Session } from '../../src/mqtt/session.ts'
import { type SubscribeGroup, Subscription } from '../../src/mqtt/subscription.ts'
import { type Packet, readPublish } from '../support/packets.ts'
import type { Connack, Peer, ScriptedBroker } from '../support/scripted-peer.ts'

export const noProperties = { connect: [], will: [], subscribe: [], unsubscribe: [], disconnect: [] }

/** Properties of a client whose session outlives the connection. */
export const lasting = { ...noProperties, connect: [['session-expiry-interval', 60]] } as const

/** Options for a client of the scripted broker. It connects again at once, as often as it takes. */
export function optionsFor(
  broker: Pick<ScriptedBroker, 'port'>,
  overrides: Partial<ClientOptions> = {},
): ClientOptions {
  return {
    server: { host: '127.0.0.1', port: broker.port },
    protocolVersion: 4,
    clientId: 'test',
    cleanStart: true,
    keepAlive: 60,
    properties: noProperties,
    connectTimeoutMs: 10_000,
    reconnect: { attempts: Number.POSITIVE_INFINITY, delayMs: 1, maxDelayMs: 1 },
    ...overrides,
  }
}

export interface Connected {
  readonly session: Session
  readonly peer: Peer
  readonly notices: string[]
}

/** A session and the broker's end of its first connection. */
export async function connect(
  broker: ScriptedBroker,
  overrides: Partial<ClientOptions> = {},
  connack?: Connack,
): Promise<Connected> {
  const notices: string[] = []
  const connecting = Session.connect(optionsFor(broker, overrides), {
    signal: new AbortController().signal,
    notice: (text) => notices.push(text),
  })
  const peer = await broker.connection()
  await peer.accept(connack)
  return { session: await connecting, peer, notices }
}

export function startPublisher(session: Session, maxInflight = 1000, ackTimeoutMs = 10_000): Publisher {
  const publisher = new Publisher(session, { maxInflight, ackTimeoutMs, notice: () => {} })
  session.start()
  return publisher
}

/** Publishes texts on topic `a`. */
export function publishTexts(
  publisher: Publisher,
  session: Session,
  qos: 0 | 1 | 2,
  texts: readonly string[],
): Promise<void> {
  const header = publishHeader(session.options.protocolVersion, { topic: 'a', qos, retain: false })
  return publisher.publish(header, payloadsOf(texts))
}

/** Publishes texts, each on its topic at its QoS. */
export function publishMixed(
  publisher: Publisher,
  session: Session,
  messages: readonly { readonly topic: string; readonly qos: 0 | 1 | 2; readonly text: string }[],
): Promise<void> {
  const headers = messages.map(({ topic, qos }) =>
    publishHeader(session.options.protocolVersion, { topic, qos, retain: false }),
  )
  return publisher.publish(headers, payloadsOf(messages.map(({ text }) => text)))
}

function payloadsOf(texts: readonly string[]): Payloads {
  const bounds: number[] = []
  let at = 0
  for (const text of texts) {
    bounds.push(at, at + Buffer.byteLength(text))
    at += Buffer.byteLength(text)
  }
  return { bytes: Buffer.from(texts.join('')), bounds }
}

export function groupOf(qos: 0 | 1 | 2, ...filters: readonly string[]): SubscribeGroup {
  return { filters, options: { qos, retainHandling: 0, retainAsPublished: false }, properties: [] }
}

/** A subscription to `#` that the broker has granted. */
export async function subscribe({ session, peer, notices }: Connected, qos: 0 | 1 | 2): Promise<Subscription> {
  const groups = [groupOf(qos, '#')]
  const subscription = new Subscription(session, groups, (text) => notices.push(text))
  session.start()
  const started = subscription.start()
  await peer.acceptSubscribe(qos)
  await started
  return subscription
}

/** The payloads of the next batch, as texts. */
export async function nextTexts(subscription: Subscription): Promise<string[] | undefined> {
  return (await subscription.next())?.map((message) => message.payload.toString())
}

/** Takes batches until one holds `last`. */
export async function textsUntil(last: string, subscription: Subscription): Promise<string[]> {
  const texts: string[] = []
  while (!texts.includes(last)) texts.push(...(await nextTexts(subscription))!)
  return texts
}

/** A packet of the data plane in short, such as `PUBLISH x 7 DUP` or `PUBREL 7`. */
export function short(packet: Packet, version: number): string {
  if (packet.type === 'DISCONNECT') return packet.type
  if (packet.type !== 'PUBLISH') return `${packet.type} ${packet.body.readUInt16BE(0)}`
  const { payload, packetId, dup } = readPublish(packet, version)
  return `PUBLISH ${payload} ${packetId}${dup ? ' DUP' : ''}`
}

export async function readShort(peer: Peer, count: number): Promise<string[]> {
  const packets: string[] = []
  while (packets.length < count) packets.push(short(await peer.packet(), peer.version))
  return packets
}
