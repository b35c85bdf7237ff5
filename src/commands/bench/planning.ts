import { availableParallelism } from 'node:os'
import type { Phases, Plan } from '../../bench/plan.ts'
import type { Segment } from '../../bench/schedule.ts'
import { UsageError } from '../../errors.ts'
import type { Io } from '../../io.ts'
import { type ConnectionValues, connectionOptions } from '../../options/connection.ts'
import { askSecrets, noticeTo } from '../session.ts'
import { readCredentialsFile } from './files.ts'
import type { BenchValues, LoadValues } from './options.ts'

const DEFAULT_MS = 10_000
const DEFAULT_WARMUP_MS = 1000
const DEFAULT_DRAIN_MS = 5000
const LONG_DRAIN_MS = 60_000

/** What a command adds to what all have in common. */
export interface Work extends Pick<Plan, 'publish' | 'subscribe' | 'idle' | 'churn'> {
  readonly values: BenchValues & Partial<Omit<LoadValues, 'size'>>
  /** How long to measure unless told otherwise. */
  readonly durationMs?: number
}

/** The plan with topics and client identifiers as they were asked for: `%r` is still in them. */
export async function planOf(work: Work, io: Io): Promise<Plan> {
  const { values, publish, subscribe, idle, churn } = work
  const secrets = await askSecrets(values, io.signal)
  return {
    client: { values: connectionValues(values), env: io.env, ...secrets },
    brokers: values.broker.map(({ host, port = values.port ?? defaultPort(values) }) => ({ host, port })),
    clientId: values.clientId ?? (values.clientIdPrefix === undefined ? 'bench-%r-%i' : `${values.clientIdPrefix}%i`),
    credentials: values.credentials === undefined ? [] : readCredentialsFile(values.credentials, noticeTo(io, 'bench')),
    bindAddresses: values.bind,
    publish,
    subscribe,
    idle,
    churn,
    phases: phasesOf(work),
    seed: values.seed,
    shard: values.shard ?? { index: 0, of: 1 },
    meeting: { run: '%r', limitMs: values.meet },
    workers: values.workers ?? workersFor(work),
    intervalMs: values.interval,
  }
}

/** Without the rest, which other threads could not be given: comparisons are functions. */
function connectionValues(values: ConnectionValues): ConnectionValues {
  const entries = Object.keys(connectionOptions).map((key) => [key, values[key as keyof ConnectionValues]])
  return Object.fromEntries(entries) as ConnectionValues
}

function defaultPort({ cafile, capath, tlsUseOsCerts, psk }: BenchValues): number {
  return cafile !== undefined || capath !== undefined || tlsUseOsCerts || psk !== undefined ? 8883 : 1883
}

/** @throws UsageError when the warm-up takes all of the load. */
function phasesOf(work: Work): Phases {
  const { values, publish, subscribe, durationMs = DEFAULT_MS } = work
  const segments = publish?.segments ?? []
  const profileMs = finiteMs(segments)
  const warmupMs =
    values.warmup ?? (publish === undefined || profileMs > 0 || subscribe?.absent ? 0 : DEFAULT_WARMUP_MS)
  const goesOn = segments.length === 0 || segments.at(-1)!.durationMs === Number.POSITIVE_INFINITY
  // The warm-up is part of a profile: its messages are the first of it.
  const usualMs = goesOn ? profileMs + durationMs : profileMs - warmupMs
  if (usualMs <= 0) throw new UsageError('--warmup takes as long as --rate: nothing is left to measure')
  return {
    connectRate: values.connectRate,
    connectLimitMs: values.connectTimeout,
    minConnected: values.minConnected,
    settleMs: values.settle,
    warmupMs,
    measureMs: values.duration ?? (values.messages === undefined ? usualMs : Number.POSITIVE_INFINITY),
    messages: values.messages,
    drainMs: values.drain ?? usualDrainMs(work),
  }
}

function usualDrainMs({ values, publish, subscribe, churn }: Work): number {
  if (subscribe?.absent) return LONG_DRAIN_MS
  if (publish !== undefined) return DEFAULT_DRAIN_MS
  // Those that are on their way back are waited for.
  return churn === undefined ? 0 : values.connectTimeout
}

function finiteMs(segments: readonly Segment[]): number {
  return segments.reduce((sum, { durationMs }) => sum + (durationMs === Number.POSITIVE_INFINITY ? 0 : durationMs), 0)
}

/** Clients, and messages a second, that one thread handles with room to spare. */
const CLIENTS_A_WORKER = 2500
const MESSAGES_A_WORKER = 25_000

function workersFor({ publish, subscribe, idle, values }: Work): number {
  const { of } = values.shard ?? { of: 1 }
  const clients = ((publish?.clients ?? 0) + (subscribe?.clients ?? 0) + idle) / of
  const highest = publish?.segments?.map(({ from, to }) => Math.max(from, to)).reduce((a, b) => Math.max(a, b), 0)
  // As fast as it goes, or whatever comes: one thread for each core, if there are as many clients.
  const rate = highest === undefined ? (clients > 1 ? Number.POSITIVE_INFINITY : 0) : highest / of
  const wanted = Math.max(
    clients / CLIENTS_A_WORKER,
    publish === undefined && subscribe === undefined ? 0 : rate / MESSAGES_A_WORKER,
  )
  return Math.max(1, Math.min(Math.ceil(wanted), availableParallelism(), Math.ceil(clients)))
}

/** The same at another rate of all publishers together. */
export function atRate(plan: Plan, perSecond: number, values: Work['values']): Plan {
  const publish = {
    ...plan.publish!,
    segments: [{ from: perSecond, to: perSecond, durationMs: Number.POSITIVE_INFINITY }],
  }
  return { ...plan, publish, workers: values.workers ?? workersFor({ ...plan, values, publish }) }
}

/** Fills in `%r`. Parts of one run have to mean the same topics, so that of a part it is made of the seed. */
export function withRun(plan: Plan): Plan {
  const run =
    plan.shard.of > 1
      ? `s${plan.seed}`
      : Math.floor(Math.random() * 36 ** 4)
          .toString(36)
          .padStart(4, '0')
  // `%%` is a percent sign, which is for who fills in the rest.
  const filled = (template: string) => template.replace(/%[r%]/g, (found) => (found === '%r' ? run : found))
  const { publish, subscribe } = plan
  return {
    ...plan,
    clientId: filled(plan.clientId),
    meeting: { ...plan.meeting, run },
    publish: publish && {
      ...publish,
      topic: filled(publish.topic),
      ...(publish.payload?.kind === 'template'
        ? { payload: { ...publish.payload, text: filled(publish.payload.text) } }
        : {}),
    },
    subscribe: subscribe && { ...subscribe, filter: filled(subscribe.filter) },
  }
}
