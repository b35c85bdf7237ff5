import type { Section } from './section.ts'

/** A part of a format of `-F`, and what it prints of the message that `tmqtt help formats` tells of. */
export interface Conversion {
  readonly typed: string
  readonly meaning: string
  readonly prints: string
}

/** Letters for the message itself. */
const messageConversions: readonly Conversion[] = [
  { typed: '%t', meaning: 'topic', prints: 'hall/temp' },
  { typed: '%p', meaning: 'payload, byte for byte', prints: '{"c":21}' },
  { typed: '%x', meaning: 'payload in hex; %X in capitals', prints: '7b2263223a32317d' },
  { typed: '%l', meaning: 'length of the payload in bytes', prints: '8' },
  { typed: '%q', meaning: 'QoS of the delivery', prints: '1' },
  { typed: '%r', meaning: '1 for a retained message, or else 0', prints: '0' },
  { typed: '%m', meaning: 'packet identifier; 0 at QoS 0', prints: '7' },
  { typed: '%{filter}', meaning: 'the filter given that matches', prints: 'hall/#' },
  { typed: '%I', meaning: 'time of receipt, local', prints: '2026-11-22T02:21:12+0000' },
  { typed: '%U', meaning: 'the same in seconds since 1970', prints: '1795314072.345000000' },
  { typed: '%%', meaning: 'a percent sign', prints: '%' },
]

/** Letters for properties of MQTT 5, which print nothing where the message has none. */
const propertyConversions: readonly Conversion[] = [
  { typed: '%C', meaning: 'content type', prints: 'application/json' },
  { typed: '%E', meaning: 'message expiry interval in seconds', prints: '60' },
  { typed: '%F', meaning: 'payload format indicator', prints: '1' },
  { typed: '%R', meaning: 'response topic', prints: 'answers' },
  { typed: '%D', meaning: 'correlation data', prints: 'no-17' },
  { typed: '%P', meaning: 'user properties', prints: 'room:hall floor:2' },
  { typed: '%A', meaning: 'topic alias', prints: '3' },
  { typed: '%S', meaning: 'subscription identifier, the first', prints: '4' },
]

/** Layouts, and what else a format may hold. */
const layouts: readonly Conversion[] = [
  { typed: '[%12t]', meaning: 'at least 12 wide, to the right', prints: '[   hall/temp]' },
  { typed: '[%-12t]', meaning: 'and to the left', prints: '[hall/temp   ]' },
  { typed: '%.4t', meaning: 'at most 4', prints: 'hall' },
  { typed: '%4p', meaning: 'of a payload: exactly 4 bytes', prints: '{"c"' },
  { typed: '%03m', meaning: 'zeros in front', prints: '007' },
  { typed: '%.2:x', meaning: 'two digits, then a colon', prints: '7b:22:63:22:3a:32:31:7d' },
  { typed: '@Y-@m-@d @H:@M:@S.@N', meaning: 'time, as strftime(3) has it', prints: '2026-11-22 02:21:12.345000000' },
  { typed: '@@', meaning: 'an at sign', prints: '@' },
]

/** All that stand for something, each with what it prints. */
export const conversions: readonly Conversion[] = [...messageConversions, ...propertyConversions, ...layouts]

function rowsOf(some: readonly Conversion[]): (readonly [string, string])[] {
  return some.map(({ typed, meaning, prints }) => [typed, `${meaning} (${prints})`])
}

/** What stands in a line of `--json`. */
const jsonKeys: readonly (readonly [key: string, meaning: string])[] = [
  ['topic', 'the topic'],
  ['payload', 'the payload, as text or in base64'],
  ['encoding', '"base64" where the payload is not UTF-8, or else absent'],
  ['qos', 'of the delivery: 0, 1 or 2'],
  ['retain, dup', 'true or false, as in the packet'],
  ['mid', 'packet identifier; absent at QoS 0'],
  ['properties', 'those of MQTT 5 by their names, as contentType; absent where there are none'],
  ['time', 'time of receipt in UTC'],
  ['filter', 'the filter given that matches, with --per-filter'],
]

/** How received messages can be printed. */
export const formats: readonly Section[] = [
  {
    heading: 'Formats',
    text:
      'Of a message on hall/temp with the payload {"c":21}, at QoS 1, commands that print messages (sub, rr, expect) ' +
      'print with these options:',
    samples: [
      ['', '{"c":21}'],
      ['-v', 'hall/temp {"c":21}'],
      ["-F '%I %t: %p'", '2026-11-22T02:21:12+0000 hall/temp: {"c":21}'],
      [
        '--json',
        '{"topic":"hall/temp","payload":"{\\"c\\":21}","qos":1,"retain":false,"dup":false,"mid":7,"time":"2026-11-22T02:21:12.345Z"}',
      ],
      [
        '-F %j',
        '{"tst":"2026-11-22T02:21:12.345000+0000","topic":"hall/temp","qos":1,"retain":false,"payloadlen":8,"mid":7,"payload":"{\\"c\\":21}"}',
      ],
      [
        '-F %J',
        '{"tst":"2026-11-22T02:21:12.345000+0000","topic":"hall/temp","qos":1,"retain":false,"payloadlen":8,"mid":7,"payload":{"c":21}}',
      ],
    ],
  },
  {
    heading: 'JSON',
    text:
      '--json prints a line that loses nothing, and pub --json publishes such lines. ' +
      '%j and %J are the JSON of mosquitto_sub; %J has the payload as JSON, and prints nothing for one that is none. ' +
      '--pretty breaks and indents all of them. The keys of --json:',
    rows: jsonKeys,
  },
  {
    heading: 'Conversions of -F',
    text: 'Each stands for a part of the message, here with what it prints of the one above in parentheses:',
    rows: rowsOf(messageConversions),
  },
  {
    heading: 'Properties of MQTT 5',
    text: 'They print nothing where the message does not have them:',
    rows: rowsOf(propertyConversions),
  },
  {
    heading: 'Layout, time and escapes',
    rows: [
      ...rowsOf(layouts),
      ['%d, %f', 'payload of 8 or 4 bytes as a little-endian number, as in %.1f'],
      [
        '\\n \\t \\r \\0 \\a \\e \\v \\\\',
        'line feed, tab, carriage return, NUL, bell, escape, vertical tab, backslash',
      ],
    ],
  },
]
