import { type Check, versionNames } from '../checks/check.ts'
import { allChecks } from '../checks/index.ts'
import type { CheckRun, Result } from '../checks/run.ts'
import { ExitCode, TmqttError, UnreachableError, UsageError } from '../errors.ts'
import { safeText } from '../formatters/terminal-safe.ts'
import type { Io } from '../io.ts'
import type { ClientOptions } from '../mqtt/client-options.ts'
import { addressOf, type Server } from '../mqtt/transport.ts'
import { checkOptions } from '../options/check.ts'
import { colorOptions } from '../options/color.ts'
import { connectionOptions, type ProtocolVersion } from '../options/connection.ts'
import { table, type ValuesOf } from '../options/option.ts'
import { checkJson } from '../reports/check-json.ts'
import { checkPrometheus } from '../reports/check-prometheus.ts'
import { type CheckReport, suiteOf } from '../reports/check-report.ts'
import { checkLines, checkSummary } from '../reports/check-text.ts'
import { junit } from '../reports/junit.ts'
import { tap } from '../reports/tap.ts'
import { BrokenPipeError, Sink, writeOutput } from '../streams/sink.ts'
import { withSpinner } from '../terminal/spinner.ts'
import { statusPainter } from '../terminal/style.ts'
import { command } from './command.ts'
import { printJson, printLines } from './document.ts'
import { noticeTo, prepareClient } from './session.ts'

const names = allChecks.map(({ name }) => name)

const options = table({
  ...checkOptions(names),
  ...colorOptions,
  ...connectionOptions,
  protocolVersion: {
    ...connectionOptions.protocolVersion,
    describe: 'MQTT version, which the broker then has to speak',
    defaultText: '5, or else the latest that the broker speaks',
  },
})

type Values = ValuesOf<typeof options>

export const check = command({
  description:
    'Checks a broker step by step against the specification. What a broker lacks and need not have is unsupported, not ' +
    'failed. All is published under one random topic and removed at the end, also after Ctrl-C; the will and the session ' +
    'that other options ask for are left out. The exit status is 0 when no check has failed, 6 when one has, and that ' +
    `of the connection when there is none. The checks, by their names: ${names.join(', ')}.`,
  options,
  examples: [
    { run: 'tmqtt check -h test.example.org', shows: 'what works and what does not' },
    { run: 'tmqtt check --wait 30s --format junit > report.xml', shows: 'in CI, while the broker still starts' },
    {
      run: 'tmqtt check --require retained,shared-subscription',
      shows: 'exit status 6 if the broker lacks one of them',
    },
    { run: 'tmqtt check --only qos-1 --crit 200ms --quiet', shows: 'a probe of the round trip' },
  ],

  check({ require, skip, prefix }) {
    const both = require.flat().find((name) => skip.flat().includes(name))
    if (both !== undefined) throw new UsageError(`--require and --skip both name ${both}`)
    if (prefix.startsWith('$')) throw new UsageError('--prefix: topics that begin with $ belong to the broker')
  },

  async run(values, io) {
    if (values.list) {
      await writeOutput(io.stdout, allChecks.map(listed).join(''))
      return ExitCode.ok
    }
    return await checkBroker(values, io)
  },
})

function listed({ name, title, clause }: Check): string {
  return `${name.padEnd(24)}${title}${clause === undefined ? '' : ` [${clause}]`}\n`
}

