import { duration, file, flag, integer, textOf, topicFilter } from './kinds.ts'
import { InvalidValue, type Kind, table } from './option.ts'
import { receiveOptions } from './subscribe.ts'

const expression: Kind<string> = textOf('EXPRESSION', "an expression of CEL such as 'payload.ok == true'")

const word: Kind<string> = {
  placeholder: 'COMMAND',
  expected: 'a command',
  parse(value) {
    if (value.includes('\0')) throw new InvalidValue()
    return value
  },
}

const many = integer(0, Number.MAX_SAFE_INTEGER, 'COUNT')

/** What is to come, and until when. */
export const expectOptions = table({
  where: {
    kind: expression,
    group: 'Conditions',
    describe:
      'Count only messages for which this expression of CEL is true; it knows topic, levels (of the topic), payload ' +
      '(of JSON, else the text), text (the payload), size (in bytes), qos, retain, and properties, as ' +
      "properties.contentType and properties.userProperty.room; what a message lacks doesn't meet a condition",
    repeat: true,
  },
  payload: { kind: textOf('TEXT', 'text'), group: 'Conditions', describe: 'Count only messages with this payload' },
  contains: {
    kind: textOf('TEXT', 'text'),
    group: 'Conditions',
    describe: 'Count only messages with this text in their payload',
    repeat: true,
  },
  matches: {
    kind: textOf('REGEX', 'a regular expression'),
    group: 'Conditions',
    describe: 'Count only messages whose payload has a match of this regular expression (RE2: no back-references)',
    repeat: true,
  },
  retained: {
    kind: flag,
    group: 'Conditions',
    describe: 'Count retained messages too: those from before the subscription',
  },
  retainAsPublished: {
    ...receiveOptions.retainAsPublished,
    group: 'Conditions',
    describe: 'Let retain say whether a message was published as retained; retained ones from before are not asked for',
    since: 5,
    excludes: ['retained'],
  },
  count: {
    ...receiveOptions.count,
    kind: many,
    group: 'Expectations',
    describe: 'Expect exactly this many messages; one more fails',
    excludes: ['atLeast', 'atMost'],
  },
  atLeast: {
    kind: many,
    group: 'Expectations',
    describe: 'Expect this many messages or more',
    defaultText: '1 if nothing else is expected of -t',
  },
  atMost: { kind: many, group: 'Expectations', describe: 'Expect no more messages than this' },
  inOrder: {
    kind: flag,
    group: 'Expectations',
    describe:
      'Expect one message for each --where, in their order: once the first is met, a message for the second is ' +
      'awaited, and so on; others may come between',
    requires: ['where'],
    excludes: ['count', 'atLeast', 'atMost'],
  },
  none: {
    kind: topicFilter,
    group: 'Expectations',
    describe: 'Fail at once when a message comes on a topic of this filter, whatever it holds',
    repeat: true,
  },
  within: {
    kind: duration(1),
    group: 'Expectations',
    describe:
      'Time for all of it, the command included, from the confirmation of the subscription on, which may take as long',
    default: 10_000,
    defaultText: '10s',
  },
  settle: {
    kind: duration(0),
    group: 'Expectations',
    describe:
      'How long to go on when all is there and the command has ended, where a message may still be one too many: with ' +
      '--count, --at-most and --none',
    default: 500,
    defaultText: '500ms',
  },
  junit: {
    kind: file,
    group: 'Output',
    describe: 'Write the results to this file in the XML of JUnit, however it ends',
  },
  command: { kind: word, group: 'Expectations', describe: 'Command to run', repeat: true, hidden: true, rest: true },
})
