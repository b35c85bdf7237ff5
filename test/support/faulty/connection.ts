import type { Duplex } from 'node:stream'
import { ack, firstPacket, type Packet, type PacketType, packet, readPublish, uint16, withLength } from '../packets.ts'
import { type Admission, type Refusal, refusalCode, refusalOf, versionFor } from './admission.ts'
import { type Exchange, large } from './exchange.ts'
import type { Fault } from './faults.ts'
import { limitProperties } from './limits.ts'
import { isValidFilter, splitShare } from './matching.ts'
import { decodeProperties, encodeProperties, id, numberOf, type Property, textProperty } from './properties.ts'
import {
  type Connect,
  type FilterRequest,
  readConnect,
  readDisconnectProperties,
  readProtocol,
  readReasonCode,
  readSubscribe,
  readUnsubscribe,
  type Version,
  type Will,
} from './requests.ts'
import type { Link, Session } from './session.ts'

/** What the connections of one broker have in common. */
export interface Shared extends Admission {
  readonly exchange: Exchange
  readonly log: (line: string) => void
  /** Nothing is sent any more. */
  silent: boolean
}

/** Ends the connection with this reason. */
class Violation extends Error {
  readonly reasonCode: number

  constructor(reasonCode: number) {
    super(`reason code 0x${reasonCode.toString(16)}`)
    this.reasonCode = reasonCode
  }
}

/** The broker's end of one connection. */
export class Connection implements Link {
  version: Version = 4
  receiveMaximum = 0xffff
  maximumPacketSize = Number.POSITIVE_INFINITY
  readonly #stream: Duplex
  readonly #shared: Shared
  readonly #aliases = new Map<number, string>()
  #rest: Buffer = Buffer.alloc(0)
  #session: Session | undefined
  #will: Will | undefined
  #over = false
  readonly #handlers: { readonly [Type in PacketType]?: (packet: Packet, session: Session) => void } = {
    PUBLISH: (packet, session) => this.#onPublish(packet, session),
    PUBACK: ({ body }, session) => session.settled(body.readUInt16BE()),
    PUBREC: (packet, session) => this.#onPubrec(packet, session),
    PUBREL: ({ body }, session) => this.#onPubrel(body.readUInt16BE(), session),
    PUBCOMP: ({ body }, session) => session.settled(body.readUInt16BE()),
    SUBSCRIBE: (packet, session) => this.#onSubscribe(packet, session),
    UNSUBSCRIBE: (packet, session) => this.#onUnsubscribe(packet, session),
    PINGREQ: () => {
      if (!this.#has('no PINGRESP')) this.send(packet('PINGRESP', 0))
    },
    DISCONNECT: (packet, session) => this.#onDisconnect(packet, session),
  }

  constructor(stream: Duplex, shared: Shared) {
    this.#stream = stream
    this.#shared = shared
    stream.on('data', (chunk: Buffer) => this.#receive(chunk))
    stream.on('error', () => {})
    stream.once('close', () => this.#leave())
  }

  send(bytes: Buffer): void {
    if (!this.#shared.silent && this.#stream.writable) this.#stream.write(bytes)
  }

  takeOver(): void {
    this.#disconnect(0x8e)
  }

  #has(fault: Fault): boolean {
    return this.#shared.fault === fault
  }

  #receive(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    for (let next = firstPacket(this.#rest); next !== undefined && !this.#over; next = firstPacket(this.#rest)) {
      this.#rest = this.#rest.subarray(next.bytes.length)
      try {
        this.#handle(next)
      } catch (error) {
        // What couldn't be read is malformed.
        this.#disconnect(error instanceof Violation ? error.reasonCode : 0x81)
      }
    }
  }

  #handle(packet: Packet): void {
    const session = this.#session
    if (session === undefined) {
      if (packet.type !== 'CONNECT') throw new Violation(0x82)
      this.#onConnect(packet)
      return
    }
    if (this.version === 5 && packet.bytes.length > this.#shared.limits.maximumPacketSize) throw new Violation(0x95)
    const handler = this.#handlers[packet.type]
    if (handler === undefined) throw new Violation(0x82)
    handler(packet, session)
  }

