import type { Io } from '../../io.ts'
import { topicFilter } from '../../options/kinds.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { subscribeOptions } from '../../options/subscribe.ts'
import { command } from '../command.ts'
import { churnOptions, churnPlan } from './churning.ts'
import { benchOptions, clientCount, filterTemplate, loadOptions } from './options.ts'
import { planOf } from './planning.ts'
import { runAndReport } from './running.ts'

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
  messages: {
    ...loadOptions.messages,
    describe: 'Measure until all subscribers together have received this many messages',
  },
  ...churnOptions('subscribers'),
  ...benchOptions,
})

type Values = ValuesOf<typeof options>

export const benchSub = command({
  name: 'bench sub',
  summary: 'measure how fast a broker delivers what others publish',
  description:
    'Subscribes, counts what is delivered, whoever publishes it, and reports rates and how long connections and ' +
    'subscriptions took. For latency and loss, publishers and subscribers have to be in one run: bench flow.',
  options,
  examples: [
    { run: 'tmqtt bench sub', shows: "ten subscribers of 'bench/#' for ten seconds" },
    {
      run: "tmqtt bench sub --clients 500 -t 'site/%i/#' -q 1 --duration 5m --csv time.csv",
      shows: 'a filter for each',
    },
  ],

  async run(values: Values, io: Io) {
    const subscribe = {
      clients: values.clients,
      filter: values.topic ?? values.url?.topic ?? 'bench/#',
      options: { qos: values.qos, retainHandling: 2, retainAsPublished: false } as const,
    }
    return await runAndReport(
      'bench sub',
      await planOf({ values, publish: undefined, subscribe, idle: 0, churn: churnPlan(values) }, io),
      values,
      io,
    )
  },
})
