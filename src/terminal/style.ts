import { Chalk } from 'chalk'
import type { Io } from '../io.ts'

/** Escape sequences around a text. */
export interface Style {
  readonly open: string
  readonly close: string
}

/** What the user says of colour, over the environment. */
export type When = 'auto' | 'always' | 'never'

/** https://no-color.org, https://force-color.org; who sets both has more reason for the first. */
function wantsColour({ stdout, env }: Pick<Io, 'stdout' | 'env'>, when: When): boolean {
  if (when !== 'auto') return when === 'always'
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR) return true
  return stdout.isTTY === true && env.TERM !== 'dumb'
}

/** How a topic is set apart on standard output; undefined where colour is not wanted. */
export function topicStyle(io: Pick<Io, 'stdout' | 'env'>, when: When): Style | undefined {
  if (!wantsColour(io, when)) return undefined
  const [open, close] = new Chalk({ level: 1 }).cyan('\0').split('\0')
  return { open: open!, close: close! }
}

/** Colours of a status on standard output, where colour is wanted. */
export function statusPainter(
  io: Pick<Io, 'stdout' | 'env'>,
  when: When,
): (status: 'passed' | 'failed' | 'unsupported' | 'skipped' | 'warning', text: string) => string {
  if (!wantsColour(io, when)) return (_status, text) => text
  const chalk = new Chalk({ level: 1 })
  const colours = {
    passed: chalk.green,
    failed: chalk.red,
    unsupported: chalk.dim,
    skipped: chalk.dim,
    warning: chalk.yellow,
  }
  return (status, text) => colours[status](text)
}
