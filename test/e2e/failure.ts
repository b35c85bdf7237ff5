import { expect } from 'vitest'
import type { Program } from '../support/program.ts'

/** The end of a program that is to fail: its exit code, and the one line on stderr without `tmqtt COMMAND: `. */
export async function failureOf(program: Program): Promise<{ code: number | null; says: string }> {
  const { code, signal } = await program.exited
  expect({ signal, stdout: program.stdout.toString() }).toEqual({ signal: null, stdout: '' })
  const line = /^tmqtt (?:pub|sub|rr|reply|broker): ([^\n]+)\n$/.exec(program.stderr)
  expect(line, program.stderr).not.toBeNull()
  return { code, says: line![1]! }
}
