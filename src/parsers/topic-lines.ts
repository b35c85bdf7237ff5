import { isUtf8 } from 'node:buffer'
import { LineFault, quoted } from './line-fault.ts'
import { Cache, type ReadLine } from './read-line.ts'
import { checkTopicName } from './topic.ts'

/** Reads lines of a topic, a separator and the payload, in which the separator may stand again. */
export function topicLines<Header>(separator: string, headerFor: (topic: string) => Header): ReadLine<Header> {
  const mark = Buffer.from(separator)
  const headers = new Cache<Header>()
  return (bytes, start, end) => {
    const topicEnd = indexOf(mark, bytes, start, end)
    if (topicEnd < 0) throw new LineFault(`no ${quoted(separator)} between topic and payload`)
    if (topicEnd - start > 0xffff) throw new LineFault('the topic is longer than 65535 bytes')
    const header = headers.get(bytes.toString('latin1', start, topicEnd), () => {
      if (!isUtf8(bytes.subarray(start, topicEnd))) throw new LineFault('the topic is not UTF-8')
      const topic = bytes.toString('utf8', start, topicEnd)
      checkTopicName(topic, 'the topic')
      return headerFor(topic)
    })
    return { header, start: topicEnd + mark.length, end }
  }
}

function indexOf(mark: Buffer, bytes: Buffer, start: number, end: number): number {
  const first = mark[0]
  for (let at = start; at <= end - mark.length; at++) {
    if (bytes[at] === first && (mark.length === 1 || mark.compare(bytes, at, at + mark.length) === 0)) return at
  }
  return -1
}
