import type { PublishPlan } from '../../bench/plan.ts'
import { connectionOptions } from '../../options/connection.ts'
import { duration, file, flag, integer, percentage, textOf } from '../../options/kinds.ts'
import { InvalidValue, type Kind, table, type ValuesOf } from '../../options/option.ts'
import { publishOptions } from '../../options/publish.ts'
import { perSecond, rateProfile } from '../../options/rate.ts'
import { payloadOptions, payloadPlan } from './payload.ts'
import { reportOptions } from './reporting.ts'

/** What `%i` counts to at most. */
const MOST_CLIENTS = 1_000_000

export const clientCount = integer(1, MOST_CLIENTS, 'COUNT')

/** `HOST` or `HOST:PORT`, an IPv6 address in brackets where a port follows. */
const brokerAddress: Kind<{ readonly host: string; readonly port?: number }> = {
  placeholder: 'BROKER',
  expected: 'a host, or host:port',
  parse(value) {
    const match = /^(?:\[([0-9a-f:.%]+)\]|([^[\]:/@\s]+)|([0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.%]*))(?::(\d{1,5}))?$/i.exec(
      value,
    )
    const port = match?.[4] === undefined ? undefined : Number(match[4])
    if (match === null || port === 0 || (port ?? 1) > 0xffff) throw new InvalidValue()
    return { host: (match[1] ?? match[2] ?? match[3])!, ...(port === undefined ? {} : { port }) }
  },
}

/** `3/16`: part 3 of 16. */
const shard: Kind<{ readonly index: number; readonly of: number }> = {
  placeholder: 'PART',
  expected: 'a part and how many there are, such as 3/16',
  parse(value) {
    const match = /^(\d{1,6})\/(\d{1,6})$/.exec(value)
    const [part, of] = [Number(match?.[1]), Number(match?.[2])]
    if (!(part >= 1 && part <= of)) throw new InvalidValue()
    return { index: part - 1, of }
  },
}

/** What is said of all clients of a run. */
export const benchOptions = table({
  broker: {
    kind: brokerAddress,
    group: 'Clients',
    describe: 'Connect to these brokers in turn, in place of -h',
    repeat: true,
    excludes: ['host', 'url', 'unix', 'srv'],
  },
  bind: {
    kind: textOf('ADDRESS', 'a local address'),
    group: 'Clients',
    describe: 'Connect from these local addresses in turn: each has about 28,000 ports',
    repeat: true,
    excludes: ['bindAddress', 'unix', 'proxy'],
  },
  credentials: {
    kind: file,
    group: 'Clients',
    describe: 'Take user name, password and perhaps client identifier of each client from this CSV file, in turn',
  },
  connectRate: {
    kind: perSecond,
    group: 'Phases',
    describe: 'Connections to start a second',
    default: 1000,
    defaultText: '1k/s',
  },
  minConnected: {
    kind: percentage,
    group: 'Phases',
    describe: 'Begin to measure when this share of the clients is connected, or give up',
    default: 1,
    defaultText: '100%',
  },
  settle: {
    kind: duration(),
    group: 'Phases',
    describe: 'Wait between the last SUBACK and the first message',
    default: 500,
    defaultText: '500ms',
  },
  duration: {
    kind: duration(1),
    group: 'Phases',
    describe: 'Measure for this time',
    defaultText: '10s, or as long as --rate says',
  },
  workers: {
    kind: integer(1, 256),
    group: 'Generator',
    describe: 'Threads that generate load',
    defaultText: 'as many as clients and rate need, at most one for each core',
  },
  shard: {
    kind: shard,
    group: 'Generator',
    describe:
      'Be this part of a run that several processes make: of all clients, messages and the rate. They begin and end ' +
      'together, for which they need the topics bench/RUN/shards/PART, and merge adds up their reports',
  },
  meet: {
    kind: duration(1),
    group: 'Generator',
    describe: 'Longest wait for the other parts of --shard, once the clients here are connected',
    default: 60_000,
    defaultText: '60s',
  },
  seed: {
    kind: integer(0, 0xffff_ffff),
    group: 'Generator',
    describe: 'The same seed makes the same load',
    default: 1,
  },
  interval: {
    kind: duration(100),
    group: 'Report',
    describe: 'Length of the steps of the time line',
    default: 1000,
    defaultText: '1s',
  },
  progress: {
    kind: flag,
    group: 'Report',
    describe: 'Print a line on stderr for each interval, also where there is no terminal',
  },
  ...reportOptions,
  repeat: {
    kind: integer(1, 1000, 'COUNT'),
    group: 'Report',
    describe:
      'Run this many times, and report each run, the median and the spread; --json is for compare, which then knows what ' +
      'chance makes. Of a --fail-if on times and rates the median counts, of one on counts every run',
    default: 1,
    excludes: ['shard', 'csv', 'hdr', 'prometheus', 'report'],
  },
  failFast: {
    kind: flag,
    group: 'Report',
    describe:
      'End the measurement when a --fail-if has failed for good: one that says that a count is more than a number, of ' +
      'those that only grow, as connect-failed, connections-lost, rejected, duplicates or out-of-order',
    requires: ['failIf'],
  },
  ...connectionOptions,
  // A client of a run connects once, and its packets are too many to print.
  reconnect: { ...connectionOptions.reconnect, hidden: true },
  reconnectDelay: { ...connectionOptions.reconnectDelay, hidden: true },
  reconnectMaxDelay: { ...connectionOptions.reconnectMaxDelay, hidden: true },
  debug: { ...connectionOptions.debug, hidden: true },
  clientId: {
    ...connectionOptions.clientId,
    describe: 'Client identifiers: %i stands for the number of the client, %r for the run',
    defaultText: 'bench-%r-%i',
  },
  clientIdPrefix: {
    ...connectionOptions.clientIdPrefix,
    describe: 'Client identifiers: this prefix and the number of the client',
  },
})

