import {
  type PacketProperty,
  type Property,
  type PropertyName,
  type PropertyPacket,
  propertyTable,
} from '../mqtt/property-table.ts'
import { isValidTopicName } from '../mqtt/topic.ts'
import { mqttBinary, mqttText } from './kinds.ts'
import { InvalidValue, type Kind } from './option.ts'

const PACKETS = ['connect', 'publish', 'will', 'subscribe', 'unsubscribe', 'disconnect'] as const

/** Commands that mosquitto's clients know, and refuse. */
const NEVER_SENT = ['connack', 'puback', 'pubrec', 'pubrel', 'pubcomp', 'suback', 'unsuback', 'auth']

/** `PACKET NAME VALUE`, or `PACKET user-property NAME VALUE`: as words of the command line, or in one text. */
export const packetProperty: Kind<PacketProperty> = {
  placeholder: 'PACKET NAME VALUE',
  expected: "PACKET NAME VALUE, such as 'publish content-type text/plain', or PACKET user-property NAME VALUE",
  pairs: Object.fromEntries(PACKETS.map((packet) => [packet, namesFor(packet)])),
  words: ([, name]) => (name?.toLowerCase() === 'user-property' ? 4 : 3),
  parse(text) {
    const [packet, name, ...values] = wordsOf(text)
    if (packet === undefined || name === undefined || values.length === 0) throw new InvalidValue()
    return read(packet, name, values)
  },
}

/** Of the properties that a packet takes. */
function namesFor(packet: PropertyPacket): PropertyName[] {
  const names = Object.keys(propertyTable) as PropertyName[]
  return names.filter((name) => (propertyTable[name].packets as readonly PropertyPacket[]).includes(packet))
}

/** The words as `joinWords` has put them together, or split at blanks: the last value may hold some. */
function wordsOf(text: string): readonly string[] {
  if (text.startsWith('[')) return wordsIn(text)
  const match = /^(\S+)\s+(?:(user-property)\s+(\S+)|(?!user-property\s)(\S+))\s(.*)$/is.exec(text)
  if (match === null) throw new InvalidValue()
  const [, packet, userProperty, key, name, value] = match
  return userProperty === undefined ? [packet!, name!, value!] : [packet!, userProperty, key!, value!]
}

/** From environment or profile anything may come that starts like them. */
function wordsIn(json: string): readonly string[] {
  let words: unknown
  try {
    words = JSON.parse(json)
  } catch {
    throw new InvalidValue()
  }
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string')) throw new InvalidValue()
  return words
}

function read(packetTyped: string, nameTyped: string, values: readonly string[]): PacketProperty {
  const packet = PACKETS.find((each) => each === packetTyped.toLowerCase())
  if (packet === undefined) {
    const why = NEVER_SENT.includes(packetTyped.toLowerCase()) ? 'a packet that takes no properties here' : 'no packet'
    throw new InvalidValue(
      `'${packetTyped}' is ${why}; it must be ${PACKETS.slice(0, -1).join(', ')} or ${PACKETS.at(-1)}`,
    )
  }
  const names = Object.keys(propertyTable) as PropertyName[]
  const name = names.find((each) => each === nameTyped.toLowerCase())
  const allowed = namesFor(packet)
  if (name === undefined || !allowed.includes(name)) {
    const what = name === undefined ? 'no property' : `no property of ${packet}`
    throw new InvalidValue(`'${nameTyped}' is ${what}; ${packet} takes ${allowed.join(', ')}`)
  }
  return { packet, property: [name, valueFrom(name, values)] as unknown as Property }
}

function valueFrom(name: PropertyName, [text, second]: readonly string[]): Property[1] {
  const { type, ...definition } = propertyTable[name]
  try {
    switch (type) {
      case 'pair':
        return [mqttText.parse(text!), mqttText.parse(second ?? '')]
      case 'binary':
        return mqttBinary.parse(text!)
      case 'text':
        if (name === 'response-topic' && !isValidTopicName(text!)) throw new InvalidValue()
        return mqttText.parse(text!)
      default: {
        const [min, max] = 'range' in definition ? definition.range : [0, LARGEST[type]]
        const number = /^\d+$/.test(text!) ? Number(text) : Number.NaN
        if (!(number >= min && number <= max))
          throw new InvalidValue(`${name} must be a number from ${min} to ${max}, got '${text}'`)
        return number
      }
    }
  } catch (error) {
    if (!(error instanceof InvalidValue) || error.message !== '') throw error
    const expected =
      name === 'response-topic' ? 'a topic name' : type === 'binary' ? mqttBinary.expected : mqttText.expected
    throw new InvalidValue(`${name} must be ${expected}`)
  }
}

const LARGEST = { byte: 0xff, uint16: 0xffff, uint32: 0xffff_ffff, 'variable byte integer': 268_435_455 } as const
