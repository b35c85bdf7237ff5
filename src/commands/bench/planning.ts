import { availableParallelism } from 'node:os'
import type { Phases, Plan } from '../../bench/plan.ts'
import type { Segment } from '../../bench/schedule.ts'
import { UsageError } from '../../errors.ts'
import type { Io } from '../../io.ts'
import { askSecrets } from '../session.ts'
import { readCredentialsFile } from './files.ts'
import type { BenchValues, LoadValues } from './options.ts'

const DEFAULT_MS = 10_000
const DEFAULT_WARMUP_MS = 1000

/** What a command adds to what all have in common. */
export interface Work extends Pick<Plan, 'publish' | 'subscribe' | 'idle' | 'churn'> {
  readonly values: BenchValues & Partial<LoadValues>
  /** How long to measure unless told otherwise. */
  readonly durationMs?: number
}

/** The plan with topics and client identifiers as they were asked for: `%r` is still in them. */
export async function planOf(work: Work, io: Io): Promise<Plan> {
  const { values, publish, subscribe, idle, churn } = work
  const secrets = await askSecrets(values, io.signal)
  return {
    client: { values, env: io.env, ...secrets },
    brokers: values.broker.map(({ host, port = values.port ?? defaultPort(values) }) => ({ host, port })),
    clientId: values.clientId ?? (values.clientIdPrefix === undefined ? 'bench-%r-%i' : `${values.clientIdPrefix}%i`),
    credentials: values.credentials === undefined ? [] : readCredentialsFile(values.credentials),
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

function defaultPort({ cafile, capath, tlsUseOsCerts, psk }: BenchValues): number {
  return cafile !== undefined || capath !== undefined || tlsUseOsCerts || psk !== undefined ? 8883 : 1883
}

/** @throws UsageError when the warm-up takes all of the load. */
function phasesOf({ values, publish, churn, durationMs = DEFAULT_MS }: Omit<Work, 'subscribe' | 'idle'>): Phases {
  const segments = publish?.segments ?? []
  const profileMs = finiteMs(segments)
  const warmupMs = values.warmup ?? (publish === undefined || profileMs > 0 ? 0 : DEFAULT_WARMUP_MS)
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
    // Those that are on their way back are waited for.
    drainMs: values.drain ?? (churn === undefined ? 0 : values.connectTimeout),
  }
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
