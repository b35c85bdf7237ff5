import type { Formatter, TopicStyle } from './formatter.ts'

const LF = 0x0a
const SPACE = 0x20

/**
 * `topic payload`, for an empty payload `topic (null)`; without `newline` an empty payload prints nothing, as
 * in mosquitto_sub.
 */
export function verboseFormatter({
  newline,
  style = { open: '', close: '' },
}: {
  readonly newline: boolean
  readonly style?: TopicStyle | undefined
}): Formatter {
  return (message, out) => {
    const empty = message.payloadLength === 0
    if (!empty && !out.terminal && style.open === '') {
      out.topicAndPayload(message, newline)
      return
    }
    if (empty && !newline) return
    out.text(style.open)
    out.untrusted(message.topicBytes, message.topicStart, message.topicEnd, false)
    out.text(style.close)
    out.byte(SPACE)
    if (empty) out.text('(null)')
    else out.payload(message)
    if (newline) out.byte(LF)
  }
}
