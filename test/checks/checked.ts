import { runCli } from '../support/run.ts'

/** One check in the JSON report. */
export interface Row {
  readonly name: string
  readonly status: 'passed' | 'failed' | 'unsupported' | 'skipped'
  readonly message?: string
  readonly timeMs: number
  readonly notes: readonly string[]
  readonly warnings: readonly string[]
  readonly fields: Readonly<Record<string, string | number | boolean>>
}

export interface Checked {
  readonly exit: number
  readonly stderr: string
  readonly protocol: string | undefined
  readonly rows: readonly Row[]
  /** Names of the checks of a status, in their order. */
  names(status: Row['status']): readonly string[]
  row(name: string): Row
}

/** Runs `tmqtt check` and reads its report. */
export async function checked(args: readonly string[]): Promise<Checked> {
  const cli = runCli(['check', '--format', 'json', ...args])
  const exit = await cli.exit
  const { checks: rows, protocol } = JSON.parse(cli.stdout.toString()) as { checks: Row[]; protocol?: string }
  return {
    exit,
    stderr: cli.stderr,
    protocol,
    rows,
    names: (status) => rows.filter((row) => row.status === status).map(({ name }) => name),
    row: (name) => rows.find((row) => row.name === name)!,
  }
}
