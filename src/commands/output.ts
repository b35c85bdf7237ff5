import { chooseFormatter, type Formatter } from '../formatters/formatter.ts'
import { compileTemplate } from '../formatters/template.ts'
import type { Io } from '../io.ts'
import type { ColorValues } from '../options/color.ts'
import type { OutputValues } from '../options/output.ts'
import { topicStyle } from '../terminal/style.ts'

/** @throws UsageError for a format that is not valid. */
export function checkOutput({ format }: OutputValues): void {
  if (format !== undefined) compileTemplate(format)
}

/**
 * How the options want a message to be printed.
 *
 * @param warn is told what can't be printed.
 */
export function formatterFor(values: OutputValues & ColorValues, io: Io, warn: (text: string) => void): Formatter {
  const { json, pretty, verbose } = values
  const newline = !values.noNewline
  const format = values.format === undefined ? undefined : compileTemplate(values.format, { newline, pretty, warn })
  return chooseFormatter({ format, json, pretty, verbose, newline, style: topicStyle(io, values.color) })
}
