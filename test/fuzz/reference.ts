/**
 * A second reading of MQTT, by the letter of the specification and nothing of ours, to hold what the program makes of
 * hostile bytes against. Slow, and without views.
 */

/** A packet whose framing is right. */
export interface Frame {
  readonly type: number
  readonly flags: number
  readonly body: Buffer
  readonly bytes: Buffer
}

export interface Frames {
  readonly frames: readonly Frame[]
  /** What is behind them: nothing, the beginning of a packet, or what can't be one. */
  readonly end: 'nothing' | 'part' | 'malformed'
}

/** Takes a stream apart, up to the first packet that can't be one [MQTT 5, 2.1.4]. */
export function framesOf(bytes: Buffer, maxPacketSize = 268_435_460): Frames {
  const frames: Frame[] = []
  let at = 0
  while (at < bytes.length) {
    const length = varintIn(bytes, at + 1)
    if (length === 'part' || length === 'malformed') return { frames, end: length }
    const end = length.end + length.value
    if (end - at > maxPacketSize) return { frames, end: 'malformed' }
    if (end > bytes.length) return { frames, end: 'part' }
    const first = bytes[at]!
    frames.push({
      type: first >> 4,
      flags: first & 15,
      body: bytes.subarray(length.end, end),
      bytes: bytes.subarray(at, end),
    })
    at = end
  }
  return { frames, end: 'nothing' }
}

function varintIn(bytes: Buffer, at: number): { value: number; end: number } | 'part' | 'malformed' {
  let value = 0
  for (let digits = 0; digits < 4; digits++) {
    if (at + digits >= bytes.length) return 'part'
    const digit = bytes[at + digits]!
    value += (digit % 128) * 128 ** digits
    if (digit < 128) return { value, end: at + digits + 1 }
  }
  return 'malformed'
}

export interface Publish {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: number
  readonly dup: boolean
  readonly retain: boolean
  /** 0 at QoS 0. */
  readonly packetId: number
  /** By identifier, each value with its bytes; undefined where they are malformed, which has to be seen only by who looks. */
  readonly properties: readonly PropertyBytes[] | undefined
}

type PropertyBytes = readonly [identifier: number, ...fields: Buffer[]]

/** Bytes of a number, with its largest value where it has one, or what has its length in front. */
type Field = number | readonly [bytes: number, least: number, most: number] | 'varint' | 'text' | 'binary'

const FLAG = [1, 0, 1] as const

/** The properties of a broker's packets [MQTT 5, 2.2.2.2]: the types of the packets, and what the value is made of. */
const PROPERTIES = new Map<number, readonly [packets: string, ...fields: Field[]]>([
  [0x01, ['PUBLISH', 1]],
  [0x02, ['PUBLISH', 4]],
  [0x03, ['PUBLISH', 'text']],
  [0x08, ['PUBLISH', 'text']],
  [0x09, ['PUBLISH', 'binary']],
  [0x0b, ['PUBLISH', 'varint']],
  [0x11, ['CONNACK', 4]],
  [0x12, ['CONNACK', 'text']],
  [0x13, ['CONNACK', 2]],
  [0x15, ['CONNACK AUTH', 'text']],
  [0x16, ['CONNACK AUTH', 'binary']],
  [0x1a, ['CONNACK', 'text']],
  [0x1c, ['CONNACK DISCONNECT', 'text']],
  [0x1f, ['CONNACK SUBACK UNSUBACK DISCONNECT AUTH', 'text']],
  [0x21, ['CONNACK', [2, 1, 0xffff]]],
  [0x22, ['CONNACK', 2]],
  [0x23, ['PUBLISH', 2]],
  [0x24, ['CONNACK', FLAG]],
  [0x25, ['CONNACK', FLAG]],
  [0x26, ['PUBLISH CONNACK SUBACK UNSUBACK DISCONNECT AUTH', 'text', 'text']],
  [0x27, ['CONNACK', [4, 1, 0xffff_ffff]]],
  [0x28, ['CONNACK', FLAG]],
  [0x29, ['CONNACK', FLAG]],
  [0x2a, ['CONNACK', FLAG]],
])

const REPEATED = [0x0b, 0x26]

/**
 * Reads a PUBLISH [MQTT 5, 3.3].
 *
 * @param aliases of the connection, changed by what the packet sets; undefined before MQTT 5.
 * @returns undefined where it is malformed.
 */
