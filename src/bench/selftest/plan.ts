import type { ConnectionValues } from '../../options/connection.ts'
import type { Phases, Plan, PublishPlan, SubscribePlan } from '../plan.ts'

/** What a scenario says of its plan; the rest is the same in all. */
export interface PlanParts extends Partial<Pick<Plan, 'idle' | 'workers'>> {
  readonly version?: 4 | 5
  readonly publish?: Partial<PublishPlan>
  readonly subscribe?: Partial<SubscribePlan>
  readonly phases?: Partial<Phases>
}

/** Messages a second, without end. */
export function evenRate(perSecond: number): NonNullable<PublishPlan['segments']> {
  return [{ from: perSecond, to: perSecond, durationMs: Number.POSITIVE_INFINITY }]
}

export function subscribeAt(qos: 0 | 1 | 2): SubscribePlan['options'] {
  return { qos, retainHandling: 0, retainAsPublished: false }
}

/** @param values of a connection of which nothing is asked. */
export function planOf(values: ConnectionValues, port: number, parts: PlanParts): Plan {
  const { version = 5, publish, subscribe, phases, idle = 0, workers = 1 } = parts
  return {
    client: { values: { ...values, host: '127.0.0.1', port, protocolVersion: version }, env: {} },
    brokers: [],
    clientId: 'selftest-%i',
    credentials: [],
    bindAddresses: [],
    publish: publish && {
      clients: 1,
      topic: 'selftest/%i',
      qos: 0,
      retain: false,
      wills: false,
      properties: [],
      payloadSize: 50,
      segments: evenRate(4000),
      poisson: false,
      inflight: 1000,
      ...publish,
    },
    subscribe: subscribe && {
      clients: 1,
      filter: 'selftest/+',
      absent: false,
      retained: undefined,
      slow: undefined,
      options: subscribeAt(0),
      ...subscribe,
    },
    idle,
    churn: undefined,
    phases: {
      connectRate: 1000,
      connectLimitMs: 10_000,
      minConnected: 0.5,
      settleMs: 20,
      warmupMs: 0,
      measureMs: Number.POSITIVE_INFINITY,
      messages: undefined,
      drainMs: 10_000,
      ...phases,
    },
    seed: 1,
    shard: { index: 0, of: 1 },
    meeting: { run: 'selftest', limitMs: 0 },
    workers,
    intervalMs: 200,
  }
}
