import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadCommands } from '../../src/commands/index.ts'
import { conversions, formats } from '../../src/docs/formats.ts'
import { topicHelp } from '../../src/docs/help.ts'
import { topics } from '../../src/docs/topics.ts'
import { chooseFormatter } from '../../src/formatters/formatter.ts'
import { compileTemplate } from '../../src/formatters/template.ts'
import { FIELD_LETTERS } from '../../src/formatters/template-grammar.ts'
import type { PublishProperties } from '../../src/mqtt/properties.ts'
import type { OutputValues } from '../../src/options/output.ts'
import { complete, parse } from '../../src/parse.ts'
import { type MessageParts, textOf } from '../formatters/message-of.ts'

const message: MessageParts = { topic: 'hall/temp', payload: '{"c":21}', qos: 1, packetId: 7, filter: 'hall/#' }

const properties: PublishProperties = {
  contentType: 'application/json',
  messageExpiryInterval: 60,
  payloadFormatIndicator: 1,
  responseTopic: 'answers',
  correlationData: Buffer.from('no-17'),
  userProperties: [
    ['room', 'hall'],
    ['floor', '2'],
  ],
  topicAlias: 3,
  subscriptionIdentifiers: [4],
}

beforeEach(() => {
  vi.stubEnv('TZ', 'UTC')
  vi.useFakeTimers({ now: new Date('2026-11-22T02:21:12.345Z'), toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

describe('topics', () => {
  it('are named as no command is', async () => {
    const commands = (await loadCommands()).map(({ name }) => name)
    for (const { name, summary } of topics) {
      expect(commands).not.toContain(name)
      expect(summary).toMatch(/^[a-z].*[^.]$/)
    }
  })

  it.each(topics.flatMap((topic) => [80, 40].map((columns) => ({ columns, name: topic.name, topic }))))(
    '$name fits $columns columns',
    async ({ columns, topic }) => {
      const sections = await topic.sections()
      // What is printed can't be broken, and stands deeper.
      const printed = sections.flatMap(({ samples = [] }) => samples.map(([, line]) => `      ${line}`))
      const lines = topicHelp(sections, columns).split('\n')
      expect(lines.filter((line) => line.length > columns && !printed.includes(line))).toEqual([])
    },
  )
})

describe('topicHelp', () => {
  it('looks like this', () => {
    const sections = [
      { heading: 'Words', text: 'Some of them:', rows: [['a', 'one letter, and a text that is too long'] as const] },
      { heading: 'Lines', samples: [['', 'x'] as const, ['-v', 't x'] as const] },
      { heading: 'More', text: 'Nothing.' },
    ]
    expect(topicHelp(sections, 40)).toBe(`Words:
  Some of them:

  a  one letter, and a text that is too
     long

Lines:
  none of them
      x
  -v
      t x

More:
  Nothing.
`)
  })
})

describe('the topic formats', () => {
  it.each(conversions)('says what $typed prints', ({ typed, prints }) => {
    const printed = textOf(compileTemplate(typed, { newline: false }), { ...message, properties })
    // The clock is finer than the one that the test sets.
    expect(printed.replace(/(?<=\.345)\d{3}000$/, '000000')).toBe(prints)
  })

  it('names every conversion', () => {
    const text = topicHelp(formats, 80)
    for (const letter of FIELD_LETTERS) expect(text).toContain(`%${letter}`)
  })

  const [{ samples = [] }] = formats as [(typeof formats)[number]]
  it.each(samples)('says what sub prints with %s', async (typed, prints) => {
    const words = [...typed.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!)
    const parsed = await parse(['sub', '-t', 'hall/#', ...words], {})
    if ('text' in parsed) throw new Error('a text')
    const { format, verbose, json } = complete(parsed.command, parsed.sources) as OutputValues
    const template = format === undefined ? undefined : compileTemplate(format)
    const formatter = chooseFormatter({ format: template, json, pretty: false, verbose, newline: true })
    const { filter: _, ...parts } = message
    expect(textOf(formatter, parts).replace(/(?<=\.345)\d{3}(?=\+)/, '000')).toBe(`${prints}\n`)
  })
})
