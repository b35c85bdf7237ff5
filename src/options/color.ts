import { oneOf } from './kinds.ts'
import { table, type ValuesOf } from './option.ts'

/** Of every command that colours anything of what it prints. */
export const colorOptions = table({
  color: {
    kind: oneOf('WHEN', { auto: 'auto', always: 'always', never: 'never' } as const),
    group: 'Output',
    describe: 'When to colour: auto is on a terminal, unless NO_COLOR or FORCE_COLOR is set',
    default: 'auto',
  },
})

export type ColorValues = ValuesOf<typeof colorOptions>
