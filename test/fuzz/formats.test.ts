import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe } from 'vitest'
import { OutputBuffer } from '../../src/formatters/output-buffer.ts'
import { compileTemplate } from '../../src/formatters/template.ts'
import { FIELD_LETTERS, hasField } from '../../src/formatters/template-grammar.ts'
import { decodePublish, TopicAliases } from '../../src/mqtt/packets.ts'
import { unlessMalformed } from './agreement.ts'
import { fuzz } from './campaign.ts'
import { CONTROLS } from './output.ts'
import { unlessUsage } from './usage.ts'
import { publishes } from './valid.ts'

/** Wide enough to go wrong, and no wider. */
const sizes = fc.oneof(fc.constantFrom('', '0', '1', '00', '300'), fc.nat(70).map(String))
const fields = fc
  .tuple(
    fc.constantFrom('', '-', '0', '-0', '+', ' '),
    sizes,
    fc.oneof(
      fc.constant(''),
      sizes.map((size) => `.${size}`),
    ),
    fc.constantFrom('', ':', '{', '\n'),
    fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...FIELD_LETTERS, '{filter}') },
      { weight: 1, arbitrary: fc.constantFrom('', '{', '{x}', '{__proto__}', '{filter', 'ä', '😀', '\ud800') },
    ),
  )
  .map((parts) => `%${parts.join('')}`)
const parts = fc.oneof(
  { weight: 4, arbitrary: fields },
  {
    weight: 2,
    arbitrary: fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 1 }).map((letter) => `@${letter}`),
  },
  { weight: 1, arbitrary: fc.constantFrom('\\n', '\\0', '\\e', '\\x', '\\', '@', '%', '@__proto__') },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
)

describe('compileTemplate', () => {
  fuzz(
    'makes of any format one that prints any message, or a usage error',
    {
      name: 'formats',
      unit: 'texts',
      runs: 1500,
      share: 0.02,
      values: fc.record({
        format: fc.array(parts, { maxLength: 5 }).map((all) => all.join('')),
        packet: publishes(5),
        newline: fc.boolean(),
        pretty: fc.boolean(),
        terminal: fc.boolean(),
      }),
    },
    async ({ format, packet, newline, pretty, terminal }) => {
      await unlessUsage(() => hasField(format, 'filter'))
      const print = await unlessUsage(() => compileTemplate(format, { newline, pretty }))
      if (print === undefined) return 1
      const message = unlessMalformed(() => decodePublish(packet[0]!, packet, 2, packet.length, new TopicAliases(3)))
      if (message === undefined) return 1
      const out = new OutputBuffer({ terminal })
      print(message, out)
      const printed = Buffer.concat(out.take()).toString()
      assert.ok(!newline || printed.endsWith('\n'))
      // What the format itself says counts as wanted.
      if (terminal && !CONTROLS.test(format) && !/[\\]/.test(format)) assert.doesNotMatch(printed, CONTROLS)
      return 1
    },
  )
})
