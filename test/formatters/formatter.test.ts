import { describe, expect, it } from 'vitest'
import { chooseFormatter } from '../../src/formatters/formatter.ts'
import { compileTemplate } from '../../src/formatters/template.ts'
import { textOf } from './message-of.ts'

const defaults = { json: false, pretty: false, verbose: false, newline: true }
const style = { open: '<', close: '>' }
const format = compileTemplate('%p on %t')

describe('chooseFormatter', () => {
  it.each([
    ['the payload by default', defaults, /^x\n$/],
    ['without a line end with -N', { ...defaults, newline: false }, /^x$/],
    ['topic and payload with -v', { ...defaults, verbose: true }, /^t x\n$/],
    ['a coloured topic with -v', { ...defaults, verbose: true, style }, /^<t> x\n$/],
    ['no colour without -v', { ...defaults, style }, /^x\n$/],
    [
      'JSON with --json, whatever -v and -N say',
      { ...defaults, json: true, verbose: true, newline: false },
      /^\{.*\}\n$/,
    ],
    [
      'JSON over several lines with --pretty',
      { ...defaults, json: true, pretty: true },
      /^\{\n\t"topic":\t"t",\n.*\n\}\n$/s,
    ],
    ['no other format otherwise with --pretty', { ...defaults, pretty: true }, /^x\n$/],
    ['the format with -F, whatever -v says', { ...defaults, verbose: true, style, format }, /^x on t\n$/],
  ])('prints %s', (_name, choice, printed) => {
    expect(textOf(chooseFormatter(choice), { topic: 't', payload: 'x' })).toMatch(printed)
  })
})
