import { duration, flag, integer, qos, topicName } from './kinds.ts'
import { table, type ValuesOf } from './option.ts'

/** What is said of every message that is published. */
export const publishOptions = table({
  topic: { kind: topicName, short: 't', group: 'Message', describe: 'Topic to publish to' },
  qos: {
    kind: qos,
    short: 'q',
    group: 'Message',
    describe: 'Quality of service: 0 at most once, 1 at least once, 2 exactly once',
    default: 0,
  },
  retain: {
    kind: flag,
    short: 'r',
    group: 'Message',
    describe: 'Have the broker keep the message for those who subscribe later',
  },
  maxInflight: {
    kind: integer(1, 0xffff),
    short: 'M',
    group: 'Delivery',
    describe: 'Most messages to have unacknowledged at a time; the broker may allow fewer',
    defaultText: '1000; 20 at QoS 2 before MQTT 5',
  },
  ackTimeout: {
    kind: duration(1),
    group: 'Delivery',
    describe: 'Give up when messages wait for acknowledgement and none has come for this long',
    default: 60_000,
    defaultText: '60s',
  },
})

export type PublishValues = ValuesOf<typeof publishOptions>
