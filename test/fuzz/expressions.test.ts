import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe } from 'vitest'
import { View } from '../../src/expectations/view.ts'
import { compileExpression } from '../../src/expressions/cel.ts'
import { compileRegex } from '../../src/expressions/regex.ts'
import { decodePublish, TopicAliases } from '../../src/mqtt/packets.ts'
import { unlessMalformed } from './agreement.ts'
import { fuzz } from './campaign.ts'
import { unlessUsage } from './usage.ts'
import { publishes } from './valid.ts'

const operands = fc.oneof(
  fc.constantFrom(
    ...[
      'topic',
      'levels',
      'levels[0]',
      'payload',
      'payload.n',
      'payload["__proto__"]',
      'text',
      'size',
      'qos',
      'retain',
    ],
    ...['properties', 'properties.contentType', 'properties.userProperty.a', '1', '-1', '1.5', '9223372036854775808'],
    ...['"a"', "'\\u00e4'", 'b"\\xff"', '[]', '[1, "a"]', '{}', '{"a": 1}', 'null', 'true', 'unknown', '__proto__'],
    ...['size(text)', 'text.matches("a+")', 'text.matches(topic)', 'has(payload.n)', 'levels.exists(l, l == "a")'],
    ...['levels.map(l, size(l))', 'int(text)', 'double(text)', 'string(payload)', 'timestamp(text)', 'duration("1s")'],
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
)
const operators = fc.constantFrom(
  '+',
  '-',
  '*',
  '/',
  '%',
  '==',
  '!=',
  '<',
  '>=',
  '&&',
  '||',
  'in',
  '?',
  ':',
  '.',
  ',',
  '',
)
const expressions = fc
  .array(fc.tuple(fc.constantFrom('', '(', '!', '-'), operands, fc.constantFrom('', ')'), operators), {
    minLength: 1,
    maxLength: 4,
  })
  .map((all) => all.map((parts) => parts.join(' ')).join(' '))
  .chain((text) => fc.constantFrom(text, `${text} true`, `(${text} 1) == 1`))

const patterns = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'a',
        '.',
        '*',
        '+',
        '?',
        '{2}',
        '{1000}',
        '{,',
        '(',
        ')',
        '(?P<x>',
        '(?i)',
        '(?=',
        '[',
        ']',
        '[^',
        'a-z',
        '|',
        '^',
        '$',
      ),
      fc.constantFrom(
        '\\',
        '\\d',
        '\\pL',
        '\\p{',
        '\\1',
        '\\x{10ffff}',
        '\\x{110000}',
        '\\b',
        '\\Q',
        '[[:alpha:]]',
        '\ud800',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 6 },
  )
  .map((all) => all.join(''))

describe('an expression', () => {
  fuzz(
    'is a usage error or has a verdict on any message',
    {
      name: 'expressions',
      unit: 'texts',
      runs: 800,
      share: 0.005,
      values: fc.record({ expression: expressions, packet: publishes(5) }),
    },
    async ({ expression, packet }) => {
      const meets = await unlessUsage(() => compileExpression(expression, '--where'))
      const message = unlessMalformed(() => decodePublish(packet[0]!, packet, 2, packet.length, new TopicAliases(3)))
      if (meets === undefined || message === undefined) return 1
      const verdict = meets(new View(message))
      assert.ok(verdict === undefined || typeof verdict === 'string')
      return 1
    },
  )

  fuzz(
    'of RE2 is a usage error or has a verdict on any text',
    {
      name: 'regular expressions',
      unit: 'texts',
      runs: 800,
      share: 0.005,
      values: fc.record({ pattern: patterns, text: fc.string({ unit: 'binary', maxLength: 30 }) }),
    },
    async ({ pattern, text }) => {
      const matches = await unlessUsage(() => compileRegex(pattern, '--regex'))
      if (matches !== undefined) assert.equal(typeof matches(text), 'boolean')
      return 1
    },
  )
})