async function checkBroker(values: Values, io: Io): Promise<number> {
  const client = await prepareClient(
    { ...values, protocolVersion: values.protocolVersion ?? 5 },
    io,
    'check',
    io.signal,
    {
      reconnectAttempts: 0,
    },
  )
  const { randomBytes } = await import('node:crypto')
  const random = randomBytes(4).toString('hex')
  const versions: readonly ProtocolVersion[] =
    values.protocolVersion === undefined ? [5, 4, 3] : [values.protocolVersion]
  const clientIdPrefix =
    values.clientId === undefined ? `${values.clientIdPrefix ?? 'tmqtt'}${random}` : `${values.clientId}-`
  if (values.wait !== undefined) {
    const { waitForBroker } = await import('../checks/waiting.ts')
    const waiting = { versions, clientId: `${clientIdPrefix}w`, waitMs: values.wait, signal: io.signal }
    await waitForBroker(client, { ...waiting, notice: noticeTo(io, 'check') })
  }
  const began = { at: new Date(), ms: performance.now() }
  const { CheckRun } = await import('../checks/run.ts')
  let current = 'connecting'
  const [only, skip, required] = [values.only.flat(), values.skip.flat(), values.require.flat()]
  const run = new CheckRun(client, {
    versions,
    prefix: `${values.prefix}/${random}`,
    clientIdPrefix,
    timeoutMs: values.timeout,
    isWanted: (name) => !skip.includes(name) && (only.length === 0 || only.includes(name) || required.includes(name)),
    isRequired: (name) => required.includes(name),
    warnMs: values.warn,
    critMs: values.crit,
    signal: io.signal,
    began: ({ name }) => {
      current = name
    },
  })
  const rows = await printed(run.results(), values, io, () => `checking ${current}`)
  await print(reportOf(client, run, rows, began, io), values, io)
  for (const topic of run.ledger.retained) noticeTo(io, 'check')(`could not clear the retained message on ${topic}`)
  for (const id of run.ledger.sessions) noticeTo(io, 'check')(`could not end the session of ${id}`)
  return verdict(run, rows, io)
}

/** In text, prints each line as soon as it is known. */
async function printed(
  results: AsyncGenerator<Result>,
  { format, color }: Values,
  io: Io,
  current: () => string,
): Promise<readonly Result[]> {
  const rows: Result[] = []
  const paint = statusPainter(io, color)
  const sink = new Sink(io.stdout)
  for (;;) {
    const { value } = await withSpinner(io, current, results.next())
    if (value === undefined) return rows
    rows.push(value)
    if (format === 'text') await sink.write([Buffer.from(checkLines(visible(value), paint))]).catch(unlessNobodyReads)
  }
}

/** The checks go on, and end with cleaning up. */
function unlessNobodyReads(error: unknown): void {
  if (!(error instanceof BrokenPipeError)) throw error
}

/** Without control characters, which a broker or a certificate may bring. */
function visible(result: Result): Result {
  const { message, notes, warnings } = result
  return {
    ...result,
    message: message === undefined ? undefined : safeText(message),
    notes: notes.map((note) => safeText(note)),
    warnings: warnings.map((warning) => safeText(warning)),
  }
}

/** By the time of day, which may jump, and by the clock that does not. */
interface Began {
  readonly at: Date
  readonly ms: number
}

function reportOf(client: ClientOptions, run: CheckRun, rows: readonly Result[], began: Began, io: Io): CheckReport {
  return {
    broker: urlOf(client.server),
    protocol: run.version === undefined ? undefined : versionNames[run.version],
    prefix: run.ledger.prefix,
    startedAt: began.at,
    timeMs: performance.now() - began.ms,
    interrupted: io.signal.aborted,
    rows,
  }
}

function urlOf(server: Server): string {
  const scheme = server.websocket === undefined ? 'mqtt' : 'ws'
  const path = server.websocket?.path ?? ''
  return server.unix === undefined
    ? `${scheme}${server.tls === undefined ? '' : 's'}://${addressOf(server)}${path}`
    : server.unix
}

async function print(report: CheckReport, { format }: Values, io: Io): Promise<void> {
  if (format === 'json') return await printJson(io, checkJson(report))
  if (format === 'text') return await writeOutput(io.stdout, checkSummary(report))
  const formats = {
    tap: (each: CheckReport) => tap(suiteOf(each)),
    junit: (each: CheckReport) => junit(suiteOf(each)),
    prometheus: checkPrometheus,
  }
  await printLines(io, formats[format](report))
}

/** @throws what there is to say on stderr, with its exit code. */
function verdict({ failure }: CheckRun, rows: readonly Result[], io: Io): number {
  io.signal.throwIfAborted()
  if (failure instanceof TmqttError) throw failure
  if (failure !== undefined) throw new UnreachableError((failure as Error).message)
  const failed = rows.filter(({ status }) => status === 'failed').map(({ name }) => name)
  if (failed.length === 0) return ExitCode.ok
  throw new TmqttError(`${failed.length} of ${rows.length} checks failed: ${failed.join(', ')}`, ExitCode.checkFailed)
}
