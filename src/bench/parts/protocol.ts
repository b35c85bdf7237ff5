import type { Ready, Standing } from './parts.ts'

/** What a part tells part 1, again and again: all that it has to say at this time. */
export interface FromPart {
  readonly part: number
  readonly session: string
  /** What makes parts those of one run. */
  readonly configuration: string
  readonly ready: Ready
  /** It knows how far the clock of part 1 is ahead. */
  readonly knowsClock: boolean
  readonly standing: Standing | undefined
  /** It has ended, when it was time or before. */
  readonly over: 'in time' | 'early' | undefined
}

/** What part 1 answers. */
export interface FromLeader {
  /** The part that is meant: two processes that are the same part hear both answers. */
  readonly session: string
  readonly configuration: string
  /** Of its machine. */
  readonly host: string
  /** Parts that have not come, from 0. */
  readonly missing: readonly number[]
  readonly refused: string | undefined
  /** Another process is that part. */
  readonly twin: boolean
  readonly start: { readonly atUs: number; readonly unsubscribed: readonly number[] } | undefined
  readonly loaded: boolean
  readonly drained: boolean
  readonly gone: readonly number[]
  readonly over: boolean
}

/** A question for the time, and its answer, by the clocks of the two hosts. */
export interface Ask {
  readonly part: number
  readonly session: string
  readonly ask: number
}
export interface Answer {
  readonly session: string
  readonly answer: number
  readonly receivedUs: number
  readonly answeredUs: number
}

type Fields = Readonly<Record<string, unknown>>

export function readAsk(document: unknown): Ask | undefined {
  const { part, session, ask } = fieldsOf(document)
  return isCount(part) && isText(session) && isCount(ask) ? { part, session, ask } : undefined
}

export function readAnswer(document: unknown): Answer | undefined {
  const { session, answer, receivedUs, answeredUs } = fieldsOf(document)
  if (!isText(session) || !isCount(answer) || !isNumber(receivedUs) || !isNumber(answeredUs)) return undefined
  return { session, answer, receivedUs, answeredUs }
}

export function readFromPart(document: unknown): FromPart | undefined {
  const { part, session, configuration, knowsClock, over, ...fields } = fieldsOf(document)
  const { connected, intended, unsubscribed } = fieldsOf(fields.ready)
  if (!isCount(part) || !isText(session) || !isText(configuration)) return undefined
  if (!isCount(connected) || !isCount(intended) || !isCounts(unsubscribed)) return undefined
  const ready = { connected, intended, unsubscribed }
  const standing = readStanding(fieldsOf(fields.standing))
  return {
    part,
    session,
    configuration,
    ready,
    knowsClock: knowsClock === true,
    standing,
    over: isEnd(over) ? over : undefined,
  }
}

function readStanding(fields: Fields): Standing | undefined {
  const { alive, outstanding, expected, received, deliveries, loaded, drains } = fields
  if (!isCount(alive) || !isCount(outstanding) || !isNumber(expected)) return undefined
  if (!isCount(received) || !isCount(deliveries)) return undefined
  return { alive, outstanding, expected, received, deliveries, loaded: loaded === true, drains: drains === true }
}

export function readFromLeader(document: unknown): FromLeader | undefined {
  const { session, configuration, host, missing, gone, ...fields } = fieldsOf(document)
  const { atUs, unsubscribed } = fieldsOf(fields.start)
  if (!isText(session) || !isText(configuration) || !isText(host) || !isCounts(missing) || !isCounts(gone))
    return undefined
  return {
    session,
    configuration,
    host,
    missing,
    refused: isText(fields.refused) ? fields.refused : undefined,
    twin: fields.twin === true,
    start: isNumber(atUs) && isCounts(unsubscribed) ? { atUs, unsubscribed } : undefined,
    loaded: fields.loaded === true,
    drained: fields.drained === true,
    gone,
    over: fields.over === true,
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function isEnd(value: unknown): value is 'in time' | 'early' {
  return value === 'in time' || value === 'early'
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isCount)
}
