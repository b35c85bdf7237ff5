import type { Section } from './section.ts'

/** What `tmqtt help` can tell of beside commands. */
export interface Topic {
  readonly name: string
  /** One lower-case line, as commands have it. */
  readonly summary: string
  /** The text is loaded on demand. */
  sections(): Promise<readonly Section[]>
}

/** All of them, in the order of help. */
export const topics: readonly Topic[] = [
  {
    name: 'formats',
    summary: 'how messages are printed: -v, -F, --json',
    sections: async () => (await import('./formats.ts')).formats,
  },
  {
    name: 'environment',
    summary: 'variables that tmqtt reads',
    sections: async () => (await import('./environment.ts')).environment,
  },
  {
    name: 'exit-codes',
    summary: 'what the exit status means',
    sections: async () => {
      const { exitStatuses } = await import('./exit-statuses.ts')
      return [{ heading: 'Exit status', rows: exitStatuses }]
    },
  },
]
