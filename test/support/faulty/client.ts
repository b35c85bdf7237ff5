import { type Packet, withLength } from '../packets.ts'
import type { Admission } from './admission.ts'
import type { Exchange } from './exchange.ts'
import { encodeProperties, type Property } from './properties.ts'
import type { Version } from './requests.ts'
import type { Session } from './session.ts'

/** What the clients of one broker have in common. */
export interface Shared extends Admission {
  readonly exchange: Exchange
  readonly log: (line: string) => void
  /** Nothing is sent any more. */
  silent: boolean
}

/** A connected client, as who handles its packets needs it. */
export interface Client {
  readonly version: Version
  readonly session: Session
  readonly shared: Shared
  /** Topics by the client's topic alias. */
  readonly aliases: Map<number, string>
  readonly send: (bytes: Buffer) => void
}

/** @throws Violation and other errors, which end the connection. */
export type Handler = (packet: Packet, client: Client) => void

/** Ends the connection with this reason code. */
export class Violation extends Error {
  readonly reasonCode: number

  constructor(reasonCode: number) {
    super(`reason code 0x${reasonCode.toString(16)}`)
    this.reasonCode = reasonCode
  }
}

/** With their length in front, and nothing at all before MQTT 5. */
export function propertiesFor(version: Version, properties: readonly Property[]): Uint8Array | readonly number[] {
  return version === 5 ? withLength(encodeProperties(properties)) : []
}
