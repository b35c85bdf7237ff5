import { flag, oneOf, textOf } from './kinds.ts'
import { table, type ValuesOf } from './option.ts'

/** How received messages are printed. */
export const outputOptions = table({
  verbose: { kind: flag, short: 'v', group: 'Output', describe: "Print 'topic payload' instead of just the payload" },
  format: {
    kind: textOf('FORMAT', 'a format'),
    short: 'F',
    group: 'Output',
    describe:
      'Print in this format: %t topic, %p payload, %q QoS, %r retain, %l length, %m packet identifier, %x payload in hex, %j JSON, %J JSON with the payload as JSON in it, %I time, %{filter} the filter that matches',
  },
  json: {
    kind: flag,
    group: 'Output',
    describe: 'Print each message as a JSON object on one line, nothing lost; pub --json publishes it',
    excludes: ['format'],
  },
  pretty: { kind: flag, group: 'Output', describe: 'Print JSON (--json, %j, %J) indented, over several lines' },
  noNewline: { kind: flag, short: 'N', group: 'Output', describe: 'Print no newline behind a payload' },
})

export type OutputValues = ValuesOf<typeof outputOptions>

/** How messages are printed with the filters that match them. */
export const filterOutputOptions = table({
  perFilter: {
    kind: flag,
    group: 'Output',
    describe: 'Print a message once for each filter given that matches it; %{filter} names it',
  },
  unmatched: {
    kind: oneOf('WHAT', { show: 'show', drop: 'drop', only: 'only' } as const),
    group: 'Output',
    describe: 'What to do with messages that match no filter given, left over in a persistent session',
    default: 'show',
  },
})
