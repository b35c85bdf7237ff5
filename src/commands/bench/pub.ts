import type { Io } from '../../io.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { command } from '../command.ts'
import { publishProperties } from '../publishing.ts'
import { churnOptions, churnPlan } from './churning.ts'
import { checkFind, findOptions, runOrFind } from './find-max.ts'
import { benchOptions, clientCount, loadOptions, publishPlan, topicTemplate } from './options.ts'

const options = table({
  clients: { kind: clientCount, group: 'Load', describe: 'Clients that publish', default: 10 },
  topic: { ...topicTemplate, defaultText: 'bench/%i' },
  ...loadOptions,
  ...findOptions,
  ...churnOptions('publishers'),
  ...benchOptions,
})

type Values = ValuesOf<typeof options>

export const benchPub = command({
  description:
    'Publishes on a fixed schedule and reports rates and, at QoS 1 and 2, how long acknowledgements took, counted from ' +
    'the moment a message was due. At QoS 0 nothing comes back: bench flow tells what arrives. What is due ' +
    'while its publisher is away (--churn) is not sent, and counted as such.',
  options,
  examples: [
    { run: 'tmqtt bench pub -q 1 --rate 5k/s', shows: 'ten publishers, 5,000 messages a second for ten seconds' },
    { run: 'tmqtt bench pub -q 1 --rate max --clients 100 --inflight 20', shows: 'as fast as acknowledgements come' },
    {
      run: "tmqtt bench pub -q 1 --find-max 'ack.p99<50ms'",
      shows: 'the highest rate whose acknowledgements come in time',
    },
    { run: "tmqtt bench pub -q 2 -t 'site/%i/state' --size 2k --messages 100000", shows: 'a number of messages' },
  ],

  check: checkFind,

  async run(values: Values, io: Io) {
    const topic = values.topic ?? values.url?.topic ?? 'bench/%i'
    const publish = await publishPlan(values, { clients: values.clients, topic, properties: publishProperties(values) })
    return await runOrFind(
      'bench pub',
      { values, publish, subscribe: undefined, idle: 0, churn: churnPlan(values) },
      values,
      io,
    )
  },
})
