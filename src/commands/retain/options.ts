import { connectionOptions } from '../../options/connection.ts'
import { duration, flag } from '../../options/kinds.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { receiveOptions, subscribeOptions } from '../../options/subscribe.ts'

/** What every command of retained messages has. */
export const retainedOptions = table({
  topic: subscribeOptions.topic,
  settle: {
    kind: duration(1),
    group: 'Subscription',
    describe: 'Take all retained messages to be here when none has come for this long',
    default: 1000,
    defaultText: '1s',
  },
  timeout: {
    ...receiveOptions.timeout,
    describe: 'Give up when the retained messages are not all here after this long, with exit status 27',
    default: 600_000,
    defaultText: '10m',
  },
})

export const jsonOption = table({
  json: {
    kind: flag,
    group: 'Output',
    describe: 'Print each message as a JSON object on one line, nothing lost; pub --json publishes it',
  },
})

/** Of MQTT 5 where the broker speaks it, since only that has the properties of messages. */
export const retainedConnection = table({
  ...connectionOptions,
  protocolVersion: {
    ...connectionOptions.protocolVersion,
    defaultText: '5, or 311 where the broker refuses that',
  },
})

export type RetainedValues = ValuesOf<typeof retainedOptions> & ValuesOf<typeof retainedConnection>
