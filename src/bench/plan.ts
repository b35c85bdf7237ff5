import type { SubscribeOptions } from '../mqtt/connection.ts'
import type { QoS } from '../mqtt/message.ts'
import type { Property } from '../mqtt/property-table.ts'
import type { ConnectionValues } from '../options/connection.ts'
import type { SizeShare } from '../options/size-distribution.ts'
import type { Kill } from './client.ts'
import type { Segment } from './schedule.ts'

/** What the ClientOptions of all clients are made from: plain data, so that other threads can be given it too. */
export interface ClientSource {
  readonly values: ConnectionValues
  readonly env: Readonly<Record<string, string | undefined>>
  /** From the terminal. */
  readonly password?: Buffer
  readonly keyPassword?: string
}

/** A user name and password, and perhaps a client identifier, of one client. */
export interface Credentials {
  readonly clientId?: string
  readonly username?: string
  readonly password?: string
}

/** Payloads that are not all of one size: of several sizes, or given. */
export type PayloadPlan =
  | { readonly kind: 'sizes'; readonly sizes: readonly SizeShare[] }
  /** The stamp comes before it. */
  | { readonly kind: 'content'; readonly content: Buffer; readonly sha256: string }
  /** With `%n` the number of the message among those of its publisher, and what topics have. The stamp comes before it. */
  | { readonly kind: 'template'; readonly text: string }

/** What the publishers of a run do. */
export interface PublishPlan {
  readonly clients: number
  /** With `%i` the number of the publisher, `%c` its client identifier, `%u` its user name. */
  readonly topic: string
  readonly qos: QoS
  readonly retain: boolean
  /** Each publisher has one message: its will, which is due when the client is cut off. */
  readonly wills: boolean
  readonly properties: readonly Property[]
  /** Bytes of each payload, the stamp in front if there is room. */
  readonly payloadSize: number
  /** Payloads that are others. */
  readonly payload?: PayloadPlan | undefined
  /** No payload has a stamp: what arrives can't be told from other messages. */
  readonly unstamped?: boolean
  /** The rate of all publishers together; undefined for closed loop: as fast as the window allows. */
  readonly segments: readonly Segment[] | undefined
  /** Random arrivals instead of even ones. */
  readonly poisson: boolean
  /** Most unacknowledged messages of one publisher, if the broker allows as many. */
  readonly inflight: number
}

/** What the subscribers of a run do. */
export interface SubscribePlan {
  readonly clients: number
  /** As `topic` of the publishers; may begin with `$share/GROUP/`. */
  readonly filter: string
  /** They have sessions, are away while the load runs, and come back to what has waited. */
  readonly absent: boolean
  /** The last ones of the subscribers, which read only so many messages a second each. */
  readonly slow: { readonly clients: number; readonly rate: number } | undefined
  /** Retained messages that wait, one on each topic that the filter's `+` makes of their numbers. */
  readonly retained: { readonly count: number; readonly payloadSize: number } | undefined
  readonly options: SubscribeOptions
}

/** Clients that leave and come back while the others work. */
export interface ChurnPlan {
  /** How many leave per second, in turn. */
  readonly rate: number
  readonly kill: Kill
}

/** How long each phase takes, in milliseconds. */
export interface Phases {
  /** Connections started per second. */
  readonly connectRate: number
  /** Most time for all to connect and subscribe, from the last start on. */
  readonly connectLimitMs: number
  /** The share of clients, from 0 to 1, that must be connected for the measurement to begin. */
  readonly minConnected: number
  /** Silence between the last SUBACK and the first message. */
  readonly settleMs: number
  /** Messages that are due in this time are sent but not counted. */
  readonly warmupMs: number
  /** Infinity where `messages` ends it. */
  readonly measureMs: number
  /** Messages to count, of all publishers together. */
  readonly messages: number | undefined
  /** Most time to wait for what is still to come. */
  readonly drainMs: number
}

/** Everything a run is made of, as plain data. The same plan and seed make the same load, whoever shares it. */
export interface Plan {
  /** Of every client: where to connect and how. */
  readonly client: ClientSource
  /** Brokers to connect to, in turn; that of `client` if empty. */
  readonly brokers: readonly { readonly host: string; readonly port: number }[]
  /** With `%i` the number of the client: publishers come first, then subscribers, then those that are idle. */
  readonly clientId: string
  /** For the clients in turn; a client beyond the last begins anew. */
  readonly credentials: readonly Credentials[]
  /** Local addresses to connect from, in turn. */
  readonly bindAddresses: readonly string[]
  readonly publish: PublishPlan | undefined
  readonly subscribe: SubscribePlan | undefined
  /** Clients that only connect. */
  readonly idle: number
  /** Of the publishers, of the subscribers where there are none, or of the idle clients. */
  readonly churn: ChurnPlan | undefined
  readonly phases: Phases
  readonly seed: number
  /** This process has the clients whose number divided by `of` leaves `index`, of publishers, subscribers and idle each. */
  readonly shard: { readonly index: number; readonly of: number }
  /** How the parts find each other, where there are several. */
  readonly meeting: {
    /** What `%r` stands for. */
    readonly run: string
    /** Most time that a part waits for the others. */
    readonly limitMs: number
  }
  /** Threads; 1 for none beside the main one. */
  readonly workers: number
  /** Milliseconds between two of the intervals that the result has. */
  readonly intervalMs: number
}
