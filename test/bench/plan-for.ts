import type { HostClock } from '../../src/bench/clock.ts'
import type { Phases, Plan, PublishPlan, SubscribePlan } from '../../src/bench/plan.ts'
import type { Interval, Result } from '../../src/bench/result.ts'
import { type Phase, runBench } from '../../src/bench/run.ts'
import { type Texts, valuesOf } from '../mqtt/options-of.ts'
import { monotonicUs, program } from '../support/run.ts'

export interface PlanParts extends Partial<Omit<Plan, 'publish' | 'subscribe' | 'phases' | 'client'>> {
  /** Texts of connection options, by key. */
  readonly connection?: Texts
  readonly publish?: Partial<PublishPlan>
  readonly subscribe?: Partial<SubscribePlan>
  readonly phases?: Partial<Phases>
}

/** Messages at an even rate, without end. */
export function rate(perSecond: number): NonNullable<PublishPlan['segments']> {
  return [{ from: perSecond, to: perSecond, durationMs: Number.POSITIVE_INFINITY }]
}

/** A plan of short phases; publishers and subscribers only where asked for. */
export function planFor(port: number, parts: PlanParts = {}): Plan {
  const { connection, publish, subscribe, phases, ...rest } = parts
  return {
    client: {
      values: valuesOf({ host: '127.0.0.1', port: String(port), ...connection }),
      env: {},
    },
    brokers: [],
    clientId: 'bench-%i',
    credentials: [],
    bindAddresses: [],
    publish: publish && {
      clients: 1,
      topic: 'bench/%i',
      qos: 0,
      retain: false,
      wills: false,
      properties: [],
      payloadSize: 20,
      segments: rate(1000),
      poisson: false,
      inflight: 100,
      ...publish,
    },
    subscribe: subscribe && {
      clients: 1,
      filter: 'bench/#',
      absent: false,
      retained: undefined,
      slow: undefined,
      options: { qos: 0, retainHandling: 0, retainAsPublished: false },
      ...subscribe,
    },
    idle: 0,
    churn: undefined,
    phases: {
      connectRate: 1000,
      connectLimitMs: 10_000,
      minConnected: 1,
      settleMs: 0,
      warmupMs: 0,
      measureMs: Number.POSITIVE_INFINITY,
      messages: undefined,
      drainMs: 10_000,
      ...phases,
    },
    seed: 1,
    shard: { index: 0, of: 1 },
    meeting: { run: 'test', limitMs: 20_000 },
    workers: 1,
    intervalMs: 1000,
    ...rest,
  }
}

export interface BenchRun {
  readonly result: Promise<Result>
  readonly phases: readonly Phase[]
  readonly intervals: readonly Interval[]
  readonly notices: readonly string[]
  stop(): void
  /** Resolves when the run is in this phase. */
  reached(phase: Phase): Promise<void>
  /** Resolves when so many messages have been received; looks at each interval. */
  received(count: number): Promise<void>
  /** Resolves when so many messages wait at the end of an interval. */
  waiting(count: number): Promise<void>
}

/** @param host that the run takes itself to be on. */
export function startBench(plan: Plan, host: HostClock = { id: 'here', monotonicUs }): BenchRun {
  const controller = new AbortController()
  const [phases, intervals, notices]: [Phase[], Interval[], string[]] = [[], [], []]
  const looks = new Set<() => void>()
  const until = (isThere: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (isThere()) resolve()
      }
      looks.add(look)
      look()
    })
  const look = () => {
    for (const each of looks) each()
  }
  const result = runBench(plan, {
    signal: controller.signal,
    notice: (text) => notices.push(text),
    onPhase(phase) {
      phases.push(phase)
      look()
    },
    onInterval(interval) {
      intervals.push(interval)
      look()
    },
    program,
    host,
    cpuUsage: () => process.cpuUsage(),
  })
  return {
    result,
    phases,
    intervals,
    notices,
    stop: () => controller.abort(),
    reached: (phase) => until(() => phases.includes(phase)),
    received: (count) => until(() => intervals.reduce((sum, { received }) => sum + received, 0) >= count),
    waiting: (count) => until(() => intervals.some(({ health }) => health.waiting >= count)),
  }
}
