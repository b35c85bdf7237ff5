import { TmqttError, UsageError } from '../errors.ts'
import { mosquittoFileOptions } from '../options/configuration.ts'
import { connectionOptions } from '../options/connection.ts'
import { duration, flag, integer, separator } from '../options/kinds.ts'
import { table, type ValuesOf } from '../options/option.ts'
import { payloadKeys, payloadOptions } from '../options/payload.ts'
import { publishOptions } from '../options/publish.ts'
import { Faults } from '../parsers/faults.ts'
import { chunks } from '../streams/source.ts'
import { command } from './command.ts'
import { ledger } from './ledger.ts'
import { checkTopic, hasPayload, openPublisher, publishProperties, readPayload } from './publishing.ts'
import { noticeTo, openNewest, openSession, prepareClient, unlessAborted } from './session.ts'

const payloadRows = payloadOptions('lines', 'json')

const options = table({
  ...publishOptions,
  ...payloadRows,
  nullMessage: {
    ...payloadRows.nullMessage,
    describe: 'Publish an empty payload; with -r this clears a retained message',
  },
  lines: {
    kind: flag,
    short: 'l',
    aliases: ['stdin-line'],
    group: 'Payload',
    describe: 'Publish each line of standard input as a message, as it comes',
    excludes: [...payloadKeys, 'json'],
  },
  topicSeparator: {
    kind: separator,
    group: 'Payload',
    describe: 'With -l: each line is a topic, this separator and the payload',
    requires: ['lines'],
    excludes: ['topic'],
  },
  json: {
    kind: flag,
    group: 'Payload',
    describe:
      'Publish the message that each line of standard input is, in JSON as sub --json prints it; -t, -q, -r and ' +
      '-D publish fill what a line lacks',
    excludes: [...payloadKeys, 'lines', 'repeat'],
  },
  keepGoing: {
    kind: flag,
    group: 'Payload',
    describe: 'Go on behind faulty lines, and report them; the exit status is 1 all the same',
    requires: ['lines', 'json'],
  },
  repeat: {
    kind: integer(1, 0x7fff_ffff, 'COUNT'),
    group: 'Payload',
    describe: 'Publish the message this many times; no effect with -l',
    default: 1,
  },
  repeatDelay: {
    kind: duration(),
    group: 'Payload',
    describe: 'Wait this long between repetitions',
    default: 0,
    requires: ['repeat'],
  },
  ...connectionOptions,
  protocolVersion: {
    ...connectionOptions.protocolVersion,
    defaultText: '311, or 5 when an option needs it; with --json 5, or 311 where the broker refuses that',
  },
  ...mosquittoFileOptions,
})

export type PubValues = ValuesOf<typeof options>

export const pub = command({
  description:
    'Publishes one message, or every line of standard input. At QoS 1 and 2 it waits for the acknowledgements: exit ' +
    'status 0 means that the broker has acknowledged every message. A line that is no message (--json, ' +
    '--topic-separator) or too long ends it with status 1, once the messages before it are published.',
  options,
  examples: [
    { run: 'tmqtt pub -t home/light -m on', shows: 'one message to the broker on this machine' },
    { run: 'producer | tmqtt pub -l -t tick -q 1', shows: 'every line as it comes, each acknowledged' },
    { run: "producer | tmqtt pub -l --topic-separator ' '", shows: 'lines that begin with their topic' },
    {
      run: `jq -c '.topic |= "copy/" + .' messages.json | tmqtt pub --json`,
      shows: 'what sub --json has written into a file, to other topics',
    },
    { run: 'tmqtt pub -L mqtts://example.org/cam -f photo.jpg -r', shows: 'a file, over TLS, retained' },
    { run: 'tmqtt pub -t home/light -r -n', shows: 'clears a retained message' },
  ],

  check(values) {
    if (values.topic !== undefined || values.url?.topic !== undefined || !(values.json || values.topicSeparator))
      checkTopic(values)
    publishProperties(values)
    if (!values.lines && !values.json && !hasPayload(values)) {
      throw new UsageError(
        'nothing to publish: give -m TEXT, -f FILE, -s (standard input), -l or --json (its lines), or -n (empty)',
      )
    }
  },

  async run(values, io) {
    const readsLines = values.lines || values.json
    const payload = readsLines ? undefined : await readPayload(values, io)
    const needs = { reconnectAttempts: readsLines ? Number.POSITIVE_INFINITY : 0 }
    // Lines may have properties, and which do shows only later.
    const session = values.json
      ? await openNewest(values, io, 'pub', needs)
      : await openSession(await prepareClient(values, io, 'pub', io.signal, needs), io, 'pub', io.signal)
    const client = session.options
    const notice = noticeTo(io, 'pub')
    const publisher = await openPublisher(session, values, io, 'pub')
    session.start()
    const stop = () => AbortSignal.any([io.signal, session.over])
    const faults = new Faults({ keepGoing: values.keepGoing, notice })
    const { topic = values.url?.topic, qos, retain } = values
    const outgoing = {
      publisher,
      version: client.protocolVersion,
      defaults: { topic, qos, retain, properties: publishProperties(values) },
    }
    const work = async () => {
      const batches =
        payload === undefined
          ? (await import('./pub-lines.ts')).lineBatches(chunks(io.stdin, stop()), values, outgoing, faults)
          : (await import('./pub-message.ts')).repetitions(payload, values, outgoing, stop)
      for await (const batch of batches) {
        await publisher.publish(batch.headers, batch)
        await client.debug?.taken()
      }
      await publisher.drain()
      await session.end(values.ackTimeout)
    }
    const sayLedger = () => {
      const text = ledger(publisher)
      if (text !== undefined) notice(text)
    }
    try {
      await unlessAborted(io.signal, work())
    } catch (error) {
      await session.end().catch(() => {})
      sayLedger()
      throw error instanceof TmqttError ? faults.explain(error) : error
    }
    sayLedger()
    const verdict = faults.verdict(publisher.tally.sent, publisher.verdict())
    if (verdict !== undefined) throw verdict
    return undefined
  },
})
