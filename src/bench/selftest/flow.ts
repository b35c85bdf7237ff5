import { type PlanParts, subscribeAt } from './plan.ts'

const [publishers, subscribers] = [3, 2]

/** Of all publishers together, where nothing else is said. */
export const messages = 1000

/** What they make, with subscribers of all topics. */
export const deliveries = messages * subscribers

/** Messages from some publishers to some subscribers, all at one QoS. */
export function flow(qos: 0 | 1 | 2, others: PlanParts = {}): PlanParts {
  return {
    ...others,
    publish: { clients: publishers, qos, ...others.publish },
    subscribe: { clients: subscribers, options: subscribeAt(qos), ...others.subscribe },
    phases: { messages, ...others.phases },
  }
}

/** Long enough for what is late on a busy machine; all of it is waited for where something never comes. */
export const drainMs = 1500
