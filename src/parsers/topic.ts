import { isValidTopicName } from '../mqtt/topic.ts'
import { LineFault, quoted } from './line-fault.ts'

/** @param what the text is, for the message. @throws LineFault for what can't be published to. */
export function checkTopicName(topic: string, what: string): void {
  if (isValidTopicName(topic)) return
  if (topic === '') throw new LineFault(`${what} is empty`)
  const why = /[+#]/.test(topic)
    ? 'has a wildcard (+ or #)'
    : Buffer.byteLength(topic) > 0xffff
      ? 'is longer than 65535 bytes'
      : topic.split('/').length > 201
        ? 'has more than 200 slashes'
        : 'has a character that no topic has'
  throw new LineFault(`${what} ${quoted(topic)} ${why}`)
}
