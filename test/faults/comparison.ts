import type { Outcome, Trial } from './world.ts'

/** Outcomes of programs side by side. */
export class Comparison {
  /** By what befalls whom, then by program: a text for each QoS. */
  readonly #rows = new Map<string, Map<string, string[]>>()

  /** @param outcome or why there is none. */
  add(name: string, { fault, clients, qos }: Trial, outcome: Outcome | string): void {
    const title = `\`${name}\`: ${fault.name}`
    const row = this.#rows.get(title) ?? new Map<string, string[]>()
    this.#rows.set(title, row)
    const cells = row.get(clients.name) ?? []
    row.set(clients.name, cells)
    cells[qos] = typeof outcome === 'string' ? outcome : textOf(outcome)
  }

  /** In Markdown. */
  table(): string {
    const programs = [...new Set([...this.#rows.values()].flatMap((row) => [...row.keys()]))]
    return [
      ['fault', ...programs],
      ['---', ...programs.map(() => '---')],
      ...[...this.#rows].map(([title, row]) => [title, ...programs.map((program) => cellOf(row.get(program) ?? []))]),
    ]
      .map((cells) => `| ${cells.join(' | ')} |`)
      .join('\n')
  }
}

function textOf({ code, lost, duplicated, unexpected, misplaced }: Outcome): string {
  const counts = Object.entries({ lost, duplicated, unexpected, misplaced }).filter(([, count]) => count > 0)
  const said = counts.map(([what, count]) => `${count} ${what}`).join(', ')
  return `${said === '' ? 'all' : said}, exit ${code}`
}

function cellOf(texts: readonly string[]): string {
  return texts.map((text, qos) => `QoS ${qos}: ${text}`).join('; ')
}
