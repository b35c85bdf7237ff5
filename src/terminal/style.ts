import { Chalk } from 'chalk'
import type { Output } from '../io.ts'

/** Escape sequences around a text. */
export interface Style {
  readonly open: string
  readonly close: string
}

/** https://no-color.org */
function wantsColour(output: Output, env: Readonly<Record<string, string | undefined>>): boolean {
  return output.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb'
}

/** How a topic is set apart on a terminal; undefined where colour is not wanted. */
export function topicStyle(output: Output, env: Readonly<Record<string, string | undefined>>): Style | undefined {
  if (!wantsColour(output, env)) return undefined
  const [open, close] = new Chalk({ level: 1 }).cyan('\0').split('\0')
  return { open: open!, close: close! }
}

/** Colours of a status, on a terminal where colour is wanted. */
export function statusPainter(
  output: Output,
  env: Readonly<Record<string, string | undefined>>,
): (status: 'passed' | 'failed' | 'unsupported' | 'skipped' | 'warning', text: string) => string {
  if (!wantsColour(output, env)) return (_status, text) => text
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
