import { STAMP_SIZE } from '../../bench/stamp.ts'
import type { Io } from '../../io.ts'
import { integer, size, topicFilter } from '../../options/kinds.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { subscribeOptions } from '../../options/subscribe.ts'
import { command } from '../command.ts'
import { churnOptions, churnPlan } from './churning.ts'
import { LARGEST_PAYLOAD } from './files.ts'
import { benchOptions, clientCount, filterTemplate, loadOptions } from './options.ts'
import { planOf } from './planning.ts'
import { runAndReport } from './running.ts'

/** More would be too long in clearing. */
const MOST_RETAINED = 1_000_000

/** Most time for retained messages to come, unless --duration says otherwise. */
const FLOOD_MS = 60_000

const options = table({
  clients: { kind: clientCount, group: 'Load', describe: 'Clients that subscribe', default: 10 },
  topic: {
    kind: topicFilter,
    short: 't',
    group: 'Messages',
    describe: filterTemplate,
    defaultText: 'bench/#',
  },
  qos: { ...subscribeOptions.qos, group: 'Messages' },
  retainedFlood: {
    kind: integer(1, MOST_RETAINED, 'COUNT'),
    group: 'Load',
    describe:
      'Publish so many retained messages first, let all subscribers subscribe to them at the rate of --connect-rate, and ' +
      'clear them at the end',
    excludes: ['topic', 'messages', 'churn', 'shard'],
  },
  size: {
    kind: size(STAMP_SIZE, LARGEST_PAYLOAD),
    group: 'Messages',
    describe: 'Bytes of each retained message',
    default: 100,
    requires: ['retainedFlood'],
  },
  messages: {
    ...loadOptions.messages,
    describe: 'Measure until all subscribers together have received this many messages',
  },
  ...churnOptions('subscribers'),
  ...benchOptions,
  duration: { ...benchOptions.duration, defaultText: '10s; with --retained-flood until all have come, at most 60s' },
})

type Values = ValuesOf<typeof options>

export const benchSub = command({
  description:
    'Subscribes, counts what is delivered, whoever publishes it, and reports rates and how long connections and ' +
    'subscriptions took. For latency and loss, publishers and subscribers have to be in one run: bench flow. With ' +
    '--retained-flood the messages are there before: how long they took then counts from when SUBSCRIBE was due.',
  options,
  examples: [
    { run: 'tmqtt bench sub', shows: "ten subscribers of 'bench/#' for ten seconds" },
    {
      run: 'tmqtt bench sub --clients 200 --retained-flood 10000 -q 1 --size 1k',
      shows: 'how long until each subscriber has 10,000 retained messages',
    },
    {
      run: "tmqtt bench sub --clients 500 -t 'site/%i/#' -q 1 --duration 5m --csv time.csv",
      shows: 'a filter for each',
    },
  ],

  async run(values: Values, io: Io) {
    const { retainedFlood: retained } = values
    const subscribe = {
      clients: values.clients,
      filter: retained === undefined ? (values.topic ?? values.url?.topic ?? 'bench/#') : 'bench/%r/retained/+',
      absent: false,
      slow: undefined,
      retained: retained === undefined ? undefined : { count: retained, payloadSize: values.size },
      options: { qos: values.qos, retainHandling: retained === undefined ? 2 : 0, retainAsPublished: false } as const,
    }
    const limit = retained === undefined ? {} : { durationMs: FLOOD_MS }
    return await runAndReport(
      'bench sub',
      await planOf({ values, publish: undefined, subscribe, idle: 0, churn: churnPlan(values), ...limit }, io),
      values,
      io,
    )
  },
})
