import type { Check } from './check.ts'
import { connects, handshakes, steps } from './connecting.ts'
import { deliveries } from './delivering.ts'
import { filters } from './filters.ts'
import { mqtt5 } from './mqtt5.ts'
import { retained } from './retained.ts'
import { sessions } from './sessions.ts'
import { wills } from './wills.ts'

/** What is checked once there is a connection, in this order. */
export const conversations: readonly Check[] = [
  ...handshakes,
  ...deliveries,
  ...filters,
  ...retained,
  ...sessions,
  ...wills,
  ...mqtt5,
]

export const allChecks: readonly Check[] = [...steps, ...connects, ...conversations]
