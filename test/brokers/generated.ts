import type { QoS } from '../../src/mqtt/message.ts'
import type { PublishProperties } from '../../src/mqtt/properties.ts'
import type { Random } from '../support/random.ts'

export interface GeneratedMessage {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: QoS
  readonly retain: boolean
  readonly properties: PublishProperties
}

/**
 * Any message at this QoS. Its topic begins with `bytes/` if payload or correlation data may be other than UTF-8
 * without NUL, with `user/` if it has user properties, else with `text/`.
 */
export function generateMessage(random: Random, qos: QoS, retain = false): GeneratedMessage {
  const binary = random.once(4)
  const properties = random.once(2) ? generateProperties(random, binary) : {}
  // The broker counts it down, so it is the same for two receivers only where it is sent to both at once.
  if (qos === 0 && !retain && random.once(4)) properties.messageExpiryInterval = random.pick([1000, 3e9, 4_294_967_295])
  const root = binary ? 'bytes' : properties.userProperties ? 'user' : 'text'
  const levels = random.list(1, 3, () => random.pick(['a', 'b', 'ä€', 'x y', '100%', '@Y', 'long'.repeat(20)]))
  const payload = binary ? generateBytes(random) : Buffer.from(generateText(random))
  return { topic: [root, ...levels].join('/'), payload, qos, retain, properties }
}

function generateProperties(random: Random, binary: boolean): PublishProperties {
  const all: PublishProperties = {
    userProperties: random.list(1, 3, () => [
      random.pick(['k', '10', 'ä', '', 'a"b', '__proto__']),
      random.pick(['v', '', 'x y', '\\', '{"a":{}}']),
    ]),
    contentType: random.pick(['text/plain', '', 'ä€', 'application/json']),
    responseTopic: random.pick(['r', 'a/b/c', 'ü']),
    correlationData: binary ? Buffer.from('a\0b\xff', 'latin1') : Buffer.from(random.pick(['c', 'corr 1', 'ä'])),
    payloadFormatIndicator: binary ? 0 : 1,
  }
  return Object.fromEntries(Object.entries(all).filter(() => random.once(2)))
}

function generateBytes(random: Random): Buffer {
  const length = random.pick([2, 4, 8, random.integer(1, 300), 70_000])
  return random.once(3)
    ? Buffer.from('a\0b\xff\n', 'latin1')
    : Buffer.from(random.list(length, length, () => random.integer(0, 255)))
}

function generateText(random: Random): string {
  switch (random.integer(0, 5)) {
    case 0:
      return random.pick([
        '',
        '',
        'x',
        'hello world',
        'a\nb\r\nc\n',
        '\x7f\x01\x1b[31m',
        '"quoted" \\ /',
        '%t @Y',
        '\t',
      ])
    case 1:
      return random.pick(['{', '[1,]', '{"a":1,}', 'tru', '1 2', '"\\ud800"', '\ufeff{"a":1}', ' [ ] ', '-', '[1}'])
    case 2:
      return random.list(1, 3000, () => random.pick(['a', 'ä', '😀', ' ', '\n'])).join('')
    default:
      return generateJson(random)
  }
}

/** With most of what cJSON takes for JSON. */
function generateJson(random: Random, depth = 0): string {
  const inside = () => blank(random) + generateJson(random, depth + 1) + blank(random)
  const member = () => `${blank(random)}${jsonString(random)}${blank(random)}:${inside()}`
  switch (random.integer(0, depth > 3 ? 4 : 8)) {
    case 0:
      return random.pick(['null', 'true', 'false'])
    case 1:
    case 2:
      return jsonNumber(random)
    case 3:
    case 4:
      return jsonString(random)
    case 5:
    case 6:
      return `[${random.list(0, 3, inside).join(',')}${blank(random)}]`
    default:
      return `{${random.list(0, 3, member).join(',')}${blank(random)}}`
  }
}

function blank(random: Random): string {
  return random.pick(['', '', '', ' ', '\r\n', '\t', '\x01'])
}

function jsonNumber(random: Random): string {
  switch (random.integer(0, 3)) {
    case 0:
      return String(random.integer(-1e6, 1e6))
    case 1:
      return String(random.integer(-(2 ** 40), 2 ** 40) / 2 ** random.integer(0, 60))
    case 2:
      return String(random.integer(-(2 ** 40), 2 ** 40) * 10 ** random.integer(-320, 290))
    default:
      return random.pick([
        ...['01', '1.', '1.0', '1e5', '1E-7', '1e400', '-0', '-.5', '0.30000000000000004', '1.00000762939453125'],
        ...[
          '12345678901234567890',
          '9007199254740993',
          '5e-324',
          '1.7976931348623157e308',
          '0.1e-5',
          `1${'0'.repeat(99)}`,
        ],
      ])
  }
}

function jsonString(random: Random): string {
  const pieces = ['a', 'ä', '😀', '/', '\n', '\x7f', '10', '\\/', '\\n', '\\b', '\\"', '\\\\', '\\u00e4', '\\u001f']
  pieces.push('\\uD83D\\uDE00', '\\u0000')
  return `"${random.list(0, 4, () => random.pick(pieces)).join('')}"`
}

/** A format of `-F` with these letters, that mosquitto_sub 2.0.11 takes and means as 2.1 does. */
export function generateFormat(random: Random, letters: string): string {
  const others = ['%%', '@@', '@n', '@t', '@%', '@Q', '@ ', '|', ' ', 'text', 'ä€', '{}', '"', "'", '$(x)']
  others.push('\\\\', '\\0', '\\a', '\\e', '\\n', '\\r', '\\t', '\\v')
  return random.list(1, 7, () => (random.once(4) ? random.pick(others) : generateField(random, letters))).join('')
}

function generateField(random: Random, letters: string): string {
  const letter = random.pick<string>(letters)
  const flag = random.pick(['', '', '-', '0', '-0'])
  const width = random.pick(['', '', '1', '2', '5', '12', '40'])
  const precision = random.pick(['', '', '.', '.0', '.3', '.10'])
  // 2.0.11 counts digits where a width cuts and knows no separators.
  if ('xX'.includes(letter)) return `%${flag}${letter}`
  // 2.0.11 pads what a message doesn't have with blanks only.
  if (letter === 'C') return `%${flag.replace('0', '')}${width}${precision}C`
  return `%${flag}${width}${precision}${letter}`
}
