import { LocalError } from '../errors.ts'
import type { Configuration } from './configuration.ts'
import type { Samples } from './latencies.ts'
import type { Offset } from './parts/offset.ts'
import { allMeasured, fromDistances, type Host, type Report, RUNS_SCHEMA, SCHEMA } from './report.ts'
import type {
  ConnectionCounts,
  GeneratorHealth,
  Interval,
  Measured,
  MessageCounts,
  PartClock,
  Result,
  SlowCounts,
} from './result.ts'
import { undecidedOf } from './totals.ts'

/**
 * Reads what `reportJson` has written.
 *
 * @param name of the file, for messages.
 * @throws LocalError that names the place.
 */
export function readReport(text: string, name: string): Report {
  const top = documentNode(text, name)
  if (schemaOf(top) === RUNS_SCHEMA)
    throw new LocalError(`${name}: has repeated runs, which compare takes: merge adds up the parts of one run`)
  return report(top, name)
}

/** Reads one run, or all that `runsJson` has written. @throws LocalError as `readReport` does. */
export function readReports(text: string, name: string): readonly Report[] {
  const top = documentNode(text, name)
  return schemaOf(top) === RUNS_SCHEMA ? top.child('runs').list((run) => report(run, name)) : [report(top, name)]
}

function documentNode(text: string, name: string): Node {
  try {
    return new Node(name, '', JSON.parse(text))
  } catch (error) {
    throw new LocalError(`${name}: is no JSON document`, { cause: error })
  }
}

function schemaOf(node: Node): unknown {
  return node.isObject() ? node.child('schema').value : undefined
}

function report(node: Node, name: string): Report {
  const schema = schemaOf(node)
  if (typeof schema !== 'string' || !schema.startsWith('tmqtt-bench/'))
    throw new LocalError(`${name}: is no report of tmqtt bench (written by --json)`)
  if (schema !== SCHEMA) throw new LocalError(`${name}: is of format ${schema}; this version of tmqtt reads ${SCHEMA}`)
  const shards = node.child('shards')
  const brokerVersion = node.child('brokerVersion')
  return {
    version: node.child('version').text(),
    configuration: configuration(node.child('configuration')),
    ...(brokerVersion.value === undefined ? {} : { brokerVersion: brokerVersion.text() }),
    hosts: node.child('hosts').list(host),
    shards: { indexes: shards.child('indexes').list((each) => each.count()), of: shards.child('of').count() },
    result: result(node.child('result')),
  }
}

/** A place in a document. */
class Node {
  readonly value: unknown
  readonly #file: string
  readonly #path: string

  constructor(file: string, path: string, value: unknown) {
    this.#file = file
    this.#path = path
    this.value = value
  }

  isObject(): boolean {
    return typeof this.value === 'object' && this.value !== null && !Array.isArray(this.value)
  }

