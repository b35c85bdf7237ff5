import { duration, flag, integer, qos, topicFilter } from './kinds.ts'
import { table } from './option.ts'

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

/** Which messages to leave out, and when to leave. */
export const receiveOptions = table({
  noRetained: {
    kind: flag,
    short: 'R',
    group: 'Subscription',
    describe: 'Leave out retained messages: those from before the subscription',
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
