import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { flag, integer, textOf } from '../../src/options/kinds.ts'
import { table } from '../../src/options/option.ts'
import { namesOf, normalizeWords, typedNames } from '../../src/options/words.ts'

const text = textOf('TEXT', 'text')
const row = { group: 'Group', describe: 'Does something' }
const options = table({
  topic: { ...row, kind: text, short: 't' },
  qos: { ...row, kind: integer(0, 2), short: 'q' },
  verbose: { ...row, kind: flag, short: 'v' },
  noRetained: { ...row, kind: flag, short: 'R' },
  keepAlive: { ...row, kind: integer(5, 65_535), short: 'k', aliases: ['keepalive'] },
  json: { ...row, kind: flag },
})

describe('normalizeWords', () => {
  it.each<[typed: string, words: string[]]>([
    ['-t a', ['--topic=a']],
    ['-ta', ['--topic=a']],
    ['--topic a', ['--topic=a']],
    ['--topic=a', ['--topic=a']],
    ['--topic=a=b', ['--topic=a=b']],
    ['--topic=', ['--topic=']],
    ['-t=a', ['--topic==a']],
    ['-t -weird', ['--topic=-weird']],
    ['-t -v', ['--topic=-v']],
    ['-t --', ['--topic=--']],
    ['--topic --qos', ['--topic=--qos']],
    ['-v', ['--verbose']],
    ['-vR', ['--verbose', '--no-retained']],
    ['-vRt x', ['--verbose', '--no-retained', '--topic=x']],
    ['-vRtx', ['--verbose', '--no-retained', '--topic=x']],
    ['-vtR', ['--verbose', '--topic=R']],
    ['-vt -R', ['--verbose', '--topic=-R']],
    ['-tv', ['--topic=v']],
    ['-q1', ['--qos=1']],
    ['-q -1', ['--qos=-1']],
    ['--keepalive 7', ['--keep-alive=7']],
    ['-k 7', ['--keep-alive=7']],
    ['-t a -t b', ['--topic=a', '--topic=b']],
    ['--json --no-retained', ['--json', '--no-retained']],
    ['-- -t a', ['--', '-t', 'a']],
    ['-t a -- -v --', ['--topic=a', '--', '-v', '--']],
    ['--unknown', ['--unknown']],
    ['--unknown=-t', ['--unknown=-t']],
    ['--top a', ['--top', 'a']],
    ['--=a', ['--=a']],
    ['-z', ['-z']],
    ['-vz', ['-vz']],
    ['-zv', ['-zv']],
    ['-', ['-']],
    ['free', ['free']],
    ['---', ['---']],
    ['--help', ['--help']],
    ['-é', ['-é']],
    ['-v😀', ['-v😀']],
    ['-t😀a', ['--topic=😀a']],
  ])('turns %s into %j', (typed, words) => {
    expect(normalizeWords(typed.split(' '), options).words).toEqual(words)
  })

  it('keeps every byte of a value', () => {
    const value = ' "a"\n\'b\' \0=- '
    expect(normalizeWords(['-t', value], options).words).toEqual([`--topic=${value}`])
    expect(normalizeWords([`--topic=${value}`], options).words).toEqual([`--topic=${value}`])
    expect(normalizeWords(['-t', ''], options).words).toEqual(['--topic='])
  })

  it.each<[typed: string, key: string, name: string]>([
    ['-t a', 'topic', '-t'],
    ['-ta', 'topic', '-t'],
    ['--topic=a', 'topic', '--topic'],
    ['--keepalive 7', 'keepAlive', '--keepalive'],
    ['-vRt x', 'noRetained', '-R'],
    ['-t a --topic b', 'topic', '--topic'],
    ['--topic a -t b', 'topic', '-t'],
  ])('remembers of %s how %s was typed', (typed, key, name) => {
    expect(normalizeWords(typed.split(' '), options).typed.get(key)).toBe(name)
  })

  it.each([
    ['-t', '-t needs a value: text'],
    ['-vt', '-t needs a value: text'],
    ['--topic', '--topic needs a value: text'],
    ['--keepalive', '--keepalive needs a value: a whole number from 5 to 65535'],
    ['--verbose=true', '--verbose takes no value'],
    ['--json=', '--json takes no value'],
  ])('refuses %s: %s', (typed, message) => {
    expect(() => normalizeWords(typed.split(' '), options)).toThrow(new UsageError(message))
  })

  it('knows no name that every object has', () => {
    for (const word of ['--__proto__=x', '--constructor', '--to-string']) {
      expect(normalizeWords([word], options).words).toEqual([word])
    }
  })
})

describe('typedNames', () => {
  it('lists letter, long name and further spellings', () => {
    expect(typedNames('keepAlive', options.keepAlive)).toEqual(['-k', '--keep-alive', '--keepalive'])
    expect(typedNames('json', options.json)).toEqual(['--json'])
  })
})

describe('namesOf', () => {
  it('leads from every spelling to the key', () => {
    expect(Object.fromEntries(namesOf(options))).toEqual({
      '-t': 'topic',
      '--topic': 'topic',
      '-q': 'qos',
      '--qos': 'qos',
      '-v': 'verbose',
      '--verbose': 'verbose',
      '-R': 'noRetained',
      '--no-retained': 'noRetained',
      '-k': 'keepAlive',
      '--keep-alive': 'keepAlive',
      '--keepalive': 'keepAlive',
      '--json': 'json',
    })
  })
})
