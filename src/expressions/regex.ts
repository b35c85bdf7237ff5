import { UsageError } from '../errors.ts'

/** Whether a text has a match somewhere, in time linear in its length. */
export type Matcher = (text: string) => boolean

/**
 * Compiles a regular expression in the syntax of RE2: what Perl has but for back-references and looking around, which
 * can't be matched in linear time. The package is loaded only here.
 *
 * @param name the option as typed, for the message.
 * @throws UsageError for a pattern that is not valid.
 */
export async function compileRegex(pattern: string, name: string): Promise<Matcher> {
  const { RE2JS, RE2JSException } = await import('re2js')
  try {
    const compiled = RE2JS.compile(pattern)
    return (text) => compiled.test(text)
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    const reason = error.message.replace(/^error parsing regexp: /, '')
    const hint = /invalid (or unsupported Perl syntax|escape sequence|named capture)/.test(reason)
      ? '; the syntax is that of RE2, without back-references and looking around'
      : ''
    throw new UsageError(`${name}: ${JSON.stringify(shorten(pattern))} is no regular expression: ${reason}${hint}`, {
      cause: error,
    })
  }
}

function shorten(pattern: string): string {
  return pattern.length > 60 ? `${pattern.slice(0, 57)}…` : pattern
}