  #onConnect(packet: Packet): void {
    if (this.#has('never answers CONNECT')) return
    const { name, level } = readProtocol(packet)
    if (name !== (level === 3 ? 'MQIsdp' : 'MQTT')) throw new Violation(0x84)
    const { version, refused } = versionFor(level, this.#shared)
    this.version = version
    if (refused) {
      this.#refuse('version')
      return
    }
    const connect = readConnect(packet, version)
    const refusal = refusalOf(connect, version, this.#shared)
    if (refusal === undefined) this.#accept(connect)
    else this.#refuse(refusal)
  }

  #refuse(why: Refusal): void {
    const code = refusalCode(why, this.version)
    if (code !== undefined) this.#connack(false, code, [])
    this.#end()
  }

  #accept(connect: Connect): void {
    const { exchange, limits, log } = this.#shared
    const clientId = connect.clientId || `assigned-${Math.random().toString(36).slice(2)}`
    exchange.sessions.get(clientId)?.link?.takeOver()
    const before = exchange.sessions.get(clientId)
    if (before !== undefined && connect.cleanStart) exchange.discard(before)
    const session = exchange.session(clientId)
    session.expiryInterval = this.#expiryInterval(connect)
    this.receiveMaximum = numberOf(connect.properties, id.receiveMaximum) ?? this.receiveMaximum
    this.maximumPacketSize = numberOf(connect.properties, id.maximumPacketSize) ?? this.maximumPacketSize
    this.#session = session
    this.#will = connect.will
    const goesOn = before !== undefined && !connect.cleanStart
    const present =
      (goesOn && !this.#has('wrong session present')) ||
      (before !== undefined && connect.cleanStart && this.#has('session present after clean start'))
    this.#connack(present, 0, [
      ...limitProperties(limits),
      ...(connect.clientId === '' ? [textProperty(id.assignedClientIdentifier, clientId)] : []),
    ])
    if (this.#has('forgets session')) session.forgetMessages()
    session.attach(this)
    log(`connected ${clientId}`)
  }

  #expiryInterval({ cleanStart, properties }: Connect): number {
    if (this.#has('discards session')) return 0
    if (this.version < 5) return cleanStart ? 0 : Number.POSITIVE_INFINITY
    return asExpiryInterval(numberOf(properties, id.sessionExpiryInterval) ?? 0)
  }

  #connack(sessionPresent: boolean, code: number, properties: readonly Property[]): void {
    // There is no session present in MQTT 3.1.
    const flags = sessionPresent && this.version > 3 ? 1 : 0
    this.send(packet('CONNACK', 0, [flags, code], this.#encoded(properties)))
  }

  #onPublish(packet: Packet, session: Session): void {
    if (this.#has('stops answering')) this.#shared.silent = true
    const { limits, exchange } = this.#shared
    const publish = readPublish(packet, this.version)
    const properties = decodeProperties(Buffer.from(publish.properties ?? []))
    const { qos, packetId = 0, payload } = publish
    if (qos === 3) throw new Violation(0x81)
    if (qos > limits.maximumQoS) throw new Violation(0x9b)
    if (publish.retain && !limits.retainAvailable) throw new Violation(0x9a)
    if (payload.length > large && this.#has('closes on large payload')) throw new Violation(0x97)
    const topic = this.#topicOf(publish.topic, numberOf(properties, id.topicAlias))
    if (topic === '' || /[+#]/.test(topic)) throw new Violation(0x90)
    const isNew = !(qos === 2 && session.received.has(packetId))
    if (isNew && qos > 0 && this.version === 5 && session.received.size >= limits.receiveMaximum)
      throw new Violation(0x93)
    if (qos === 2) session.received.add(packetId)
    if (isNew) exchange.publish({ ...publish, topic, properties }, session.clientId)
    if (qos === 1 && !this.#has('drops PUBACK')) this.send(ack('PUBACK', packetId))
    if (qos === 2 && !this.#has('drops PUBREC')) this.send(ack('PUBREC', packetId))
  }

  /** The topic of a PUBLISH [MQTT 5, 3.3.2.3.4]. */
  #topicOf(topic: string, alias: number | undefined): string {
    if (alias === undefined) return topic
    if (alias === 0 || alias > this.#shared.limits.topicAliasMaximum) throw new Violation(0x94)
    if (topic !== '') this.#aliases.set(alias, topic)
    else if (this.#has('ignores topic alias')) throw new Violation(0x82)
    const known = this.#aliases.get(alias)
    if (known === undefined) throw new Violation(0x82)
    return known
  }

  #onPubrec(packet: Packet, session: Session): void {
    const packetId = packet.body.readUInt16BE()
    if (readReasonCode(packet, 2) >= 0x80) {
      session.settled(packetId)
      return
    }
    session.released(packetId)
    if (!this.#has('drops PUBREL')) this.send(ack('PUBREL', packetId))
  }

  #onPubrel(packetId: number, session: Session): void {
    session.received.delete(packetId)
    if (!this.#has('drops PUBCOMP')) this.send(ack('PUBCOMP', packetId))
  }

  #onSubscribe(subscribe: Packet, session: Session): void {
    const { packetId, properties, requests } = readSubscribe(subscribe, this.version)
    const identifiers = properties.filter((property) => property.id === id.subscriptionIdentifier)
    if (identifiers.length > 0 && !this.#shared.limits.subscriptionIdentifiersAvailable) throw new Violation(0xa1)
    const answers = requests.map((request) => this.#subscribe(request, identifiers, session))
    const codes = answers.map(({ code }) => code)
    if (!this.#has('drops SUBACK')) {
      this.send(packet('SUBACK', 0, uint16(packetId), this.#encoded([]), codes))
    }
    for (const { deliverRetained } of answers) deliverRetained?.()
  }

  /** @returns the reason code for the SUBACK, and what is to be done after it. */
  #subscribe(
    request: FilterRequest,
    identifiers: readonly Property[],
    session: Session,
  ): { readonly code: number; readonly deliverRetained?: () => void } {
    const { exchange, limits, log } = this.#shared
    const { filter } = request
    const { plain, shared } = splitShare(filter)
    if (request.qos === 3 || (shared && request.noLocal)) throw new Violation(0x82)
    const refusal = this.#has('refuses SUBSCRIBE') ? 0x87 : this.#subscribeRefusal(filter)
    if (refusal !== undefined) return { code: this.version === 5 ? refusal : 0x80 }
    const isNew = !session.subscriptions.has(filter)
    const qos = Math.min(request.qos, limits.maximumQoS)
    const subscriptionIdentifiers = this.#has('ignores subscription identifier') ? [] : identifiers
    const subscription = { ...request, qos, plain, shared, subscriptionIdentifiers }
    session.subscriptions.set(filter, subscription)
    log(`: ${session.clientId} ${qos} ${filter}`)
    const handling = this.#has('ignores retain handling') ? 0 : request.retainHandling
    const wanted = !shared && (handling === 0 || (handling === 1 && isNew))
    return { code: qos, ...(wanted && { deliverRetained: () => exchange.deliverRetained(session, subscription) }) }
  }

  /** For what is invalid. What the broker has said that it can't ends the connection of MQTT 5 [3.2.2.3.11 to 13]. */
  #subscribeRefusal(filter: string): number | undefined {
    const { limits } = this.#shared
    if (!isValidFilter(filter)) return 0x8f
    const { plain, shared } = splitShare(filter)
    const lacking =
      shared && !limits.sharedAvailable ? 0x9e : /[+#]/.test(plain) && !limits.wildcardAvailable ? 0xa2 : undefined
    if (lacking !== undefined && this.version === 5) throw new Violation(lacking)
    return lacking
  }

  #onUnsubscribe(unsubscribe: Packet, session: Session): void {
    const { packetId, filters } = readUnsubscribe(unsubscribe, this.version)
    const codes = filters.map((filter) => {
      const known = session.subscriptions.has(filter)
      if (!this.#has('delivers after UNSUBSCRIBE')) session.subscriptions.delete(filter)
      return known ? 0x00 : 0x11
    })
    if (this.#has('drops UNSUBACK')) return
    const answer = this.version === 5 ? [this.#encoded([]), codes] : []
    this.send(packet('UNSUBACK', 0, uint16(packetId), ...answer))
  }

  #onDisconnect(packet: Packet, session: Session): void {
    const expiryInterval = numberOf(readDisconnectProperties(packet), id.sessionExpiryInterval)
    if (expiryInterval !== undefined && !this.#has('discards session')) {
      session.expiryInterval = asExpiryInterval(expiryInterval)
    }
    if (readReasonCode(packet, 0) === 0 && !this.#has('will after DISCONNECT')) this.#will = undefined
    this.#end()
  }

  /** Before MQTT 5, the broker just ends the connection. */
  #disconnect(reasonCode: number): void {
    if (this.#session !== undefined && this.version === 5) this.send(packet('DISCONNECT', 0, [reasonCode]))
    this.#end()
  }

  #end(): void {
    this.#stream.end()
    this.#leave()
  }

  /** Once, however the connection ends. */
  #leave(): void {
    if (this.#over) return
    this.#over = true
    const session = this.#session
    if (session === undefined) return
    const { exchange, log } = this.#shared
    session.detach(() => exchange.discard(session))
    if (this.#will !== undefined && !this.#has('no will')) exchange.publish(this.#will, session.clientId)
    log(`closed ${session.clientId}`)
  }

  #encoded(properties: readonly Property[]): Uint8Array | readonly number[] {
    return this.version === 5 ? withLength(encodeProperties(properties)) : []
  }
}

/** Seconds; the greatest number there is means for ever [MQTT 5, 3.1.2.11.2]. */
function asExpiryInterval(value: number): number {
  return value === 0xffff_ffff ? Number.POSITIVE_INFINITY : value
}
