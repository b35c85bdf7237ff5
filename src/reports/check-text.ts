import { type CheckReport, type CheckRow, countOf } from './check-report.ts'

const SYMBOLS = { passed: '✓', failed: '✗', unsupported: '–', skipped: '–' } as const

/** Room for the longest name of a check, and for `12345.6 ms`. */
const NAME_WIDTH = 24
const TIME_WIDTH = 10

/** Puts a text in the colour of a status, or leaves it as it is. */
export type Paint = (status: CheckRow['status'] | 'warning', text: string) => string

/** The line of one check, and one for each warning. Times differ from run to run, all else does not. */
export function checkLines(
  { name, title, clause, status, timeMs, message, notes, warnings }: CheckRow,
  paint: Paint,
): string {
  const time = status === 'passed' || status === 'failed' ? `${timeMs.toFixed(1)} ms` : ''
  const start = `${paint(status, SYMBOLS[status])} ${name.padEnd(NAME_WIDTH)}${time.padStart(TIME_WIDTH)}  `
  const lines = [start + (status === 'passed' ? textOf() : paint(status, textOf()))]
  const indent = ' '.repeat(2 + NAME_WIDTH + TIME_WIDTH + 2)
  for (const warning of warnings) lines.push(indent + paint('warning', `warning: ${warning}`))
  return `${lines.join('\n')}\n`

  function textOf(): string {
    if (status === 'passed') return notes.length === 0 ? title : notes.join(', ')
    if (status === 'failed') return `${message}${clause === undefined ? '' : ` [${clause}]`}`
    return `${status}: ${message}`
  }
}

/** The last line. */
export function checkSummary({ broker, protocol, timeMs, interrupted, rows }: CheckReport): string {
  const counts = (['passed', 'failed', 'unsupported', 'skipped'] as const)
    .map((status) => [status, countOf(rows, status)] as const)
    .filter(([status, count]) => count > 0 || status === 'failed')
    .map(([status, count]) => `${count} ${status}`)
  const how = protocol === undefined ? '' : `, ${protocol}`
  const end = interrupted ? ', interrupted' : ''
  return `${broker}${how}: ${counts.join(', ')} in ${(timeMs / 1000).toFixed(1)} s${end}\n`
}
