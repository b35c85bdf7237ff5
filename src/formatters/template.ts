import type { Message } from '../mqtt/message.ts'
import type { PublishProperties } from '../mqtt/properties.ts'
import { microseconds, perSecond } from './clock.ts'
import type { Formatter } from './formatter.ts'
import { strftime } from './strftime.ts'
import { type Context, compileField, needsProperties, needsTime, type Write } from './template-fields.ts'
import { type Part, parseTemplate } from './template-grammar.ts'

const NO_PROPERTIES: PublishProperties = Object.freeze({})

export interface TemplateOptions extends Partial<Context> {
  /** End the line after each message, also for an empty payload. */
  readonly newline?: boolean
}

/**
 * A formatter for a format of `-F`, in the language of mosquitto_sub, and `%{filter}` for the filter that
 * brought the message.
 *
 * @throws UsageError for a format that is not valid.
 */
export function compileTemplate(
  format: string,
  { newline = true, pretty = false, warn = () => {} }: TemplateOptions = {},
): Formatter {
  const parts = joinText([...parseTemplate(format), { text: newline ? '\n' : '' }])
  const writes = parts.map((part) => compilePart(part, { pretty, warn }))
  const readsProperties = parts.some((part) => 'field' in part && needsProperties(part.field))
  const readsTime = parts.some((part) => 'time' in part || ('field' in part && needsTime(part.field)))
  return (message, out) => {
    const properties = readsProperties && hasProperties(message) ? message.properties : NO_PROPERTIES
    const timeMs = readsTime ? out.timeMs : 0
    for (const write of writes) write(message, out, properties, timeMs)
  }
}

function hasProperties(message: Message): boolean {
  return message.propertiesStart < message.propertiesEnd
}

/** Neighbouring text in one part, and no empty text. */
function joinText(parts: readonly Part[]): Part[] {
  const joined: Part[] = []
  let text = ''
  for (const part of parts) {
    if ('text' in part) {
      text += part.text
      continue
    }
    if (text !== '') joined.push({ text })
    text = ''
    joined.push(part)
  }
  if (text !== '') joined.push({ text })
  return joined
}

function compilePart(part: Part, context: Context): Write {
  if ('field' in part) return compileField(part.field, context)
  if ('time' in part) return compileTime(part.time)
  const bytes = Buffer.from(part.text)
  return (_message, out) => out.bytes(bytes)
}

function compileTime(letter: string): Write {
  if (letter === 'N') {
    return (_message, out, _properties, timeMs) => out.text(`${microseconds(timeMs)}000`)
  }
  const text = perSecond((date) => strftime(letter, date))
  return (_message, out, _properties, timeMs) => out.bytes(text(timeMs))
}
