import type { SubscribePlan } from '../../bench/plan.ts'
import { UsageError } from '../../errors.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { perSecond } from '../../options/rate.ts'
import { clientCount } from './options.ts'
import { SHAPES, type ShapeValues, shapedClients } from './shapes.ts'

export const slowOptions = table({
  slow: {
    kind: perSecond,
    group: 'Load',
    describe:
      'Let some subscribers read only so many messages a second each while messages are sent, and count them apart. The ' +
      'broker notices when the buffers of the sockets are full, which may be some megabytes',
    excludes: ['absent'],
  },
  slowSubscribers: {
    kind: clientCount,
    group: 'Load',
    describe: 'How many subscribers are slow: the last ones',
    default: 1,
    requires: ['slow'],
  },
})

type SlowValues = ValuesOf<typeof slowOptions>

export function slowPlan({ slow, slowSubscribers }: SlowValues): SubscribePlan['slow'] {
  return slow === undefined ? undefined : { clients: slowSubscribers, rate: slow }
}

/** @throws UsageError where slow subscribers can't be told from the others. */
export function checkSlow(values: SlowValues & ShapeValues & { readonly filter?: string | undefined }): void {
  const { slow, slowSubscribers, shape, filter = shape.filter } = values
  if (slow === undefined) return
  if (shape === SHAPES.wills) throw new UsageError('--slow is for other shapes than wills')
  if (filter.startsWith('$share/'))
    throw new UsageError('--slow needs a subscription for each subscriber, not a shared one')
  const { subscribers } = shapedClients(values)
  if (slowSubscribers > subscribers)
    throw new UsageError(`--slow-subscribers is at most the number of subscribers, ${subscribers}`)
}
