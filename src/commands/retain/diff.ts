import { readSources } from '../../config/sources.ts'
import { ExitCode } from '../../errors.ts'
import { OutputBuffer } from '../../formatters/output-buffer.ts'
import type { Io } from '../../io.ts'
import { configurationOptions } from '../../options/configuration.ts'
import { textOf } from '../../options/kinds.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { resolve, type Source } from '../../options/resolve.ts'
import { BrokenPipeError, Sink } from '../../streams/sink.ts'
import { type Body, type Command, command } from '../command.ts'
import { blameBroker, noticeTo } from '../session.ts'
import type { Digest } from './digest.ts'
import { jsonOption, type RetainedValues, retainedConnection, retainedOptions } from './options.ts'
import { filtersOrAll, leave, openReading, type Reading, topicsUnder, within } from './reading.ts'

const options = table({
  ...retainedOptions,
  topic: { ...retainedOptions.topic, describe: `${retainedOptions.topic.describe}; without it all topics` },
  to: {
    kind: textOf('PROFILE', 'the name of a profile'),
    group: 'Server',
    describe: 'The other broker: a profile of the configuration file',
    required: true,
  },
  json: { ...jsonOption.json, describe: 'Print each difference as a JSON object on one line' },
  ...retainedConnection,
})

type Values = ValuesOf<typeof options>

const NAME = 'retain diff'

interface Difference {
  readonly topic: string
  /** `-` only at the first broker, `+` only at the other, `~` at both, but not the same. */
  readonly sign: '-' | '+' | '~'
  readonly differs?: readonly string[]
}

/** @param commands all commands: what is in a profile may be for any of them. */
export function retainDiff(commands: () => Promise<readonly Command[]>): Body {
  return command({
    description:
      'Prints a line for each topic whose retained messages differ, sorted: "- topic" where only the first broker has ' +
      'one, "+ topic" where only the other has, "~ topic" where payload, QoS or, if both speak MQTT 5, properties are ' +
      'not the same; how long messages are yet to be kept does not count. The first broker is that of the usual ' +
      'options, the other that of --to. Exit status 6 when they differ.',
    options,
    examples: [
      { run: "tmqtt retain diff -h old.example.org --to new -t 'home/#'", shows: 'what a move has lost' },
      { run: 'tmqtt retain diff --profile prod --to test --json', shows: 'a JSON object for each difference' },
    ],

    async run(values, io) {
      try {
        const differences = await compare(values, io, commands)
        await print(differences, values.json, io)
        return differences.length === 0 ? ExitCode.ok : ExitCode.checkFailed
      } catch (error) {
        if (error instanceof BrokenPipeError) return ExitCode.checkFailed
        throw blameBroker(error)
      }
    },
  })
}

async function compare(
  values: Values,
  io: Io,
  commands: () => Promise<readonly Command[]>,
): Promise<readonly Difference[]> {
  const other = await valuesOfProfile(values, io, commands)
  const first = await openReading(values, io, NAME)
  try {
    const second = await openReading({ ...other, ...only(values) }, io, NAME)
    try {
      const filters = filtersOrAll(values)
      const hasProperties = [first, second].every(({ session }) => session.options.protocolVersion === 5)
      const [here, there] = await Promise.all([
        digests(first, filters, hasProperties),
        digests(second, filters, hasProperties),
      ])
      return differencesOf(here, there)
    } finally {
      await leave(second)
    }
  } finally {
    await leave(first)
  }
}

/** What both brokers are asked alike. */
function only({ topic, settle, timeout }: Values): Pick<RetainedValues, 'topic' | 'settle' | 'timeout'> {
  return { topic, settle, timeout }
}

async function valuesOfProfile(values: Values, io: Io, commands: () => Promise<readonly Command[]>) {
  const given = new Map([['profile', [values.to]], ...(values.config ? [['config', [values.config]] as const] : [])])
  const source: Source = { texts: given, nameOf: (key) => (key === 'profile' ? '--to' : '--config') }
  const consumer = { name: NAME, options: { ...retainedConnection, ...configurationOptions } }
  return resolve(consumer.options, await readSources(consumer, [source], commands, io, noticeTo(io, NAME)))
}

async function digests(
  reading: Reading,
  filters: readonly string[],
  hasProperties: boolean,
): Promise<ReadonlyMap<string, Digest>> {
  const { digestOf } = await import('./digest.ts')
  const { reader } = reading
  reader.start()
  const topics = await topicsUnder(reading, filters)
  const all = new Map<string, Digest>()
  const fetching = reader.fetch(topics, (found) => {
    for (const { topic, message } of found) all.set(topic, digestOf(message, hasProperties))
  })
  await within(reading, fetching, 'reading retained messages')
  return all
}

function differencesOf(here: ReadonlyMap<string, Digest>, there: ReadonlyMap<string, Digest>): Difference[] {
  const topics = [...new Set([...here.keys(), ...there.keys()])].sort()
  return topics.flatMap((topic): Difference[] => {
    const [one, other] = [here.get(topic), there.get(topic)]
    if (other === undefined) return [{ topic, sign: '-' }]
    if (one === undefined) return [{ topic, sign: '+' }]
    const differs = (['payload', 'qos', 'properties'] as const).filter((part) => one[part] !== other[part])
    return differs.length === 0 ? [] : [{ topic, sign: '~', differs }]
  })
}

async function print(differences: readonly Difference[], json: boolean, io: Io): Promise<void> {
  const sink = new Sink(io.stdout)
  const out = new OutputBuffer({ terminal: io.stdout.isTTY === true })
  for (const { topic, sign, differs } of differences) {
    const line = json
      ? JSON.stringify({ topic, change: CHANGES[sign], ...(differs && { differs }) })
      : `${sign} ${topic}`
    out.untrustedText(line, false)
    out.text('\n')
    if (out.length > 65_536) await sink.write(out.take())
  }
  await sink.write(out.take())
}

const CHANGES = { '-': 'removed', '+': 'added', '~': 'changed' } as const
