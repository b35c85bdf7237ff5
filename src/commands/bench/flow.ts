import { UsageError } from '../../errors.ts'
import type { Io } from '../../io.ts'
import { oneOf, topicFilter } from '../../options/kinds.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { command } from '../command.ts'
import { publishProperties } from '../publishing.ts'
import { churnOptions, churnPlan } from './churning.ts'
import { benchOptions, clientCount, filterTemplate, loadOptions, publishPlan, topicTemplate } from './options.ts'
import { planOf } from './planning.ts'
import { runAndReport } from './running.ts'

/** Who publishes to whom. */
interface Shape {
  readonly publishers: number
  readonly subscribers: number
  readonly topic: string
  readonly filter: string
}

/** By name, with what a run has of each unless told otherwise. */
const SHAPES: Readonly<Record<string, Shape>> = {
  pairs: { publishers: 10, subscribers: 10, topic: 'bench/%r/%i', filter: 'bench/%r/%i' },
  'fan-in': { publishers: 10, subscribers: 1, topic: 'bench/%r/%i', filter: 'bench/%r/+' },
  'fan-out': { publishers: 1, subscribers: 10, topic: 'bench/%r', filter: 'bench/%r' },
  shared: { publishers: 10, subscribers: 4, topic: 'bench/%r/%i', filter: '$share/bench/bench/%r/+' },
}

const options = table({
  shape: {
    kind: oneOf<Shape>('SHAPE', SHAPES),
    group: 'Load',
    describe:
      'Who publishes to whom. pairs: each publisher to a subscriber of its own; fan-in: all to one; fan-out: one to all; ' +
      'shared: all to a shared subscription, whose members take turns',
    default: SHAPES.pairs!,
    defaultText: 'pairs',
  },
  publishers: { kind: clientCount, group: 'Load', describe: 'Clients that publish', defaultText: '10; 1 for fan-out' },
  subscribers: {
    kind: clientCount,
    group: 'Load',
    describe: 'Clients that subscribe',
    defaultText: 'as many as publish; 1 for fan-in, 10 for fan-out, 4 for shared',
  },
  topic: { ...topicTemplate, defaultText: 'as --shape says' },
  filter: { kind: topicFilter, group: 'Messages', describe: filterTemplate, defaultText: 'as --shape says' },
  ...loadOptions,
  ...churnOptions('publishers'),
  ...benchOptions,
})

type Values = ValuesOf<typeof options>

export const benchFlow = command({
  name: 'bench flow',
  summary: 'measure latency and loss from publishers to subscribers',
  description:
    'Connects publishers and subscribers in one run, sends messages on a fixed schedule, and reports rates, latencies ' +
    'and what was lost, duplicated or out of order. Latency counts from the moment a message was due, so that a broker ' +
    'that stands still shows in all messages that had to wait; beside it is the time from when it was sent. A ' +
    'percentile needs ten samples above it.',
  options,
  examples: [
    { run: 'tmqtt bench flow', shows: 'ten pairs at 1,000 messages a second for ten seconds' },
    {
      run: 'tmqtt bench flow --shape fan-in --publishers 500 -q 1 --rate 20k/s',
      shows: '500 publishers, one subscriber',
    },
    {
      run: "tmqtt bench flow --rate 5k/s --fail-if 'e2e.p99>20ms' --fail-if 'lost>0'",
      shows: 'a check for CI; exit status 6 when it is not met',
    },
    {
      run: 'tmqtt bench flow --rate 1k..50k/s:60s --report ramp.html --json > ramp.json',
      shows: 'a ramp, with charts',
    },
  ],

  check(values: Values) {
    const { publishers, subscribers } = clientsOf(values)
    if (
      values.shape === SHAPES.pairs &&
      values.filter === undefined &&
      values.topic === undefined &&
      publishers !== subscribers
    )
      throw new UsageError('--shape pairs has as many subscribers as publishers: name one of the two, or another shape')
  },

  async run(values: Values, io: Io) {
    const { shape } = values
    const { publishers, subscribers } = clientsOf(values)
    const topic = values.topic ?? values.url?.topic ?? shape.topic
    const filter = values.filter ?? (topic === shape.topic ? shape.filter : topic)
    const publish = await publishPlan(values, { clients: publishers, topic, properties: publishProperties(values) })
    const subscribe = {
      clients: subscribers,
      filter,
      options: { qos: values.qos, retainHandling: 2, retainAsPublished: false } as const,
    }
    const plan = await planOf({ values, publish, subscribe, idle: 0, churn: churnPlan(values) }, io)
    return await runAndReport('bench flow', plan, values, io)
  },
})

function clientsOf({ shape, publishers, subscribers }: Values): { publishers: number; subscribers: number } {
  if (shape !== SHAPES.pairs)
    return { publishers: publishers ?? shape.publishers, subscribers: subscribers ?? shape.subscribers }
  const pairs = publishers ?? subscribers ?? shape.publishers
  return { publishers: pairs, subscribers: subscribers ?? pairs }
}
