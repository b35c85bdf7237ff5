import { Absence } from './absence.ts'
import { Churn } from './churn.ts'
import type { Client } from './client.ts'
import type { Context } from './context.ts'
import type { Comings } from './returns.ts'
import { churningRole, clientsOf, type Member } from './roster.ts'

/** What makes clients of this thread leave and come back; undefined where all stay. @param clients of these members. */
export function comingsOf(
  context: Context,
  members: readonly Member[],
  clients: readonly Client[],
): Comings | undefined {
  const { plan } = context
  const isAbsent = plan.subscribe?.absent === true
  if (plan.churn === undefined && !isAbsent) return undefined
  const role = isAbsent ? 'subscriber' : churningRole(plan)
  const numbers = members.filter((member) => member.role === role).map(({ number }) => number)
  const leaving = clients.filter((_, at) => members[at]!.role === role)
  return isAbsent ? new Absence(context, leaving, numbers) : new Churn(context, leaving, numbers, clientsOf(plan, role))
}
