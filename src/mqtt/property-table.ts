import { UsageError } from '../errors.ts'

/** Packets that carry properties which tmqtt can be told to send; the will's stand inside of CONNECT. */
export type PropertyPacket = 'connect' | 'publish' | 'will' | 'subscribe' | 'unsubscribe' | 'disconnect'

/** Data representations [MQTT 5, 1.5]; a pair is two texts. */
export type PropertyType = 'byte' | 'uint16' | 'uint32' | 'variable byte integer' | 'text' | 'binary' | 'pair'

interface Definition {
  /** [MQTT 5, 2.2.2.2] */
  readonly identifier: number
  readonly type: PropertyType
  /** Where a client may send it. */
  readonly packets: readonly PropertyPacket[]
  /** Smallest and largest value of a number, where its type allows more. */
  readonly range?: readonly [number, number]
}

/** The properties that a client may send, by the specification's names as mosquitto's clients spell them. */
export const propertyTable = {
  'payload-format-indicator': { identifier: 0x01, type: 'byte', packets: ['publish', 'will'], range: [0, 1] },
  'message-expiry-interval': { identifier: 0x02, type: 'uint32', packets: ['publish', 'will'] },
  'content-type': { identifier: 0x03, type: 'text', packets: ['publish', 'will'] },
  'response-topic': { identifier: 0x08, type: 'text', packets: ['publish', 'will'] },
  'correlation-data': { identifier: 0x09, type: 'binary', packets: ['publish', 'will'] },
  'subscription-identifier': {
    identifier: 0x0b,
    type: 'variable byte integer',
    packets: ['subscribe'],
    range: [1, 268_435_455],
  },
  'session-expiry-interval': { identifier: 0x11, type: 'uint32', packets: ['connect', 'disconnect'] },
  'authentication-method': { identifier: 0x15, type: 'text', packets: ['connect'] },
  'authentication-data': { identifier: 0x16, type: 'binary', packets: ['connect'] },
  'request-problem-information': { identifier: 0x17, type: 'byte', packets: ['connect'], range: [0, 1] },
  'will-delay-interval': { identifier: 0x18, type: 'uint32', packets: ['will'] },
  'request-response-information': { identifier: 0x19, type: 'byte', packets: ['connect'], range: [0, 1] },
  'server-reference': { identifier: 0x1c, type: 'text', packets: ['disconnect'] },
  'reason-string': { identifier: 0x1f, type: 'text', packets: ['disconnect'] },
  'receive-maximum': { identifier: 0x21, type: 'uint16', packets: ['connect'], range: [1, 0xffff] },
  'topic-alias-maximum': { identifier: 0x22, type: 'uint16', packets: ['connect'] },
  'topic-alias': { identifier: 0x23, type: 'uint16', packets: ['publish'], range: [1, 0xffff] },
  'user-property': {
    identifier: 0x26,
    type: 'pair',
    packets: ['connect', 'publish', 'will', 'subscribe', 'unsubscribe', 'disconnect'],
  },
  'maximum-packet-size': { identifier: 0x27, type: 'uint32', packets: ['connect'], range: [1, 0xffff_ffff] },
} as const satisfies Readonly<Record<string, Definition>>

export type PropertyName = keyof typeof propertyTable

interface ValueByType {
  byte: number
  uint16: number
  uint32: number
  'variable byte integer': number
  text: string
  binary: Buffer
  pair: readonly [name: string, value: string]
}

/** A property and its value. */
export type Property = {
  readonly [Name in PropertyName]: readonly [Name, ValueByType[(typeof propertyTable)[Name]['type']]]
}[PropertyName]

export type ValueOfProperty<Name extends PropertyName> = Extract<Property, readonly [Name, unknown]>[1]

/** The value of a property that stands in the list at most once. */
export function propertyValue<Name extends PropertyName>(
  properties: readonly Property[],
  name: Name,
): ValueOfProperty<Name> | undefined {
  return properties.find((property) => property[0] === name)?.[1] as never
}

/** A property and the packet to put it on. */
export interface PacketProperty {
  readonly packet: PropertyPacket
  readonly property: Property
}

/** The properties for one packet, in the order given. */
export function propertiesFor(given: readonly PacketProperty[], packet: PropertyPacket): readonly Property[] {
  return given.filter((each) => each.packet === packet).map(({ property }) => property)
}

/** @throws UsageError for a property that stands twice and may not [MQTT 5, 2.2.2.2]. */
export function checkedOnce(properties: readonly Property[]): readonly Property[] {
  const seen = new Set<string>()
  for (const [name] of properties) {
    if (name !== 'user-property' && seen.has(name)) throw new UsageError(`the property ${name} is given twice`)
    seen.add(name)
  }
  return properties
}
