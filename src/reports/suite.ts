/** What became of one check. */
export interface Case {
  /** What it belongs to, as the command or the broker. */
  readonly group: string
  readonly name: string
  /** `skipped` also for what the other side does not offer and need not. */
  readonly status: 'passed' | 'failed' | 'skipped'
  readonly timeMs: number
  /** One line: why it failed or was skipped. */
  readonly message?: string
  /** Further lines for who has to find out. */
  readonly details?: readonly string[]
}

/** What a run of checks has come to, in its order. */
export interface Suite {
  readonly name: string
  readonly timeMs: number
  readonly cases: readonly Case[]
}
