import { UsageError } from '../../errors.ts'
import type { Io } from '../../io.ts'
import { flag, topicFilter } from '../../options/kinds.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { command } from '../command.ts'
import { publishProperties } from '../publishing.ts'
import { churnOptions, churnPlan } from './churning.ts'
import { checkFind, findOptions, runOrFind } from './find-max.ts'
import { benchOptions, clientCount, filterTemplate, loadOptions, publishPlan, topicTemplate } from './options.ts'
import { checkAbsence, checkWills, SHAPES, shapedClients, shapeKind } from './shapes.ts'
import { checkSlow, slowOptions, slowPlan } from './slow.ts'

const options = table({
  shape: {
    kind: shapeKind,
    group: 'Load',
    describe:
      'Who publishes to whom. pairs: each publisher to a subscriber of its own; fan-in: all to one; fan-out: one to all; ' +
      'shared: all to a shared subscription, whose members take turns; wills: all to one, each but once: a client is cut ' +
      'off when its message is due, which is its will',
    default: SHAPES.pairs,
    defaultText: 'pairs',
  },
  publishers: {
    kind: clientCount,
    group: 'Load',
    describe: 'Clients that publish',
    defaultText: '10; 1 for fan-out, 1000 for wills',
  },
  subscribers: {
    kind: clientCount,
    group: 'Load',
    describe: 'Clients that subscribe',
    defaultText: 'as many as publish; 1 for fan-in and wills, 10 for fan-out, 4 for shared',
  },
  absent: {
    kind: flag,
    group: 'Load',
    describe:
      'Let subscribers be away while messages are sent, and come back to their sessions afterwards; needs -q 1 or 2',
    excludes: ['churn', 'findMax'],
  },
  ...slowOptions,
  topic: { ...topicTemplate, defaultText: 'as --shape says' },
  filter: { kind: topicFilter, group: 'Messages', describe: filterTemplate, defaultText: 'as --shape says' },
  ...loadOptions,
  ...findOptions,
  ...churnOptions('publishers'),
  ...benchOptions,
})

type Values = ValuesOf<typeof options>

export const benchFlow = command({
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
      run: "tmqtt bench flow -q 1 --find-max 'e2e.p99<20ms,lost=0' --rate 5k/s",
      shows: 'the highest rate that holds, and how sure that is',
    },
    {
      run: 'tmqtt bench flow --shape wills --publishers 5000 --rate 500/s -q 1',
      shows: '500 clients a second are cut off; whether their wills arrive, and when',
    },
    {
      run: 'tmqtt bench flow --shape fan-out --size 10k --slow 10/s --duration 1m',
      shows: 'what becomes of a subscriber that cannot keep up, and of the others',
    },
    {
      run: "tmqtt bench flow --rate '(10k/s:1s,0:4s)x12'",
      shows: 'on and off: a second of load every five seconds, for a minute',
    },
    {
      run: 'tmqtt bench flow --shape fan-out --absent -q 1 --duration 30s',
      shows: 'how fast sessions drain that have collected messages for 30 seconds',
    },
    {
      run: 'tmqtt bench flow --rate 1k..50k/s:60s --report ramp.html --json > ramp.json',
      shows: 'a ramp, with charts',
    },
  ],

  check(values: Values) {
    checkFind(values, values.shape !== SHAPES.wills)
    const { publishers, subscribers } = shapedClients(values)
    checkWills(values)
    checkAbsence(values)
    checkSlow(values)
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
    const { publishers, subscribers } = shapedClients(values)
    const wills = shape === SHAPES.wills
    const topic = values.topic ?? values.url?.topic ?? shape.topic
    const filter = values.filter ?? (topic === shape.topic ? shape.filter : topic)
    const messages = await publishPlan(values, { clients: publishers, topic, properties: publishProperties(values) })
    const publish = { ...messages, wills }
    const subscribe = {
      clients: subscribers,
      filter,
      absent: values.absent,
      retained: undefined,
      slow: slowPlan(values),
      options: { qos: values.qos, retainHandling: 2, retainAsPublished: false } as const,
    }
    const limits = wills ? { warmup: 0, messages: values.messages ?? publishers } : {}
    const work = { values: { ...values, ...limits }, publish, subscribe, idle: 0, churn: churnPlan(values) }
    return await runOrFind('bench flow', work, values, io)
  },
})
