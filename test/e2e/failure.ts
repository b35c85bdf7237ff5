import { expect } from 'vitest'
import type { Program } from '../support/program.ts'

interface Failure {
  readonly code: number | null
  /** The last line on stderr, without `tmqtt COMMAND: `. */
  readonly says: string
  /** The line before it, where that counts messages. */
  readonly ledger?: string
}

/** The end of a program that is to fail, and says no more than why, and what has become of its messages. */
export async function failureOf(program: Program): Promise<Failure> {
  const { code, signal } = await program.exited
  expect({ signal, stdout: program.stdout.toString() }).toEqual({ signal: null, stdout: '' })
  const lines = /^(?:tmqtt pub: (published \d[^\n]+)\n)?tmqtt (?:pub|sub|rr|reply|broker): ([^\n]+)\n$/.exec(
    program.stderr,
  )
  expect(lines, program.stderr).not.toBeNull()
  const [, ledger, says] = lines!
  return { code, says: says!, ...(ledger === undefined ? {} : { ledger }) }
}
