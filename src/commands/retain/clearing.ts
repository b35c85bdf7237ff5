import { crc32 } from 'node:zlib'
import { ExitCode, LocalError, TmqttError, UsageError } from '../../errors.ts'
import { compileRegex, type Matcher } from '../../expressions/regex.ts'
import { formatJson } from '../../formatters/json.ts'
import { OutputBuffer } from '../../formatters/output-buffer.ts'
import type { Io } from '../../io.ts'
import type { Message } from '../../mqtt/message.ts'
import type { Publisher } from '../../mqtt/publisher.ts'
import { adviceFor, reasonName } from '../../mqtt/reason-codes.ts'
import { clearRetained } from '../../retained/clear.ts'
import { type TimeSource, timeOf } from '../../retained/time-of.ts'
import { BrokenPipeError, Sink } from '../../streams/sink.ts'
import { ProgressBar } from '../../terminal/progress.ts'
import { openPublisher } from '../publishing.ts'
import { endedWithin, noticeTo, unlessAborted } from '../session.ts'
import type { ClearValues } from './clear-options.ts'
import { MessageRecord } from './message-record.ts'
import { LOOKING, leave, openReading, type Reading, within } from './reading.ts'

const NAME = 'retain-clear'

/** Topics cleared between two looks at the signal. */
const PORTION = 1000

/** How long an interrupted run waits for the acknowledgements of what is under way. */
const PATIENCE_MS = 1000

/** mosquitto closes the connection at a message that it denies, where it queues without limit [seen with 2.0.11]. */
const RECONNECT_ATTEMPTS = 3

/** Messages that are still there are named up to here. */
const MOST_NAMED = 10

/** One run of retain-clear. Of messages it keeps topics and checksums, however many there are. */
export class Clearing {
  readonly #values: ClearValues
  readonly #io: Io
  readonly #notice: (text: string) => void
  readonly #filters: readonly string[]
  readonly #matches: readonly Matcher[]
  readonly #notMatches: readonly Matcher[]
  readonly #reading: Reading
  readonly #publisher: Publisher
  /** By topic: the checksum of the payload that is to be cleared. */
  readonly #found = new Map<string, number>()
  /** By topic: the reason code with which the broker has rejected its clearing. */
  readonly #rejected: ReadonlyMap<string, number>

  private constructor(
    values: ClearValues,
    io: Io,
    matchers: readonly (readonly Matcher[])[],
    reading: Reading,
    publisher: Publisher,
    rejected: ReadonlyMap<string, number>,
  ) {
    this.#values = values
    this.#io = io
    this.#notice = noticeTo(io, NAME)
    this.#filters = [...new Set(values.topic)]
    this.#matches = matchers[0]!
    this.#notMatches = matchers[1]!
    this.#reading = reading
    this.#publisher = publisher
    this.#rejected = rejected
  }

  /** Compiles the expressions and connects. */
  static async prepare(values: ClearValues, io: Io): Promise<Clearing> {
    const matchers = await Promise.all([
      Promise.all(values.match.map((pattern) => compileRegex(pattern, '--match'))),
      Promise.all(values.notMatch.map((pattern) => compileRegex(pattern, '--not-match'))),
    ])
    const reading = await openReading(values, io, NAME, RECONNECT_ATTEMPTS)
    const rejected = new Map<string, number>()
    const publisher = await openPublisher(reading.session, values, io, NAME, {
      notice: () => {},
      rejected: (topic, reasonCode) => rejected.set(topic, reasonCode),
    })
    reading.reader.start()
    return new Clearing(values, io, matchers, reading, publisher, rejected)
  }

