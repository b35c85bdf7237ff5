import type { Duplex } from 'node:stream'
import type { Will } from '../mqtt/client-options.ts'
import type { Connection, Limits } from '../mqtt/connection.ts'
import type { ProtocolVersion } from '../options/connection.ts'
import type { Findings } from './check.ts'
import type { CheckClient } from './client.ts'
import type { Limit } from './limit.ts'
import type { OpeningStep } from './opening.ts'

export interface ConnectOptions {
  /** The version of the run unless given. */
  readonly version?: ProtocolVersion
  /** A new one unless given; '' lets the broker assign one. */
  readonly clientId?: string
  /** Keeps the session, and takes up the one that there is. */
  readonly persistent?: boolean
  readonly will?: Pick<Will, 'topic' | 'payload'>
}

/** What a check may use. Whatever it opens is closed when it ends, whatever it leaves at the broker is removed. */
export interface Context {
  /** The protocol version of the run. */
  readonly version: ProtocolVersion
  /** What the broker has said on the first connection. */
  readonly limits: Limits
  readonly limit: Limit
  /** Of this check alone, under the prefix of the run. */
  topic(name: string): string
  newClientId(): string
  /** @throws the reason why not, as of `openConnection`. */
  connect(options?: ConnectOptions): Promise<CheckClient>
  /** A connection without CONNECT. */
  open(): Promise<Duplex>
  /** How far the first connection has come. */
  step(step: OpeningStep): Promise<Findings>
  /** Connects with a version, the one of the first connection for the first time. @throws Unsupported */
  tryVersion(version: ProtocolVersion): Promise<Connection>
}
