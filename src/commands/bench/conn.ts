import type { Io } from '../../io.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { command } from '../command.ts'
import { churnOptions, churnPlan } from './churning.ts'
import { benchOptions, clientCount } from './options.ts'
import { planOf } from './planning.ts'
import { runAndReport } from './running.ts'

const options = table({
  clients: { kind: clientCount, group: 'Load', describe: 'Clients that connect', default: 100 },
  ...churnOptions('clients'),
  ...benchOptions,
  // Faster, the first hundred show how long Node takes to compile this program.
  connectRate: { ...benchOptions.connectRate, default: 100, defaultText: '100/s' },
  duration: { ...benchOptions.duration, describe: 'Stay connected for this time', defaultText: '1s; 10s with --churn' },
})

type Values = ValuesOf<typeof options>

const STAY_MS = 1000

export const benchConn = command({
  description:
    'Connects clients at a rate, keeps them connected, and reports how long TCP, TLS and CONNACK took each, what was ' +
    'refused, and which connections were lost meanwhile. With --churn also how long it took until a client was back, ' +
    'counted from when it was due to leave; a client that is not back yet in its turn is passed over and counted.',
  options,
  examples: [
    {
      run: 'tmqtt bench conn --clients 5000 --connect-rate 500/s --duration 60s',
      shows: 'connections that stay for a minute',
    },
    {
      run: "tmqtt bench conn --fail-if 'connack.p90>100ms' --fail-if 'connect-failed>0'",
      shows: 'a check for CI',
    },
    {
      run: 'tmqtt bench conn --connect-rate 1k/s --clients 2000 --churn 500/s --kill hard',
      shows: 'a storm: 500 clients a second are cut off and connect anew',
    },
    {
      run: 'tmqtt bench conn --clients 50000 --bind 10.0.0.1 --bind 10.0.0.2',
      shows: 'more than one address has ports for; at 100 a second that takes 500 s',
    },
  ],

  async run(values: Values, io: Io) {
    const churn = churnPlan(values)
    const stay = churn === undefined ? { durationMs: STAY_MS } : {}
    const plan = await planOf(
      { values, publish: undefined, subscribe: undefined, idle: values.clients, churn, ...stay },
      io,
    )
    return await runAndReport('bench conn', plan, values, io)
  },
})
