import { safeJson } from '../formatters/json-text.ts'
import { safeText } from '../formatters/terminal-safe.ts'
import type { Io } from '../io.ts'
import { writeOutput } from '../streams/sink.ts'

/** Prints a JSON document. On a terminal, where JSON lets controls stand that a broker may bring, they are escaped. */
export async function printJson({ stdout }: Pick<Io, 'stdout'>, json: string): Promise<void> {
  await writeOutput(stdout, stdout.isTTY === true ? safeJson(json) : json)
}

/** Prints a document of lines; on a terminal, what controls it is made visible. */
export async function printLines({ stdout }: Pick<Io, 'stdout'>, text: string): Promise<void> {
  await writeOutput(stdout, stdout.isTTY === true ? safeText(text, true) : text)
}