  async run(): Promise<number | undefined> {
    let record: MessageRecord | undefined
    try {
      await this.#find()
      await this.#leaveOutYoung()
      if (this.#found.size === 0) {
        this.#notice('no retained messages to clear')
        return undefined
      }
      const { dryRun, backup, json } = this.#values
      if (!dryRun) await this.#askForConsent()
      if (backup !== undefined || json) record = await this.#record(backup)
      if (dryRun) await this.#print(this.#found.size, new Map(), record)
      else await this.#clear(record)
    } finally {
      await leave(this.#reading)
      await record?.close()
    }
    return undefined
  }

  async #find(): Promise<void> {
    const searching = this.#reading.reader.search(this.#filters, (found) => {
      for (const { topic, message } of found) if (this.#isWanted(topic)) this.#found.set(topic, checksum(message))
    })
    await within(this.#reading, searching, LOOKING)
  }

  #isWanted(topic: string): boolean {
    return this.#matches.every((matches) => matches(topic)) && !this.#notMatches.some((matches) => matches(topic))
  }

  /** With --older-than. */
  async #leaveOutYoung(): Promise<void> {
    const { olderThan, timeProperty, timeField } = this.#values
    if (olderThan === undefined) return
    const source: TimeSource = timeProperty === undefined ? { field: timeField! } : { property: timeProperty }
    const latest = Date.now() - olderThan
    const topics = [...this.#found.keys()]
    this.#found.clear()
    let unreadable = 0
    const reading = this.#reading.reader.fetch(topics, (found) => {
      for (const { topic, message } of found) {
        const time = timeOf(message, source)
        if (time === undefined) unreadable++
        else if (time < latest) this.#found.set(topic, checksum(message))
      }
    })
    await within(this.#reading, reading, 'reading when retained messages are from')
    if (unreadable > 0) this.#notice(`${messages(unreadable)} without a time that can be read kept`)
  }

  /** @throws UsageError, or LocalError when the user does not agree. */
  async #askForConsent(): Promise<void> {
    const { limit, yes } = this.#values
    const count = this.#found.size
    if (yes || count <= limit) return
    if (this.#io.stdin.isTTY !== true || this.#io.stderr.isTTY !== true) {
      throw new UsageError(
        `this would clear ${messages(count)}, more than the ${limit} of --limit: --yes clears them, --dry-run prints them`,
      )
    }
    const { askConsent } = await import('../../terminal/prompt.ts')
    if (!(await askConsent(`Clear ${messages(count)}?`, this.#io.signal))) throw new LocalError('nothing was cleared')
  }

  /** Writes what is to be cleared into a file. What has gone meanwhile is left out. */
  async #record(path: string | undefined): Promise<MessageRecord> {
    const record = await MessageRecord.create(path)
    const topics = [...this.#found.keys()]
    this.#found.clear()
    const out = new OutputBuffer()
    const bar = new ProgressBar(this.#io, path === undefined ? 'reading' : 'saving', topics.length)
    try {
      const writing = this.#reading.reader.fetch(topics, async (found) => {
        for (const { topic, message } of found) {
          this.#found.set(topic, checksum(message))
          formatJson(message, out)
        }
        await record.write(out.take())
        bar.show(this.#found.size)
      })
      await within(this.#reading, writing)
      await record.complete()
    } catch (error) {
      await record.discard()
      throw error
    } finally {
      bar.end()
    }
    return record
  }

  /** @throws TmqttError that says how many were cleared when that is not all. */
  async #clear(record: MessageRecord | undefined): Promise<void> {
    const topics = [...this.#found.keys()]
    const bar = new ProgressBar(this.#io, 'clearing', topics.length)
    const { signal } = this.#io
    let done = 0
    let portion = 0
    let work = Promise.resolve()
    let left: ReadonlyMap<string, boolean>
    try {
      while (done < topics.length) {
        signal.throwIfAborted()
        portion = Math.min(PORTION, topics.length - done)
        work = this.#clearPortion(topics.slice(done, done + portion))
        await unlessAborted(signal, work)
        done += portion
        bar.show(done)
      }
      bar.end()
      left = await this.#look()
    } catch (error) {
      bar.end()
      if (!(error instanceof TmqttError)) throw error
      if (signal.aborted && done < topics.length && (await endedWithin(PATIENCE_MS, work))) done += portion
      await this.#print(done, this.#rejected, record)
      const { acknowledged } = this.#publisher.tally
      const text = `${error.message}; ${acknowledged} of ${messages(topics.length)} cleared`
      throw new TmqttError(text, error.exitCode, { cause: error })
    }
    await this.#print(done, left, record)
    this.#report(left)
  }

  async #clearPortion(topics: readonly string[]): Promise<void> {
    await clearRetained(this.#publisher, this.#reading.session.options.protocolVersion, this.#values.qos, topics)
    await this.#publisher.drain()
  }

  /** Looks anew. @returns the topics that still have a retained message: whether it is another one. */
  async #look(): Promise<ReadonlyMap<string, boolean>> {
    const { reader } = this.#reading
    const suspects: string[] = []
    let others = 0
    const searching = reader.search(this.#filters, (found) => {
      for (const { topic } of found) {
        if (this.#found.has(topic)) suspects.push(topic)
        else if (this.#values.olderThan === undefined && this.#isWanted(topic)) others++
      }
    })
    await within(this.#reading, searching, 'looking whether they are gone')
    if (others > 0) this.#notice(`${messages(others)} more by now; run it again to clear them too`)
    const left = new Map<string, boolean>()
    // Once more: brokers of several nodes take a moment.
    const fetching = reader.fetch(suspects, (found) => {
      for (const { topic, message } of found) left.set(topic, checksum(message) !== this.#found.get(topic))
    })
    await within(this.#reading, fetching)
    return left
  }

  /** Prints the first topics, or their messages, but for those that are left. */
  async #print(count: number, left: ReadonlyMap<string, unknown>, record: MessageRecord | undefined): Promise<void> {
    const sink = new Sink(this.#io.stdout)
    const out = new OutputBuffer({ terminal: this.#io.stdout.isTTY === true })
    const isCleared = (topic: string) => !left.has(topic)
    const topics = [...this.#found.keys()].slice(0, count)
    try {
      if (this.#values.json) {
        let at = 0
        for await (const { bytes, bounds } of record!.lines()) {
          for (let next = 0; next < bounds.length && at < topics.length; next += 2) {
            if (!isCleared(topics[at++]!)) continue
            out.untrusted(bytes, bounds[next]!, bounds[next + 1]!, false)
            out.text('\n')
          }
          await sink.write(out.take())
        }
        return
      }
      for (let at = 0; at < topics.length; at += PORTION) {
        for (const topic of topics.slice(at, at + PORTION).filter(isCleared)) out.untrustedText(`${topic}\n`, true)
        await sink.write(out.take())
      }
    } catch (error) {
      if (!(error instanceof BrokenPipeError)) throw error
    }
  }

  /** @throws TmqttError with exit code 6 when something is left. */
  #report(left: ReadonlyMap<string, boolean>): void {
    if (left.size === 0) return
    for (const [topic, isOther] of [...left].slice(0, MOST_NAMED))
      this.#notice(`${topic}: ${this.#why(topic, isOther)}`)
    if (left.size > MOST_NAMED) this.#notice(`… and ${left.size - MOST_NAMED} more`)
    const text = `${left.size} of ${messages(this.#found.size)} not cleared`
    throw new TmqttError(text, ExitCode.checkFailed)
  }

  #why(topic: string, isOther: boolean): string {
    const reasonCode = this.#rejected.get(topic)
    if (reasonCode !== undefined) return `the broker rejected it: ${reasonName(reasonCode)}${adviceFor(reasonCode)}`
    if (isOther) return 'published anew meanwhile'
    return 'still there; the broker may not let you publish to it'
  }
}

function checksum(message: Message): number {
  let sum = 0
  for (const piece of message.payloadPieces) sum = crc32(piece, sum)
  return sum
}

function messages(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`
}
