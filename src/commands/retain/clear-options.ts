import { age, file, flag, integer, textOf } from '../../options/kinds.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { publishOptions } from '../../options/publish.ts'
import { jsonOption, retainedConnection, retainedOptions } from './options.ts'

const regex = textOf('REGEX', 'a regular expression')

export const clearOptions = table({
  ...retainedOptions,
  topic: {
    ...retainedOptions.topic,
    describe: `${retainedOptions.topic.describe}; only here, not in a profile, the environment or -L`,
    typedOnly: true,
  },
  match: {
    kind: regex,
    group: 'Choice',
    describe: 'Clear only topics in which this regular expression (RE2) has a match; of several, each has to',
    repeat: true,
  },
  notMatch: {
    kind: regex,
    group: 'Choice',
    describe: 'Leave topics alone in which this regular expression has a match',
    repeat: true,
  },
  olderThan: {
    kind: age,
    group: 'Choice',
    describe:
      'Clear only messages that say they are older than this: in ISO 8601 (UTC unless it names a zone), or since ' +
      '1970 in seconds, or in milliseconds from 100000000000 on; those whose time cannot be read are kept',
    requires: ['timeProperty', 'timeField'],
  },
  timeProperty: {
    kind: textOf('NAME', 'the name of a user property'),
    group: 'Choice',
    describe: 'User property that holds the time for --older-than',
    since: 5,
    requires: ['olderThan'],
    excludes: ['timeField'],
  },
  timeField: {
    kind: textOf('PATH', 'names with dots between them, as meta.ts'),
    group: 'Choice',
    describe: 'Field of a JSON payload, such as meta.ts, that holds the time for --older-than',
    requires: ['olderThan'],
    excludes: ['timeProperty'],
  },
  dryRun: {
    kind: flag,
    group: 'Safety',
    describe: 'Clear nothing, but print what would be cleared',
    excludes: ['backup'],
  },
  backup: {
    kind: file,
    group: 'Safety',
    describe:
      'Write what is cleared into this new file first, on disk before anything is cleared; pub --json --retain <FILE ' +
      'puts it back',
  },
  limit: {
    kind: integer(0, Number.MAX_SAFE_INTEGER, 'COUNT'),
    group: 'Safety',
    describe: 'Most messages to clear without asking; where nobody can be asked, more need --yes',
    default: 100,
  },
  yes: { kind: flag, short: 'y', group: 'Safety', describe: 'Clear any number of messages without asking' },
  qos: { ...publishOptions.qos, describe: 'Quality of service of the messages that clear', default: 1 },
  maxInflight: publishOptions.maxInflight,
  ackTimeout: publishOptions.ackTimeout,
  ...jsonOption,
  ...retainedConnection,
  reconnect: { ...retainedConnection.reconnect, defaultText: '3' },
})

export type ClearValues = ValuesOf<typeof clearOptions>
