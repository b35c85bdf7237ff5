import type { Io } from '../../io.ts'
import type { Session } from '../../mqtt/session.ts'
import type { RetainedReader } from '../../retained/reader.ts'
import { withSpinner } from '../../terminal/spinner.ts'
import { filtersOf, openNewest, timeLimit, unlessAborted } from '../session.ts'
import type { RetainedValues } from './options.ts'

/** Where a run of a command reads retained messages. */
export interface Reading {
  readonly values: Pick<RetainedValues, 'timeout'>
  readonly io: Io
  readonly session: Session
  readonly reader: RetainedReader
}

/**
 * Connects, with a reader that is yet to be started.
 *
 * @param reconnectAttempts unless --reconnect says otherwise.
 */
export async function openReading(
  values: RetainedValues,
  io: Io,
  command: string,
  reconnectAttempts = 0,
): Promise<Reading> {
  const { RetainedReader } = await import('../../retained/reader.ts')
  const session = await openNewest(values, io, command, { reconnectAttempts })
  const { settle: settleMs } = values
  const reader = new RetainedReader(session, { settleMs, properties: session.options.properties.subscribe })
  return { values, io, session, reader }
}

/** Does work of a reader within the time of -W, and says on a terminal what is waited for. */
export async function within<T>({ values, io }: Reading, work: Promise<T>, what?: string): Promise<T> {
  const limit = timeLimit(values.timeout)
  const done = unlessAborted(AbortSignal.any([io.signal, limit.signal]), work)
  try {
    return await (what === undefined ? done : withSpinner(io, what, done))
  } finally {
    limit.clear()
  }
}

/** The topics under these filters that have a retained message. */
export async function topicsUnder(reading: Reading, filters: readonly string[]): Promise<readonly string[]> {
  const topics: string[] = []
  const searching = reading.reader.search(filters, (found) => {
    for (const { topic } of found) topics.push(topic)
  })
  await within(reading, searching, LOOKING)
  return topics
}

export const LOOKING = 'looking for retained messages'

/** The filters given, or all topics. */
export function filtersOrAll(values: RetainedValues): readonly string[] {
  const filters = filtersOf(values)
  return filters.length === 0 ? ['#'] : filters
}

/** Ends a session whatever became of it, but waits no longer than DISCONNECT takes. */
export async function leave({ session }: Reading): Promise<void> {
  await session.end().catch(() => {})
}