  child(key: string): Node {
    if (!this.isObject()) throw this.wrong('an object')
    const { value } = this
    const at = this.#path === '' ? key : `${this.#path}.${key}`
    return new Node(this.#file, at, Object.hasOwn(value as object, key) ? (value as never)[key] : undefined)
  }

  entries<T>(read: (node: Node) => T): Record<string, T> {
    if (!this.isObject()) throw this.wrong('an object')
    return Object.fromEntries(Object.keys(this.value as object).map((key) => [key, read(this.child(key))]))
  }

  list<T>(read: (node: Node) => T): T[] {
    if (!Array.isArray(this.value)) throw this.wrong('a list')
    return this.value.map((each, at) => read(new Node(this.#file, `${this.#path}[${at}]`, each)))
  }

  text(): string {
    if (typeof this.value !== 'string') throw this.wrong('a text')
    return this.value
  }

  number(): number {
    if (typeof this.value !== 'number' || !Number.isFinite(this.value)) throw this.wrong('a number')
    return this.value
  }

  count(): number {
    if (!Number.isSafeInteger(this.value) || this.number() < 0) throw this.wrong('a whole number from 0')
    return this.number()
  }

  oneOf<T extends string>(words: readonly T[]): T {
    if (!words.includes(this.value as T)) throw this.wrong(words.join(', '))
    return this.value as T
  }

  wrong(expected: string): LocalError {
    return new LocalError(`${this.#file}: ${this.#path || 'the document'}: expected ${expected}`)
  }
}

/** Only looked at as a whole, to tell whether two are the same; times that never end are null there. */
function configuration(node: Node): Configuration {
  node.child('command').text()
  node.child('brokers').list((each) => each.text())
  return revived(node.value) as Configuration
}

/** JSON leaves out what is undefined, and has null for infinity: only lengths of time are null. */
function revived(value: unknown): unknown {
  if (value === null) return Number.POSITIVE_INFINITY
  if (Array.isArray(value)) return value.map(revived)
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, revived(each)]))
}

function host(node: Node): Host {
  return {
    name: node.child('name').text(),
    os: node.child('os').text(),
    cpu: node.child('cpu').text(),
    cores: node.child('cores').count(),
    memoryBytes: node.child('memoryBytes').count(),
    node: node.child('node').text(),
  }
}

function result(node: Node): Result {
  const slow = node.child('slow')
  return {
    began: node.child('began').text(),
    measuredMs: node.child('measuredMs').number(),
    acknowledgingMs: node.child('acknowledgingMs').number(),
    receivingMs: node.child('receivingMs').number(),
    incomplete: optional(node.child('incomplete'), (each) => each.text()),
    connections: connections(node.child('connections')),
    messages: messages(node.child('messages')),
    slow: slow.value === undefined ? undefined : slowCounts(slow),
    measured: measured(node.child('measured')),
    intervals: node.child('intervals').list(interval),
    clocks: optional(node.child('clocks'), (each) => each.list(partClock)) ?? [],
    brokerLimits: node
      .child('brokerLimits')
      .entries((each) => (each.value === true || each.value === false ? each.value : each.number())),
  }
}

function optional<T>(node: Node, read: (node: Node) => T): T | undefined {
  return node.value === undefined ? undefined : read(node)
}

function partClock(node: Node): PartClock {
  return {
    part: node.child('part').count(),
    before: offset(node.child('before')),
    after: optional(node.child('after'), offset),
  }
}

function offset(node: Node): Offset {
  return { aheadUs: node.child('aheadUs').number(), errorUs: node.child('errorUs').number() }
}

const reasons = (node: Node) => node.entries((each) => each.count())

function connections(node: Node): ConnectionCounts {
  return {
    intended: node.child('intended').count(),
    connected: node.child('connected').count(),
    left: node.child('left').count(),
    missed: node.child('missed').count(),
    sessionsLost: node.child('sessionsLost').count(),
    failed: reasons(node.child('failed')),
    lost: reasons(node.child('lost')),
    subscriptionsRefused: reasons(node.child('subscriptionsRefused')),
  }
}

function messages(node: Node): MessageCounts {
  return {
    intended: node.child('intended').count(),
    sent: node.child('sent').count(),
    acknowledged: node.child('acknowledged').count(),
    rejected: reasons(node.child('rejected')),
    unanswered: node.child('unanswered').count(),
    expected: node.child('expected').count(),
    received: node.child('received').count(),
    lost: optional(node.child('lost'), (each) => each.count()),
    duplicates: node.child('duplicates').count(),
    outOfOrder: node.child('outOfOrder').count(),
    ...undecidedOf(optional(node.child('undecided'), (each) => each.count()) ?? 0),
    foreign: node.child('foreign').count(),
  }
}

function slowCounts(node: Node): SlowCounts {
  return {
    expected: node.child('expected').count(),
    received: node.child('received').count(),
    lost: node.child('lost').number(),
    duplicates: node.child('duplicates').count(),
    outOfOrder: node.child('outOfOrder').count(),
    hungUp: reasons(node.child('hungUp')),
  }
}

function measured(node: Node): Measured {
  return allMeasured(node.entries(samples) as Partial<Measured>)
}

function samples(node: Node): Samples {
  const buckets = fromDistances(node.child('buckets').list((each) => each.count()))
  const count = node.child('count').count()
  const counted = buckets.reduce((sum, each, at) => (at % 2 === 1 ? sum + each : sum), 0)
  if (buckets.length % 2 === 1 || counted !== count) throw node.child('buckets').wrong(`${count} samples`)
  return {
    buckets,
    count,
    sum: node.child('sum').number(),
    min: node.child('min').number(),
    max: node.child('max').number(),
    negative: node.child('negative').count(),
  }
}

const PHASES = ['connect', 'settle', 'warmup', 'measure', 'drain'] as const

function interval(node: Node): Interval {
  return {
    phase: node.child('phase').oneOf(PHASES),
    startMs: node.child('startMs').number(),
    endMs: node.child('endMs').number(),
    connected: node.child('connected').count(),
    sent: node.child('sent').count(),
    acknowledged: node.child('acknowledged').count(),
    received: node.child('received').count(),
    bytesSent: node.child('bytesSent').count(),
    bytesReceived: node.child('bytesReceived').count(),
    measured: measured(node.child('measured')),
    health: health(node.child('health')),
  }
}

function health(node: Node): GeneratorHealth {
  return {
    loopDelayMaxMs: node.child('loopDelayMaxMs').number(),
    loopDelayP99Ms: node.child('loopDelayP99Ms').number(),
    utilization: node.child('utilization').number(),
    gcMs: node.child('gcMs').number(),
    cpuCores: node.child('cpuCores').number(),
    socketBacklog: node.child('socketBacklog').count(),
    waiting: node.child('waiting').count(),
  }
}
