import { qos, topicFilter } from './kinds.ts'
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
