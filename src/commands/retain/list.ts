import { formatJson } from '../../formatters/json.ts'
import { OutputBuffer } from '../../formatters/output-buffer.ts'
import type { Io } from '../../io.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { BrokenPipeError, Sink } from '../../streams/sink.ts'
import { command } from '../command.ts'
import { blameBroker, noticeTo } from '../session.ts'
import { jsonOption, retainedConnection, retainedOptions } from './options.ts'
import { filtersOrAll, leave, openReading, topicsUnder, within } from './reading.ts'

const options = table({
  ...retainedOptions,
  topic: { ...retainedOptions.topic, describe: `${retainedOptions.topic.describe}; without it all topics` },
  ...jsonOption,
  ...retainedConnection,
})

type Values = ValuesOf<typeof options>

const NAME = 'retain list'

export const retainList = command({
  description:
    'Prints a line for each retained message, as they come: its topic, a tab, and how many bytes its payload has. Nothing in ' +
    'MQTT says that all retained messages have come, so it leaves when none has come for the time of --settle. Topics ' +
    'that begin with $ come only for filters that name them, as $SYS/#. With --json the messages come at the QoS at ' +
    'which they are kept.',
  options,
  examples: [
    { run: "tmqtt retain list -t 'home/#'", shows: 'topics and sizes' },
    { run: "tmqtt retain list -t '#' --json > retained.json", shows: 'all retained messages, for pub --json' },
  ],

  async run(values, io) {
    try {
      const count = await list(values, io)
      if (count === 0) noticeTo(io, NAME)('no retained messages')
    } catch (error) {
      if (!(error instanceof BrokenPipeError)) throw blameBroker(error)
    }
    return undefined
  },
})

/** @returns how many there are. */
async function list(values: Values, io: Io): Promise<number> {
  const sink = new Sink(io.stdout)
  const out = new OutputBuffer({ terminal: io.stdout.isTTY === true })
  const reading = await openReading(values, io, NAME)
  const { reader } = reading
  reader.start()
  let count = 0
  try {
    const filters = filtersOrAll(values)
    if (values.json) {
      const topics = await topicsUnder(reading, filters)
      const fetching = reader.fetch(topics, async (found) => {
        count += found.length
        for (const { message } of found) formatJson(message, out)
        await sink.write(out.take())
      })
      await within(reading, fetching)
    } else {
      const searching = reader.search(filters, async (found) => {
        count += found.length
        for (const { topic, message } of found) {
          out.untrustedText(topic, false)
          out.text(`\t${message.payloadLength}\n`)
        }
        await sink.write(out.take())
      })
      await within(reading, searching)
    }
  } finally {
    await leave(reading)
  }
  return count
}
