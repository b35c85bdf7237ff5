import type { Duplex } from 'node:stream'
import { firstPacket, type Packet, type PacketType, packet } from '../packets.ts'
import { type Refusal, refusalCode, refusalOf, versionFor } from './admission.ts'
import { type Handler, propertiesFor, type Shared, Violation } from './client.ts'
import type { Fault } from './faults.ts'
import { limitProperties } from './limits.ts'
import { id, numberOf, type Property, textProperty } from './properties.ts'
import { onPublish, onPubrec, onPubrel, onSettled } from './publishing.ts'
import {
  type Connect,
  readConnect,
  readDisconnectProperties,
  readProtocol,
  readReasonCode,
  type Version,
  type Will,
} from './requests.ts'
import type { Link, Session } from './session.ts'
import { onSubscribe, onUnsubscribe } from './subscribing.ts'

const handlers: { readonly [Type in PacketType]?: Handler } = {
  PUBLISH: onPublish,
  PUBACK: onSettled,
  PUBREC: onPubrec,
  PUBREL: onPubrel,
  PUBCOMP: onSettled,
  SUBSCRIBE: onSubscribe,
  UNSUBSCRIBE: onUnsubscribe,
  PINGREQ: (_, { shared, send }) => {
    if (shared.fault !== 'no PINGRESP') send(packet('PINGRESP', 0))
  },
}

const anonymous: Connect = {
  cleanStart: true,
  properties: [],
  clientId: '',
  will: undefined,
  username: undefined,
  password: undefined,
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
    if (packet.type === 'DISCONNECT') {
      this.#onDisconnect(packet, session)
      return
    }
    const handler = handlers[packet.type]
    if (handler === undefined) throw new Violation(0x82)
    handler(packet, {
      version: this.version,
      session,
      shared: this.#shared,
      aliases: this.#aliases,
      send: (bytes) => this.send(bytes),
    })
  }

  #onConnect(packet: Packet): void {
    if (this.#has('never answers CONNECT')) return
    const { name, level } = readProtocol(packet)
    if (name !== (level === 3 ? 'MQIsdp' : 'MQTT')) throw new Violation(0x84)
    const { version, known } = versionFor(level, this.#shared.versions)
    this.version = version
    if (known) this.#admit(readConnect(packet, version))
    // How the rest of such a CONNECT is to be read, nobody knows.
    else if (this.#has('accepts wrong protocol level')) this.#accept(anonymous)
    else this.#refuse('version')
  }

  #admit(connect: Connect): void {
    const refusal = refusalOf(connect, this.version, this.#shared)
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
    this.send(packet('CONNACK', 0, [flags, code], propertiesFor(this.version, properties)))
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
}

/** Seconds; the greatest number there is means for ever [MQTT 5, 3.1.2.11.2]. */
function asExpiryInterval(value: number): number {
  return value === 0xffff_ffff ? Number.POSITIVE_INFINITY : value
}
