import type { Message } from '../mqtt/message.ts'
import { formatJson } from './json.ts'
import { inLines } from './json-layout.ts'
import type { OutputBuffer } from './output-buffer.ts'
import { payloadFormatter } from './payload.ts'
import { verboseFormatter } from './verbose.ts'

/**
 * Writes one message, with its line end. One that reads the properties throws MalformedPacketError where they
 * are malformed, and has then written nothing of the message.
 */
export type Formatter = (message: Message, out: OutputBuffer) => void

/** What stands around a coloured topic: escape sequences, trusted. */
export interface TopicStyle {
  readonly open: string
  readonly close: string
}

/** What to print of a message, as the options say it. */
export interface OutputChoice {
  /** From `compileTemplate`; wins over everything else. */
  readonly format?: Formatter | undefined
  readonly json: boolean
  /** The JSON of `json` over several lines, indented. */
  readonly pretty: boolean
  readonly verbose: boolean
  /** A line end after each message. JSON always has one. */
  readonly newline: boolean
  /** Around the topic with `verbose`. */
  readonly style?: TopicStyle | undefined
}

export function chooseFormatter({ format, json, pretty, verbose, newline, style }: OutputChoice): Formatter {
  if (format) return format
  if (json) return pretty ? inLines(formatJson) : formatJson
  return verbose ? verboseFormatter({ newline, style }) : payloadFormatter({ newline })
}
