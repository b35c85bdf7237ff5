import type { Case, Suite } from './suite.ts'

/** What became of one check of a broker. */
export interface CheckRow {
  readonly name: string
  readonly title: string
  readonly clause: string | undefined
  readonly status: 'passed' | 'failed' | 'unsupported' | 'skipped'
  readonly timeMs: number
  /** Why it did not pass. */
  readonly message: string | undefined
  readonly notes: readonly string[]
  readonly warnings: readonly string[]
  readonly fields: Readonly<Record<string, string | number | boolean>>
}

/** A broker as it was checked. */
export interface CheckReport {
  /** As the user would type it, without secrets. */
  readonly broker: string
  /** As the specification is called; undefined when there was no connection. */
  readonly protocol: string | undefined
  readonly prefix: string
  readonly startedAt: Date
  readonly timeMs: number
  readonly interrupted: boolean
  readonly rows: readonly CheckRow[]
}

export function countOf(rows: readonly CheckRow[], status: CheckRow['status']): number {
  return rows.filter((row) => row.status === status).length
}

/** For JUnit and TAP, which know no difference between unsupported and skipped. */
export function suiteOf({ broker, timeMs, rows }: CheckReport): Suite {
  return { name: `tmqtt check ${broker}`, timeMs, cases: rows.map(caseOf) }
}

function caseOf({ name, title, clause, status, timeMs, message, notes, warnings }: CheckRow): Case {
  const where = clause === undefined ? [] : [`specification: ${clause}`]
  return {
    group: 'tmqtt check',
    name,
    status: status === 'unsupported' ? 'skipped' : status,
    timeMs,
    ...(message === undefined ? {} : { message: status === 'unsupported' ? `unsupported: ${message}` : message }),
    details: [title, ...where, ...notes, ...warnings],
  }
}
