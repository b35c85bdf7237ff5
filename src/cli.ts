import { Writable } from 'node:stream'
import { findCommand } from './commands/find.ts'
import { entries, loadCommands } from './commands/index.ts'
import { readSources } from './config/sources.ts'
import { ExitCode, TmqttError, UsageError } from './errors.ts'
import { safeText } from './formatters/terminal-safe.ts'
import type { Io, Output } from './io.ts'
import { complete, parse } from './parse.ts'
import { writeAll, writeOutput } from './streams/sink.ts'

/**
 * The program as a function: parses, runs, prints the error, returns the exit code.
 *
 * @param argv the words behind `tmqtt`.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let quiet = false
  const found = findCommand(entries, argv)
  const name = found === undefined ? 'tmqtt' : `tmqtt ${found.name}`
  try {
    const parsed = await parse(argv, io.env)
    if ('text' in parsed) {
      await writeOutput(io.stdout, parsed.text(io.stdout.columns ?? 80))
      return ExitCode.ok
    }
    const { command } = parsed
    const warn = (text: string) => io.stderr.write(`${name}: ${safeText(text)}\n`)
    const values = complete(command, await readSources(command, parsed.sources, loadCommands, io, warn))
    quiet = values.quiet === true
    return (await command.run(values as never, quiet ? { ...io, stderr: nowhere() } : io)) ?? ExitCode.ok
  } catch (error) {
    if (!(error instanceof TmqttError)) {
      await writeAll(io.stderr, bugReport(name, error))
      return ExitCode.bug
    }
    if (quiet && !(error instanceof UsageError)) return error.exitCode
    const help = error instanceof UsageError ? ` (${name} --help)` : ''
    await writeAll(io.stderr, `${name}: ${safeText(error.message)}${help}\n`)
    return error.exitCode
  }
}

/** What is said of an error that is not the user's to mend. */
export function bugReport(name: string, error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `${name}: this is a bug in tmqtt, please report it: ${stack}\n`
}

/** What nobody is to see. */
function nowhere(): Output {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}
