import { turnsTlsOn } from '../mqtt/tls-options.ts'
import type { ConnectionValues } from '../options/connection.ts'
import type { ChurnPlan, PayloadPlan, Phases, Plan, PublishPlan, SubscribePlan } from './plan.ts'

/**
 * What a run was asked for, as its report has it. Made of what may be seen, one by one: no user name, no password, no
 * payload of a will, no key and no header is ever among it.
 */
export interface Configuration {
  /** `bench flow` and so on. */
  readonly command: string
  /** `host:port`, or the path of a unix socket. */
  readonly brokers: readonly string[]
  readonly transport: 'tcp' | 'tls' | 'ws' | 'wss' | 'unix'
  readonly protocolVersion: string
  readonly keepAlive: number
  readonly cleanStart: boolean
  readonly clientId: string
  /** How many there were, of user names with passwords. */
  readonly credentials: number
  readonly bindAddresses: number
  readonly will: boolean
  readonly publish:
    | (Omit<PublishPlan, 'properties' | 'payload'> & {
        readonly properties: readonly string[]
        readonly payload?: PayloadSummary
      })
    | undefined
  readonly subscribe: SubscribePlan | undefined
  readonly idle: number
  readonly churn: ChurnPlan | undefined
  readonly phases: Phases
  readonly seed: number
  readonly intervalMs: number
}

/** A payload as it may be seen: of one that was given only what tells it from others. */
export type PayloadSummary =
  | Exclude<PayloadPlan, { readonly kind: 'content' }>
  | { readonly kind: 'content'; readonly bytes: number; readonly sha256: string }

const VERSIONS = { 3: '3.1', 4: '3.1.1', 5: '5' } as const

/** @param plan with topics as they were asked for, the same in all parts of a run. */
export function configurationOf(command: string, plan: Plan): Configuration {
  const { values } = plan.client
  const { publish } = plan
  return {
    command,
    brokers: plan.brokers.length > 0 ? plan.brokers.map(({ host, port }) => `${host}:${port}`) : [brokerOf(values)],
    transport: transportOf(values),
    protocolVersion: VERSIONS[values.protocolVersion ?? 4],
    keepAlive: values.keepAlive,
    cleanStart: !values.persistentSession,
    clientId: plan.clientId,
    credentials: plan.credentials.length,
    bindAddresses: plan.bindAddresses.length,
    will: values.willTopic !== undefined,
    publish: publish && publishConfiguration(publish),
    subscribe: plan.subscribe,
    idle: plan.idle,
    churn: plan.churn,
    phases: plan.phases,
    seed: plan.seed,
    intervalMs: plan.intervalMs,
  }
}

function publishConfiguration({ payload, properties, ...publish }: PublishPlan): Configuration['publish'] {
  const names = properties.map(([name]) => name)
  return { ...publish, properties: names, ...(payload === undefined ? {} : { payload: summaryOf(payload) }) }
}

function summaryOf(payload: PayloadPlan): PayloadSummary {
  if (payload.kind !== 'content') return payload
  const { kind, content, sha256 } = payload
  return { kind, bytes: content.length, sha256 }
}

function brokerOf(values: ConnectionValues): string {
  const { url } = values
  const unix = values.unix ?? url?.unix
  const port = values.port ?? url?.port ?? (turnsTlsOn(values) ? 8883 : 1883)
  return unix ?? `${values.host ?? url?.host ?? 'localhost'}:${port}`
}

function transportOf(values: ConnectionValues): Configuration['transport'] {
  if ((values.unix ?? values.url?.unix) !== undefined) return 'unix'
  const isTls = turnsTlsOn(values) && !values.noTls
  const isWebsocket = values.websocket || values.url?.websocket === true
  return isWebsocket ? (isTls ? 'wss' : 'ws') : isTls ? 'tls' : 'tcp'
}
