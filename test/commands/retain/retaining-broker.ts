import { matches } from '../../../src/mqtt/topic.ts'
import { ack, type Packet, type Publish, packet, readPublish, uint16 } from '../../support/packets.ts'
import { type Peer, startScriptedBroker } from '../../support/scripted-peer.ts'

/** What a scripted broker does of which a test has its own idea. */
export interface Habits {
  /** Reason code of SUBACK for a filter; by default the QoS asked for. */
  readonly suback?: (filter: string) => number
  /** Called for each PUBLISH; by default it stores the message, or clears, and acknowledges. */
  readonly published?: (message: Publish, broker: RetainingBroker) => void
  /** Called behind each SUBACK, in place of sending what is retained. */
  readonly subscribed?: (filters: readonly string[], broker: RetainingBroker) => void
  /** Version 5 is refused. */
  readonly onlyMqtt3?: boolean
}

/** A broker of one client that keeps retained messages, written for its faults. */
export interface RetainingBroker {
  readonly url: string
  /** Payloads by topic. */
  readonly store: Map<string, string>
  /** Of the present connection. */
  readonly peer: Peer
  /** Every packet that came, in short: its type, and for SUBSCRIBE its filters. */
  readonly log: string[]
  sendRetained(filters: readonly string[]): void
  acknowledge(message: Publish, reasonCode?: number): void
}

export async function startRetainingBroker(
  retained: Readonly<Record<string, string>>,
  habits: Habits = {},
): Promise<RetainingBroker> {
  const server = await startScriptedBroker()
  const store = new Map(Object.entries(retained))
  let current: Peer | undefined
  const broker: RetainingBroker = {
    url: server.url,
    store,
    log: [],
    get peer() {
      if (current === undefined) throw new Error('no client has connected')
      return current
    },
    sendRetained(filters) {
      for (const filter of filters) {
        for (const [topic, payload] of store) {
          if (matches(filter, topic)) broker.peer.publish({ topic, payload, retain: true })
        }
      }
    },
    acknowledge({ packetId }, reasonCode) {
      if (packetId !== undefined) broker.peer.send(ack('PUBACK', packetId, reasonCode))
    },
  }
  const serve = async () => {
    for (;;) {
      current = await server.connection()
      const peer = current
      void answerAll(peer, broker, habits).catch(() => {})
    }
  }
  serve().catch(() => {})
  return broker
}

async function answerAll(peer: Peer, broker: RetainingBroker, habits: Habits): Promise<void> {
  await peer.packet('CONNECT')
  const isRefused = habits.onlyMqtt3 === true && peer.version === 5
  peer.connack({ reasonCode: isRefused ? 132 : 0 })
  broker.log.push(`CONNECT ${peer.version}`)
  for (;;) answer(await peer.packet(), peer, broker, habits)
}

function answer(received: Packet, peer: Peer, broker: RetainingBroker, habits: Habits): void {
  const { type } = received
  const id = uint16(type === 'SUBSCRIBE' || type === 'UNSUBSCRIBE' ? received.body.readUInt16BE(0) : 0)
  const properties = peer.version === 5 ? [0] : []
  if (type === 'SUBSCRIBE') {
    const { filters, qos } = readFilters(received, peer.version, 1)
    broker.log.push(`SUBSCRIBE ${filters.join(' ')}`)
    const codes = filters.map((filter) => habits.suback?.(filter) ?? qos)
    peer.suback(received.body.readUInt16BE(0), codes)
    if (habits.subscribed === undefined) broker.sendRetained(filters)
    else habits.subscribed(filters, broker)
  } else if (type === 'UNSUBSCRIBE') {
    const { filters } = readFilters(received, peer.version, 0)
    peer.send(packet('UNSUBACK', 0, id, properties, peer.version === 5 ? filters.map(() => 0) : []))
  } else if (type === 'PUBLISH') {
    const message = readPublish(received, peer.version)
    broker.log.push(`PUBLISH ${message.topic}`)
    if (habits.published !== undefined) habits.published(message, broker)
    else {
      if (message.payload.length === 0) broker.store.delete(message.topic)
      broker.acknowledge(message)
    }
  } else if (type === 'PINGREQ') peer.send(packet('PINGRESP', 0))
}

/** @param optionBytes behind each filter. */
function readFilters({ body }: Packet, version: number, optionBytes: 0 | 1) {
  const filters: string[] = []
  let qos = 0
  // The properties are shorter than 128 bytes.
  for (let at = version === 5 ? 3 + body[2]! : 2; at < body.length; ) {
    const end = at + 2 + body.readUInt16BE(at)
    filters.push(body.toString('utf8', at + 2, end))
    if (optionBytes === 1) qos = body[end]! & 3
    at = end + optionBytes
  }
  return { filters, qos }
}
