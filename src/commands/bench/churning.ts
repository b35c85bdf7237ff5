import type { Kill } from '../../bench/client.ts'
import type { ChurnPlan } from '../../bench/plan.ts'
import { oneOf } from '../../options/kinds.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { perSecond } from '../../options/rate.ts'

/** @param who leaves, as a noun in the plural. */
export function churnOptions<const Who extends string>(who: Who) {
  return table({
    churn: {
      kind: perSecond,
      group: 'Load',
      describe: `While measuring, let so many ${who} a second leave in turn and connect anew, each when it is due`,
    },
    kill: {
      kind: oneOf<Kill>('HOW', { soft: 'soft', hard: 'hard' }),
      group: 'Load',
      describe:
        'How clients leave: by DISCONNECT, or by a reset of the connection, after which the broker sends the will',
      default: 'soft',
      defaultText: 'soft',
      requires: ['churn'],
    },
  })
}

type ChurnValues = ValuesOf<ReturnType<typeof churnOptions>>

export function churnPlan({ churn, kill }: ChurnValues): ChurnPlan | undefined {
  return churn === undefined ? undefined : { rate: churn, kill }
}