export function publishOf(
  { flags, body }: Pick<Frame, 'flags' | 'body'>,
  aliases: Map<number, string> | undefined,
  aliasMaximum = 0,
): Publish | undefined {
  const qos = (flags & 6) >> 1
  if (qos === 3 || body.length < 2) return undefined
  const topicEnd = 2 + body.readUInt16BE(0)
  if (topicEnd > body.length) return undefined
  let topic = textOf(body.subarray(2, topicEnd))
  if (topic === undefined || /[+#]/.test(topic)) return undefined
  const idEnd = topicEnd + (qos > 0 ? 2 : 0)
  if (idEnd > body.length) return undefined
  const packetId = qos > 0 ? body.readUInt16BE(topicEnd) : 0
  if (qos > 0 && packetId === 0) return undefined
  const rest = { qos, packetId, dup: flags >= 8, retain: flags % 2 === 1 }
  if (aliases === undefined)
    return topic === '' ? undefined : { ...rest, topic, payload: body.subarray(idEnd), properties: [] }
  const length = varintIn(body, idEnd)
  if (typeof length === 'string' || length.end + length.value > body.length) return undefined
  const properties = propertiesOf(body.subarray(length.end, length.end + length.value), 'PUBLISH')
  if (topic === '' || (aliasMaximum > 0 && length.value > 0)) {
    if (properties === undefined) return undefined
    const alias = properties.find(([identifier]) => identifier === 0x23)?.[1]?.readUInt16BE(0)
    if (alias === undefined && topic === '') return undefined
    if (alias !== undefined) {
      if (alias === 0 || alias > aliasMaximum) return undefined
      if (topic !== '') aliases.set(alias, topic)
      topic = aliases.get(alias)
      if (topic === undefined) return undefined
    }
  }
  return { ...rest, topic: topic!, payload: body.subarray(length.end + length.value), properties }
}

export interface Acknowledgement {
  /** 4 PUBACK to 7 PUBCOMP. */
  readonly type: number
  readonly packetId: number
  readonly reasonCode: number
}

/** What a broker says to a client, up to what can't be said. */
export interface Conversation {
  readonly publishes: readonly Publish[]
  readonly acknowledgements: readonly Acknowledgement[]
  /** Both of these, in the order in which they came. */
  readonly all: readonly (Publish | Acknowledgement)[]
  /** All other packets but PINGRESP, as they came. */
  readonly controls: readonly Buffer[]
  readonly isMalformed: boolean
}

export function conversationOf(
  bytes: Buffer,
  version: number,
  limits: { readonly maxPacketSize?: number; readonly aliasMaximum?: number } = {},
): Conversation {
  const aliases = version === 5 ? new Map<number, string>() : undefined
  const all: (Publish | Acknowledgement)[] = []
  const controls: Buffer[] = []
  const { frames, end } = framesOf(bytes, limits.maxPacketSize)
  const until = (isMalformed: boolean) => ({
    publishes: all.filter((each) => 'topic' in each),
    acknowledgements: all.filter((each) => 'reasonCode' in each),
    all,
    controls,
    isMalformed,
  })
  for (const frame of frames) {
    const { type, flags, body } = frame
    if (type === 3) {
      const publish = publishOf(frame, aliases, limits.aliasMaximum)
      if (publish === undefined) return until(true)
      all.push(publish)
    } else if (type >= 4 && type <= 7) {
      const packetId = body.length < 2 ? 0 : body.readUInt16BE(0)
      // MQTT 3.1 has DUP there.
      if (packetId === 0 || flags % 8 !== (type === 6 ? 2 : 0)) return until(true)
      all.push({ type, packetId, reasonCode: version === 5 ? (body[2] ?? 0) : 0 })
    } else if (type === 13) {
      if (flags !== 0 || body.length > 0) return until(true)
    } else {
      if (!isControl(frame, version)) return until(true)
      controls.push(frame.bytes)
    }
  }
  return until(end === 'malformed')
}

const CONTROLS = new Map([
  [2, 'CONNACK'],
  [9, 'SUBACK'],
  [11, 'UNSUBACK'],
  [14, 'DISCONNECT'],
  [15, 'AUTH'],
])

/** Whether it is one of the packets that a broker may send, and whole. Its flags and codes are left to MQTT.js. */
function isControl({ type, body }: Frame, version: number): boolean {
  const name = CONTROLS.get(type)
  if (name === undefined || (version < 5 && type >= 14)) return false
  const isFarewell = type >= 14
  const fixed = isFarewell ? 1 : 2
  if (version < 5) return body.length >= fixed + (type === 9 ? 1 : 0)
  if (isFarewell && body.length <= fixed) return true
  // A broker that does not know MQTT 5 refuses it in its own version.
  if (type === 2 && body.length === fixed) return body[1] !== 0
  const length = varintIn(body, fixed)
  if (typeof length === 'string' || length.end + length.value > body.length) return false
  const end = length.end + length.value
  return propertiesOf(body.subarray(length.end, end), name) !== undefined && (type !== 9 || end < body.length)
}

/** Undefined where they are malformed. */
function propertiesOf(bytes: Buffer, type: string): PropertyBytes[] | undefined {
  const found: PropertyBytes[] = []
  for (let at = 0; at < bytes.length; ) {
    const identifier = bytes[at++]!
    const [types, ...kinds] = PROPERTIES.get(identifier) ?? ['']
    if (!types.split(' ').includes(type)) return undefined
    if (!REPEATED.includes(identifier) && found.some(([other]) => other === identifier)) return undefined
    const fields: Buffer[] = []
    for (const kind of kinds) {
      const field = fieldAt(bytes, at, kind)
      if (field === undefined) return undefined
      fields.push(field.value)
      at = field.end
    }
    found.push([identifier, ...fields])
  }
  return found
}

function fieldAt(bytes: Buffer, at: number, kind: Field): { value: Buffer; end: number } | undefined {
  if (kind === 'varint') {
    const number = varintIn(bytes, at)
    if (typeof number === 'string' || number.value === 0) return undefined
    return { value: bytes.subarray(at, number.end), end: number.end }
  }
  if (kind !== 'text' && kind !== 'binary') {
    const [size, least, most] = typeof kind === 'number' ? [kind, 0, 0xffff_ffff] : kind
    const end = at + size
    if (end > bytes.length) return undefined
    const number = bytes.readUIntBE(at, size)
    return number < least || number > most ? undefined : { value: bytes.subarray(at, end), end }
  }
  if (at + 2 > bytes.length) return undefined
  const end = at + 2 + bytes.readUInt16BE(at)
  const value = bytes.subarray(at + 2, end)
  if (end > bytes.length || (kind === 'text' && textOf(value) === undefined)) return undefined
  return { value, end }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** [MQTT 5, 1.5.4]: UTF-8, without NUL. */
function textOf(bytes: Buffer): string | undefined {
  try {
    const text = decoder.decode(bytes)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}
