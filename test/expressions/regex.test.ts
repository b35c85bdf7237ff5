import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { compileRegex } from '../../src/expressions/regex.ts'

describe('compileRegex', () => {
  it.each<[pattern: string, text: string, matches: boolean]>([
    ['b', 'abc', true],
    ['^b', 'abc', false],
    ['^a.c$', 'abc', true],
    ['B', 'abc', false],
    ['(?i)B', 'abc', true],
    ['^dev/\\d+/(up|down)$', 'dev/12/up', true],
    ['^dev/\\d+/(up|down)$', 'dev/x/up', false],
    ['\\p{Greek}', 'a/λ', true],
    ['^.$', '😀', true],
    ['', 'anything', true],
  ])('%s, of %j: %s', async (pattern, text, matches) => {
    expect((await compileRegex(pattern, '--match'))(text)).toBe(matches)
  })

  it('answers the same when it is asked again', async () => {
    const isMatch = await compileRegex('a', '--match')
    expect([isMatch('ab'), isMatch('ab'), isMatch('b'), isMatch('ab')]).toEqual([true, true, false, true])
  })

  it('takes no exponential time, where backtracking would take for ever', async () => {
    const isMatch = await compileRegex('^(a+)+$', '--match')
    expect(isMatch(`${'a'.repeat(60_000)}b`)).toBe(false)
  })

  const syntax = '; the syntax is that of RE2, without back-references and looking around'
  it.each<[pattern: string, reason: string]>([
    ['(', 'missing closing ): `(`'],
    ['[a', 'missing closing ]: `[a`'],
    ['*', 'missing argument to repetition operator: `*`'],
    ['a{1001}', 'invalid repeat count: `{1001}`'],
    ['(?=a)', `invalid or unsupported Perl syntax: \`(?=\`${syntax}`],
    ['(?<!a)b', `invalid named capture: \`(?<!a)b\`${syntax}`],
    ['(a)\\1', `invalid escape sequence: \`\\1\`${syntax}`],
  ])('refuses %s: %s', async (pattern, reason) => {
    const shown = JSON.stringify(pattern)
    await expect(compileRegex(pattern, '--match')).rejects.toThrow(
      new UsageError(`--match: ${shown} is no regular expression: ${reason}`),
    )
  })
})
