import type { Case, Suite } from './suite.ts'

/** The suite in the Test Anything Protocol, version 14 (https://testanything.org/tap-version-14-specification.html). */
export function tap({ cases }: Suite): string {
  return `${['TAP version 14', `1..${cases.length}`, ...cases.flatMap(lines)].join('\n')}\n`
}

function lines({ group, name, status, timeMs, message = '', details = [] }: Case, at: number): readonly string[] {
  const point = `${at + 1} - ${escaped(`${group}: ${name}`)}`
  if (status === 'passed') return [`ok ${point} # ${timeMs.toFixed(1)} ms`]
  if (status === 'skipped') return [`ok ${point} # SKIP ${escaped(message)}`]
  // JSON texts are valid in the YAML of the diagnostics.
  const diagnostics = [`message: ${JSON.stringify(message)}`, ...(details.length > 0 ? ['details:'] : [])]
  const items = details.map((each) => `  - ${JSON.stringify(each)}`)
  return [`not ok ${point}`, ...['---', ...diagnostics, ...items, '...'].map((line) => `  ${line}`)]
}

/** One line, with `#` and backslash escaped: behind a bare `#` a directive stands. */
function escaped(text: string): string {
  return text.replace(/[\\#]/g, '\\$&').replace(/\s+/g, ' ')
}
