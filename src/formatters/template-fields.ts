import type { Message } from '../mqtt/message.ts'
import type { PublishProperties } from '../mqtt/properties.ts'
import { microseconds, perSecond } from './clock.ts'
import { formatFixed } from './float.ts'
import { inLines } from './json-layout.ts'
import { writeMosquittoJson, writeMosquittoJsonParsed } from './mosquitto-json.ts'
import type { OutputBuffer } from './output-buffer.ts'
import { printBlank, printBytes, printInteger, printNumber, SPACE, ZERO } from './printf.ts'
import { strftime } from './strftime.ts'
import type { Field } from './template-grammar.ts'

/** Writes one part of a format. `properties` and `timeMs` (of receipt) are there for those that need them. */
export type Write = (message: Message, out: OutputBuffer, properties: PublishProperties, timeMs: number) => void

/** What the fields of a format may need beside themselves. */
export interface Context {
  /** JSON over several lines, indented. */
  readonly pretty: boolean
  /** Takes what the user is to know of a message: a line without its end, and not yet fit for a terminal. */
  readonly warn: (text: string) => void
}

const DEFAULT_PRECISION = 6

export function needsProperties({ item }: Field): boolean {
  return 'ACDEFJPRSj'.includes(item)
}

export function needsTime({ item }: Field): boolean {
  return 'IJUj'.includes(item)
}

export function compileField(field: Field, context: Context): Write {
  return FIELDS[field.item]!(field, context)
}

const FIELDS: Readonly<Record<string, (field: Field, context: Context) => Write>> = {
  A: (field) => integer(field, (properties) => properties.topicAlias),
  C: (field) => (_message, out, properties) => {
    if (properties.contentType === undefined) printBlank(out, field)
    else printText(out, properties.contentType, field)
  },
  D: () => (_message, out, properties) => {
    const data = properties.correlationData
    if (data) out.untrusted(data, 0, data.length, false)
  },
  // Signed, as mosquitto prints it: wrong from 2^31 seconds (68 years) on.
  E: (field) => integer(field, ({ messageExpiryInterval: seconds }) => (seconds === undefined ? seconds : seconds | 0)),
  F: (field) => integer(field, (properties) => properties.payloadFormatIndicator),
  I: (field) => {
    const text = perSecond((date) => `${strftime('F', date)}T${strftime('T', date)}${strftime('z', date)}`)
    return (_message, out, _properties, timeMs) => {
      const bytes = text(timeMs)
      printBytes(out, bytes, 0, bytes.length, field)
    }
  },
  J: (_field, { pretty, warn }) => {
    const write: Write = (message, out, properties, timeMs) => {
      if (writeMosquittoJsonParsed(message, out, properties, timeMs)) return
      warn(`the payload on topic '${message.topic}' is not valid JSON, so %J prints nothing for it`)
    }
    return pretty ? inLines(write) : write
  },
  P: () => (_message, out, properties) => {
    const pairs = properties.userProperties ?? []
    out.untrustedText(pairs.map(([name, value]) => `${name}:${value}`).join(' '), false)
  },
  // The only one that mosquitto does not pad where the message has none.
  R: (field) => (_message, out, properties) => {
    if (properties.responseTopic !== undefined) printText(out, properties.responseTopic, field)
  },
  S: (field) => integer(field, (properties) => properties.subscriptionIdentifiers?.[0]),
  U: () => (_message, out, _properties, timeMs) => {
    out.text(`${Math.floor(timeMs / 1000)}.${microseconds(timeMs)}000`)
  },
  X: (field) => hex(field, (digits) => digits.toUpperCase()),
  d: (field, { warn }) => float(field, 'double', warn),
  f: (field, { warn }) => float(field, 'float', warn),
  filter: (field) => (message, out) => {
    const bytes = Buffer.from(message.filter)
    printBytes(out, bytes, 0, bytes.length, field)
  },
  j: (_field, { pretty }) => (pretty ? inLines(writeMosquittoJson) : writeMosquittoJson),
  l: (field) => (message, out) => printInteger(out, message.payloadLength, field),
  m: (field) => (message, out) => printInteger(out, message.packetId, field),
  p: payload,
  q: () => (message, out) => out.byte(ZERO + message.qos),
  r: () => (message, out) => out.byte(ZERO + (message.flags & 1)),
  t: topic,
  x: (field) => hex(field, (digits) => digits),
}

function topic(field: Field): Write {
  if (field.width === 0 && field.precision === -1) {
    return (message, out) => out.untrusted(message.topicBytes, message.topicStart, message.topicEnd, false)
  }
  return (message, out) => printBytes(out, message.topicBytes, message.topicStart, message.topicEnd, field)
}

/** The width is also the most bytes printed. */
function payload(field: Field): Write {
  const { width, left } = field
  if (width === 0 && !left) {
    return (message, out) => out.payload(message)
  }
  return (message, out) => {
    const length = cut(message, width)
    const missing = width - length
    if (!left) out.fill(field.zero ? ZERO : SPACE, missing)
    out.untrusted(message.bytes, message.payloadStart, message.payloadStart + length, true)
    if (left) out.fill(SPACE, Math.abs(missing))
  }
}

/** The width counts bytes where it cuts, digits where it pads. */
function hex(field: Field, casing: (digits: string) => string): Write {
  const { width, left, zero } = field
  return (message, out) => {
    const length = cut(message, width)
    const missing = width - (width > 0 ? length * 2 : length)
    const digits = casing(message.bytes.toString('hex', message.payloadStart, message.payloadStart + length))
    const padding = left || missing <= 0 ? '' : (zero ? '0' : ' ').repeat(missing)
    out.text(field.precision > 0 ? grouped(padding, digits, field) : padding + digits)
    if (left) out.fill(SPACE, Math.abs(missing))
  }
}

/** The separator after every `precision` characters, padding included, but not after the last digit. */
function grouped(padding: string, digits: string, { precision, separator }: Field): string {
  const all = padding + digits
  let text = ''
  for (let at = 0; at < all.length; at += precision) {
    const end = at + precision
    text += all.slice(at, end)
    if (end < all.length || (end === all.length && digits === '')) text += separator
  }
  return text
}

/** An IEEE number in little-endian order; a payload of another length prints nothing, and a warning. */
function float(field: Field, type: 'float' | 'double', warn: Context['warn']): Write {
  const precision = field.precision === -1 ? DEFAULT_PRECISION : field.precision
  const size = type === 'float' ? 4 : 8
  return (message, out) => {
    const { bytes, payloadStart, payloadEnd } = message
    if (message.payloadLength !== size) {
      const received = `non-${type} data received: ${message.payloadLength} bytes on topic '${message.topic}'`
      warn(`requested ${type} printing, but ${received}`)
      return
    }
    const value = size === 4 ? bytes.readFloatLE(payloadStart) : bytes.readDoubleLE(payloadStart)
    const negativeNaN = Number.isNaN(value) && bytes[payloadEnd - 1]! >= 0x80
    const text = negativeNaN ? '-nan' : formatFixed(value, precision)
    printNumber(out, text, field, field.zero && Number.isFinite(value))
  }
}

function integer(field: Field, read: (properties: PublishProperties) => number | undefined): Write {
  return (_message, out, properties) => {
    const value = read(properties)
    if (value === undefined) printBlank(out, field)
    else printInteger(out, value, field)
  }
}

function printText(out: OutputBuffer, text: string, field: Field): void {
  const bytes = Buffer.from(text)
  printBytes(out, bytes, 0, bytes.length, field)
}

function cut(message: Message, width: number): number {
  return width > 0 && message.payloadLength > width ? width : message.payloadLength
}
