import { type Configuration, configurationOf } from '../../src/bench/configuration.ts'
import type { Plan } from '../../src/bench/plan.ts'
import type { Report } from '../../src/bench/report.ts'
import { connectionOptions } from '../../src/options/connection.ts'
import { resolve } from '../../src/options/resolve.ts'
import { resultOf } from './results.ts'

/** A plan of ten pairs at 1000 messages a second, with these connection options. */
export function planOf(options: Readonly<Record<string, string>> = {}, some: Partial<Plan> = {}): Plan {
  const texts = new Map(Object.entries(options).map(([key, text]) => [key, [text]]))
  return {
    client: { values: resolve(connectionOptions, [{ texts, nameOf: (key) => key }]), env: {} },
    brokers: [],
    clientId: 'bench-%i',
    credentials: [],
    bindAddresses: [],
    publish: {
      clients: 10,
      topic: 'bench/%i',
      qos: 0,
      retain: false,
      wills: false,
      properties: [],
      payloadSize: 100,
      segments: [{ from: 1000, to: 1000, durationMs: Number.POSITIVE_INFINITY }],
      poisson: false,
      inflight: 1000,
    },
    subscribe: {
      clients: 10,
      filter: 'bench/%i',
      absent: false,
      retained: undefined,
      slow: undefined,
      options: { qos: 0, retainHandling: 2, retainAsPublished: false },
    },
    idle: 0,
    churn: undefined,
    phases: {
      connectRate: 1000,
      connectLimitMs: 30_000,
      minConnected: 1,
      settleMs: 100,
      warmupMs: 1000,
      measureMs: 10_000,
      messages: undefined,
      drainMs: 5000,
    },
    seed: 1,
    shard: { index: 0, of: 1 },
    meeting: { run: 'r', limitMs: 60_000 },
    workers: 1,
    intervalMs: 1000,
    ...some,
  }
}

export function configured(options: Readonly<Record<string, string>> = {}, some: Partial<Plan> = {}): Configuration {
  return configurationOf('bench flow', planOf(options, some))
}

/** A whole run on a machine of two cores. */
export function reportOf(some: Partial<Report> = {}): Report {
  return {
    version: '1.2.3',
    configuration: configured(),
    hosts: [{ name: 'a', os: 'Linux 6.1', cpu: 'A CPU', cores: 2, memoryBytes: 8e9, node: '20.19.0' }],
    shards: { indexes: [0], of: 1 },
    result: resultOf(),
    ...some,
  }
}