export type BenchValues = ValuesOf<typeof benchOptions>

const TEMPLATE = '%i stands for the number of the client, %c for its identifier, %u for its user name, %r for the run'

/** A topic with variables, which are letters that topics may have. */
export const topicTemplate = {
  ...publishOptions.topic,
  group: 'Messages',
  describe: `Topic to publish to: ${TEMPLATE}`,
} as const

export const filterTemplate = `Topic filter of each subscriber, perhaps $share/GROUP/FILTER: ${TEMPLATE}`

/** What publishers do. */
export const loadOptions = table({
  qos: { ...publishOptions.qos, group: 'Messages' },
  retain: { ...publishOptions.retain, group: 'Messages', describe: 'Publish retained messages' },
  ...payloadOptions,
  rate: {
    kind: rateProfile,
    group: 'Load',
    describe:
      'Messages a second of all publishers together, due on a fixed schedule whatever the broker does: 500, 20k/s, 60/m; ' +
      'segments such as 1k/s:10s,1k..20k/s:60s,20k/s for steps, ramps and spikes, and (5k/s:1s,0:1s)x10 for what ' +
      'repeats; or max for a closed loop, in which ' +
      'each publisher waits for acknowledgements',
    defaultText: '1k/s',
  },
  poisson: {
    kind: flag,
    group: 'Load',
    describe: 'Let messages be due at random (a Poisson process), at the same rate',
  },
  inflight: {
    kind: integer(1, 0xffff),
    group: 'Load',
    describe: 'Most unacknowledged messages of one publisher; the broker may allow fewer',
    defaultText: '1000; 20 at QoS 2 before MQTT 5',
  },
  messages: {
    kind: integer(1, 2 ** 32 - 1, 'COUNT'),
    group: 'Phases',
    describe: 'Measure this many messages, of all publishers together',
  },
  warmup: {
    kind: duration(),
    group: 'Phases',
    describe: 'Send for this time before what counts',
    defaultText: '1s, or none where --rate has segments or subscribers are absent',
  },
  drain: {
    kind: duration(),
    group: 'Phases',
    describe: 'Longest wait at the end for acknowledgements and deliveries that are still to come',
    defaultText: '5s; 60s for subscribers that were absent',
  },
})

const USUAL_RATE = [{ from: 1000, to: 1000, durationMs: Number.POSITIVE_INFINITY }] as const

export type LoadValues = ValuesOf<typeof loadOptions>

/** @param clients that share the load. */
export async function publishPlan(
  values: LoadValues & Pick<BenchValues, 'protocolVersion'>,
  { clients, topic, properties }: Pick<PublishPlan, 'clients' | 'topic' | 'properties'>,
): Promise<PublishPlan> {
  const isCareful = values.qos === 2 && (values.protocolVersion ?? 4) < 5
  return {
    clients,
    topic,
    qos: values.qos,
    retain: values.retain,
    wills: false,
    properties,
    ...(await payloadPlan(values)),
    segments: values.rate === 'max' ? undefined : (values.rate ?? USUAL_RATE),
    poisson: values.poisson,
    inflight: values.inflight ?? (isCareful ? 20 : 1000),
  }
}
