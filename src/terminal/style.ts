import { Chalk } from 'chalk'
import type { Output } from '../io.ts'

/** Escape sequences around a text. */
export interface Style {
  readonly open: string
  readonly close: string
}

/** How a topic is set apart on a terminal; undefined where colour is not wanted (https://no-color.org). */
export function topicStyle(output: Output, env: Readonly<Record<string, string | undefined>>): Style | undefined {
  if (output.isTTY !== true || (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb') return undefined
  const [open, close] = new Chalk({ level: 1 }).cyan('\0').split('\0')
  return { open: open!, close: close! }
}
