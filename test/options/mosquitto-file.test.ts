import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { configurationOptions, mosquittoFileOptions } from '../../src/options/configuration.ts'
import { flag, integer, textOf } from '../../src/options/kinds.ts'
import { mosquittoFileSource } from '../../src/options/mosquitto-file.ts'
import { table } from '../../src/options/option.ts'

const text = textOf('TEXT', 'text')
const row = { group: 'Group', describe: 'Name of the thing' }
const options = table({
  topic: { ...row, kind: text, short: 't', repeat: true },
  message: { ...row, kind: text, short: 'm' },
  keepAlive: { ...row, kind: integer(5, 9), short: 'k', aliases: ['keepalive'] },
  verbose: { ...row, kind: flag, short: 'v' },
  ...configurationOptions,
  ...mosquittoFileOptions,
})

function read(content: string) {
  return mosquittoFileSource(content, '/etc/pub', options)
}

describe('mosquittoFileSource', () => {
  it.each<[content: string, texts: Readonly<Record<string, readonly string[]>>]>([
    ['', {}],
    ['\n\r\n   \n', {}],
    ['-t a', { topic: ['a'] }],
    ['-t a\n', { topic: ['a'] }],
    ['-t a\r\n-m b\r\n', { topic: ['a'], message: ['b'] }],
    ['-t a\r\r\n', { topic: ['a'] }],
    ['-m a\rb\n', { message: ['a\rb'] }],
    ['--topic a\n--keepalive 7\n--keep-alive 8\n', { topic: ['a'], keepAlive: ['7', '8'] }],
    ['-t a\n-t b\n', { topic: ['a', 'b'] }],
    ['-v\n', { verbose: ['true'] }],
    ['-v \n', { verbose: ['true'] }],
    ['-m two words\n', { message: ['two words'] }],
    ['-m  one more\n', { message: [' one more'] }],
    ['-m trailing \n', { message: ['trailing '] }],
    ['-m \ttab\n', { message: ['\ttab'] }],
    ['-m "quoted" \\n\n', { message: ['"quoted" \\n'] }],
    ['-m -t\n', { message: ['-t'] }],
    ['-m # no comment\n', { message: ['# no comment'] }],
    ['  -t a\n', { topic: ['a'] }],
    ['#-t a\n# -t b\n-t c\n', { topic: ['c'] }],
    ['-o other\n--options-file\n-t a\n', { topic: ['a'] }],
    [`-m ${'x'.repeat(5000)}\n`, { message: ['x'.repeat(5000)] }],
    ['-t é😀\n', { topic: ['é😀'] }],
  ])('reads %j', (content, texts) => {
    expect(Object.fromEntries(read(content).texts)).toEqual(texts)
  })

  it.each<[content: string, message: string]>([
    ['-t a\n-z b\n', '/etc/pub line 2: unknown option -z'],
    ['\n#\n--topc b\n', '/etc/pub line 3: unknown option --topc; did you mean --topic?'],
    ['-t\ta\n', '/etc/pub line 1: -t needs a blank before its value'],
    ['--topic=a\n', '/etc/pub line 1: --topic needs a blank before its value'],
    ['--topc=a\n', '/etc/pub line 1: unknown option --topc; did you mean --topic?'],
    ['-vt a\n', '/etc/pub line 1: -v takes no value'],
    ['-za\n', '/etc/pub line 1: unknown option -z'],
    ['-t\n', '/etc/pub line 1: -t needs a value: text'],
    ['-t \n', '/etc/pub line 1: -t needs a value: text'],
    ['--verbose yes\n', '/etc/pub line 1: --verbose takes no value'],
    ['hunter2\n', '/etc/pub line 1: expected an option, such as -h example.org'],
    [' #c\n', '/etc/pub line 1: expected an option, such as -h example.org'],
    ['--profile prod\n', '/etc/pub line 1: --profile has no effect here'],
    ['--config x\n', '/etc/pub line 1: --config has no effect here'],
  ])('refuses %j: %s', (content, message) => {
    expect(() => read(content)).toThrow(new UsageError(message))
  })

  it('names an option by line and as it is written, each of several', () => {
    const source = read('-t a\n\n-k 7\n--topic b\n--keepalive 8')
    expect(source.nameOf('topic', 0)).toBe('/etc/pub line 1: -t')
    expect(source.nameOf('topic', 1)).toBe('/etc/pub line 4: --topic')
    expect(source.nameOf('keepAlive')).toBe('/etc/pub line 5: --keepalive')
  })
})
