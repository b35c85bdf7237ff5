import { describe, expect, it } from 'vitest'
import { LineFault } from '../../src/parsers/line-fault.ts'
import { topicLines } from '../../src/parsers/topic-lines.ts'

/** Topic and payload of a line that stands between others. */
function read(separator: string, line: string | Buffer) {
  const inner = Buffer.from(line as string)
  const bytes = Buffer.concat([Buffer.from('a b\n'), inner, Buffer.from(' \n\tc')])
  const { header, start, end } = topicLines(separator, (topic) => topic)(bytes, 4, 4 + inner.length)!
  return [header, bytes.toString('latin1', start, end)]
}

describe('topicLines', () => {
  it.each<[separator: string, line: string | Buffer, topic: string, payload: string]>([
    [' ', 'a b', 'a', 'b'],
    [' ', 'a  b c ', 'a', ' b c '],
    [' ', 'a ', 'a', ''],
    ['\t', 'a b\tc\td\r', 'a b', 'c\td\r'],
    ['=>', 'a=b=>c=>d', 'a=b', 'c=>d'],
    ['=>', 'a/=>', 'a/', ''],
    ['ä', 'öäx', 'ö', 'x'],
    [' ', Buffer.from('a \xff\0', 'latin1'), 'a', '\xff\0'],
  ])('splits at the first %j: %j', (separator, line, topic, payload) => {
    expect(read(separator, line)).toEqual([topic, payload])
  })

  it.each<[line: string | Buffer, fault: string]>([
    ['', 'no " " between topic and payload'],
    ['a', 'no " " between topic and payload'],
    [' a', 'the topic is empty'],
    ['a/# x', 'the topic "a/#" has a wildcard (+ or #)'],
    ['a\0 x', 'the topic "a\\u0000" has a character that no topic has'],
    [Buffer.from('\xe4 x', 'latin1'), 'the topic is not UTF-8'],
    [`${'a'.repeat(65_536)} x`, 'the topic is longer than 65535 bytes'],
  ])('refuses %.20j', (line, fault) => {
    expect(() => read(' ', line)).toThrow(new LineFault(fault))
  })

  it('makes one header for each topic', () => {
    let made = 0
    const reader = topicLines(' ', () => ++made)
    const bytes = Buffer.from('a b c a')
    const headers = [0, 2, 0].map((start) => reader(bytes, start, 7)!.header)
    expect(headers).toEqual([1, 2, 1])
  })

  it('forgets headers where there are too many', () => {
    let made = 0
    const reader = topicLines(' ', () => ++made)
    const header = (topic: string) => reader(Buffer.from(`${topic} `), 0, topic.length + 1)!.header
    for (let at = 0; at < 5000; at++) header(`t${at}`)
    expect([header('t4999'), header('t0')]).toEqual([5000, 5001])
  })
})
