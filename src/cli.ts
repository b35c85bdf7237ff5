import { Writable } from 'node:stream'
import { findCommand } from './commands/find.ts'
import { entries, loadCommands } from './commands/index.ts'
import { readSources } from './config/sources.ts'
import { ExitCode, TmqttError, UsageError } from './errors.ts'
import { safeText } from './formatters/terminal-safe.ts'
import type { Io, Output } from './io.ts'
import { environmentName } from './options/option.ts'
import { complete, parse } from './parse.ts'
import { writeAll, writeOutput } from './streams/sink.ts'

/**
 * The program as a function: parses, runs, prints the error, returns the exit code.
 *
 * @param argv the words behind `tmqtt`.
 * @param crash rejects with an error that nobody has caught, which ends the run.
 */
export async function run(argv: readonly string[], io: Io, crash?: Promise<never>): Promise<number> {
  let quiet = false
  let debug = /^(true|1|yes)$/i.test(io.env[environmentName('debug')] ?? '')
  const found = findCommand(entries, argv)
  const name = found === undefined ? 'tmqtt' : `tmqtt ${found.name}`
  const work = async (): Promise<number> => {
    if (io.alteredArgument !== undefined) throw notUtf8(io.alteredArgument)
    const parsed = await parse(argv, io.env)
    if ('text' in parsed) {
      await writeOutput(io.stdout, parsed.text(io.stdout.columns ?? 80))
      return ExitCode.ok
    }
    const { command } = parsed
    const warn = (text: string) => io.stderr.write(`${name}: ${safeText(text)}\n`)
    const sources = await readSources(command, parsed.sources, loadCommands, io, warn)
    const values = complete(command, sources)
    quiet = values.quiet === true
    debug = values.debug === true || debug
    const withheld = sources.flatMap(({ variables = [] }) => variables)
    const own = quiet || withheld.length > 0 ? { ...io, withheld, ...(quiet && { stderr: nowhere() }) } : io
    return (await command.run(values as never, own)) ?? ExitCode.ok
  }
  try {
    return await (crash === undefined ? work() : Promise.race([work(), crash]))
  } catch (error) {
    if (!(error instanceof TmqttError)) {
      await writeAll(io.stderr, `${name}: this is a bug in tmqtt, please report it: ${bugText(error, debug)}\n`)
      return ExitCode.bug
    }
    if (quiet && !(error instanceof UsageError)) return error.exitCode
    const help = error instanceof UsageError ? ` (${name} --help)` : ''
    await writeAll(io.stderr, `${name}: ${safeText(error.message)}${help}\n`)
    return error.exitCode
  }
}

function notUtf8(argument: number): UsageError {
  return new UsageError(`argument ${argument} is not UTF-8; a payload of any bytes comes by -f, -s or -l`)
}

/** One line; with --debug, where it comes from, too. */
function bugText(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return safeText(String(error))
  if (debug && error.stack !== undefined) return safeText(error.stack, true)
  return `${safeText(`${error.name}: ${error.message}`)} (${environmentName('debug')}=1 shows where)`
}

/** What nobody is to see. */
function nowhere(): Output {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}
