import { compileExpression } from '../expressions/cel.ts'
import { compileRegex } from '../expressions/regex.ts'
import type { View } from './view.ts'

/** What a message has to be like. */
export interface Condition {
  /** As typed, as in `--where 'payload.ok'`. */
  readonly typed: string
  /** Undefined when a message meets it; '' when it does not; else why it can't be told. */
  failure(view: View): string | undefined
}

export function payloadIs(text: string): Condition {
  const bytes = Buffer.from(text)
  return {
    typed: `--payload '${text}'`,
    failure: (view) => (view.bytes.equals(bytes) ? undefined : ''),
  }
}

export function payloadContains(text: string): Condition {
  const bytes = Buffer.from(text)
  return {
    typed: `--contains '${text}'`,
    failure: (view) => (view.bytes.includes(bytes) ? undefined : ''),
  }
}

/** @throws UsageError for a pattern that is not valid. */
export async function payloadMatches(pattern: string): Promise<Condition> {
  const isMatch = await compileRegex(pattern, '--matches')
  return {
    typed: `--matches '${pattern}'`,
    failure(view) {
      let text: string
      try {
        text = view.text
      } catch (error) {
        return (error as Error).message
      }
      return isMatch(text) ? undefined : ''
    },
  }
}

/** @throws UsageError for what is no expression. */
export async function holds(expression: string): Promise<Condition> {
  return { typed: `--where '${expression}'`, failure: await compileExpression(expression, '--where') }
}
