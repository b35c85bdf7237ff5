import { UsageError } from '../../errors.ts'
import { oneOf } from '../../options/kinds.ts'
import type { Kind } from '../../options/option.ts'

/** Who publishes to whom. */
export interface Shape {
  readonly publishers: number
  readonly subscribers: number
  readonly topic: string
  readonly filter: string
}

/** By name, with what a run has of each unless told otherwise. */
export const SHAPES = {
  pairs: { publishers: 10, subscribers: 10, topic: 'bench/%r/%i', filter: 'bench/%r/%i' },
  'fan-in': { publishers: 10, subscribers: 1, topic: 'bench/%r/%i', filter: 'bench/%r/+' },
  'fan-out': { publishers: 1, subscribers: 10, topic: 'bench/%r', filter: 'bench/%r' },
  shared: { publishers: 10, subscribers: 4, topic: 'bench/%r/%i', filter: '$share/bench/bench/%r/+' },
  wills: { publishers: 1000, subscribers: 1, topic: 'bench/%r/%i', filter: 'bench/%r/+' },
} as const satisfies Readonly<Record<string, Shape>>

export const shapeKind: Kind<Shape> = oneOf<Shape>('SHAPE', SHAPES)

export interface ShapeValues {
  readonly shape: Shape
  readonly publishers?: number | undefined
  readonly subscribers?: number | undefined
}

/** How many publish and subscribe. */
export function shapedClients({ shape, publishers, subscribers }: ShapeValues): {
  readonly publishers: number
  readonly subscribers: number
} {
  if (shape !== SHAPES.pairs)
    return { publishers: publishers ?? shape.publishers, subscribers: subscribers ?? shape.subscribers }
  const pairs = publishers ?? subscribers ?? shape.publishers
  return { publishers: pairs, subscribers: subscribers ?? pairs }
}

interface WillValues extends ShapeValues {
  readonly rate?: unknown
  readonly churn?: unknown
  readonly shard?: unknown
  readonly willTopic?: unknown
  readonly findMax?: unknown
  readonly warmup?: number | undefined
  readonly messages?: number | undefined
}

/** @throws UsageError for what can't go with messages that are wills. */
export function checkWills(values: WillValues): void {
  if (values.shape !== SHAPES.wills) return
  const { publishers } = shapedClients(values)
  if (values.rate === 'max') throw new UsageError('--shape wills needs a --rate at which clients are cut off, not max')
  if (values.findMax !== undefined) throw new UsageError('--find-max is for other shapes than wills')
  if (values.churn !== undefined) throw new UsageError('--shape wills cuts off each client once: --churn is for others')
  if (values.shard !== undefined)
    throw new UsageError("--shape wills can't be shared by several processes: leave out --shard")
  if (values.willTopic !== undefined)
    throw new UsageError('--shape wills makes the wills: name their topic by -t, not --will-topic')
  if (values.warmup) throw new UsageError('--shape wills has no warm-up: each client has one will')
  if ((values.messages ?? 0) > publishers)
    throw new UsageError(`--shape wills has one message of each publisher: --messages is at most ${publishers}`)
}

/** @throws UsageError for messages that no session keeps. */
export function checkAbsence({ absent, qos, shape }: { absent: boolean; qos: number; shape: Shape }): void {
  if (!absent) return
  if (qos === 0) throw new UsageError('--absent needs -q 1 or 2: sessions keep no messages of QoS 0')
  if (shape === SHAPES.wills) throw new UsageError('--absent is for other shapes than wills')
}
