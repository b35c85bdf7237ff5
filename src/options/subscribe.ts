import { duration, flag, integer, oneOf, qos, topicFilter } from './kinds.ts'
import { table, type ValuesOf } from './option.ts'

/** What to subscribe to. */
export const subscribeOptions = table({
  topic: {
    kind: topicFilter,
    short: 't',
    group: 'Subscription',
    describe: "Topic filter; '+' stands for one level, '#' at the end for all that follow",
    repeat: true,
  },
  qos: {
    kind: qos,
    short: 'q',
    group: 'Subscription',
    describe: 'Highest QoS at which the broker is to deliver',
    default: 0,
  },
})

export type SubscribeValues = ValuesOf<typeof subscribeOptions>

/** Which messages to leave out, and when to leave. */
export const receiveOptions = table({
  noRetained: {
    kind: flag,
    short: 'R',
    group: 'Subscription',
    describe: 'Leave out retained messages: those from before the subscription',
  },
  retainHandling: {
    kind: oneOf('WHEN', { always: 0, new: 1, never: 2 } as const),
    group: 'Subscription',
    describe: 'When the broker is to send retained messages: always, only for a new subscription, or never (MQTT 5)',
    defaultText: "'always', or 'never' with -R",
  },
  retainAsPublished: {
    kind: flag,
    group: 'Subscription',
    describe: 'Show whether a message was published as retained, also when it comes at once (MQTT 5)',
  },
  count: {
    kind: integer(1, Number.MAX_SAFE_INTEGER, 'COUNT'),
    short: 'C',
    group: 'Subscription',
    describe: 'Leave after printing this many messages',
  },
  timeout: {
    kind: duration(1),
    short: 'W',
    group: 'Subscription',
    describe: 'Leave after this time, with exit status 27',
  },
})

/** The subscription options that go with these values [MQTT 5, 3.8.3.1]. */
export function subscriptionOptions(values: {
  readonly qos: 0 | 1 | 2
  readonly noRetained: boolean
  readonly retainHandling: 0 | 1 | 2 | undefined
  readonly retainAsPublished: boolean
}): { qos: 0 | 1 | 2; retainHandling: 0 | 1 | 2; retainAsPublished: boolean } {
  const { qos, noRetained, retainHandling = noRetained ? 2 : 0, retainAsPublished } = values
  return { qos, retainHandling, retainAsPublished }
}
