import { TmqttError } from '../errors.ts'
import type { ClientOptions } from '../mqtt/client-options.ts'
import { MalformedPacketError } from '../mqtt/malformed.ts'
import type { ProtocolVersion } from '../options/connection.ts'
import { Access, type AccessSettings, type Closable } from './access.ts'
import { type Check, Failed, type Findings, Unsupported, versionNames } from './check.ts'
import { connects, steps } from './connecting.ts'
import { conversations } from './index.ts'
import type { Ledger } from './ledger.ts'
import { Limit } from './limit.ts'

export interface Settings extends AccessSettings {
  readonly isWanted: (name: string) => boolean
  readonly isRequired: (name: string) => boolean
  /** Round trips above this get a warning, or fail. */
  readonly warnMs?: number | undefined
  readonly critMs?: number | undefined
  /** Told what begins. */
  readonly began: (check: Check) => void
}

export type Status = 'passed' | 'failed' | 'unsupported' | 'skipped'

/** What became of a check. */
export interface Result extends Required<Findings> {
  readonly name: string
  readonly title: string
  readonly clause: string | undefined
  readonly status: Status
  /** Why it did not pass. */
  readonly message: string | undefined
}

/** Checks one broker, one check after the other. */
export class CheckRun {
  /** Why there is no connection, and nothing could start. */
  failure: unknown
  readonly #access: Access
  readonly #settings: Settings
  readonly #statuses = new Map<string, Status>()
  /** Why the broker is not asked any more. */
  #dead: string | undefined

  constructor(client: ClientOptions, settings: Settings) {
    this.#settings = settings
    this.#access = new Access(client, settings)
  }

  /** The protocol version of the run, once there was a connection. */
  get version(): ProtocolVersion | undefined {
    return this.#access.version
  }

  /** What is left at the broker. */
  get ledger(): Ledger {
    return this.#access.ledger
  }

  /** The results of the checks that are wanted, each when it is there, and of others where something is wrong. */
  async *results(): AsyncGenerator<Result, undefined> {
    const { isWanted } = this.#settings
    for (const check of this.#plan()) {
      const isNeeded = this.version === undefined && !conversations.includes(check)
      if (!isNeeded && !isWanted(check.name)) continue
      const result = this.#skipped(check) ?? (await this.#carryOut(check))
      this.#statuses.set(check.name, result.status)
      if (isWanted(check.name) || result.status === 'failed' || result.warnings.length > 0) yield result
    }
  }

  /** The steps that there are, the versions with those to connect with first, and the rest. */
  #plan(): readonly Check[] {
    const { versions } = this.#settings
    const byVersion = versions.map((version) => connects.filter((each) => each.version === version))
    return [
      ...steps.filter(({ name }) => this.#access.steps.some((step) => step === name)),
      ...byVersion.flat(),
      ...connects.filter(({ version }) => !versions.includes(version)),
      ...conversations,
    ]
  }

  #skipped(check: Check): Result | undefined {
    const { signal, versions } = this.#settings
    const skip = (message: string, status: Status = 'skipped') => this.#result(check, status, 0, {}, message)
    if (signal.aborted) return skip('interrupted')
    if (this.failure !== undefined) return skip('there is no connection')
    if (this.#dead !== undefined) return skip(`the broker no longer answers: ${this.#dead}`)
    const lacking = check.needs?.find((name) => (this.#statuses.get(name) ?? 'passed') !== 'passed')
    if (lacking !== undefined) return skip(`needs ${lacking}, which ${DID_NOT_PASS[this.#statuses.get(lacking)!]}`)
    const version = this.version ?? 5
    if (check.since === undefined || check.since <= version) return undefined
    const is = `of ${versionNames[check.since]}`
    if (versions.length === 1) return skip(`${is}, and -V asks for ${versionNames[version]}`)
    return skip(`${is}, which the broker does not speak`, 'unsupported')
  }

  async #carryOut(check: Check): Promise<Result> {
    this.#settings.began(check)
    const limit = new Limit(this.#settings.timeoutMs * (check.patience ?? 1), this.#settings.signal)
    const opened: Closable[] = []
    const start = performance.now()
    let result: Result
    try {
      const findings = (await check.run(this.#access.context(check.name, limit, opened))) ?? {}
      result = this.#judged(check, findings, findings.timeMs ?? performance.now() - start)
    } catch (error) {
      result = this.#failed(check, error, performance.now() - start)
    } finally {
      limit.clear()
      await this.#access.close(opened)
    }
    if (result.status === 'failed' && this.version !== undefined) {
      this.#dead = await this.#access.findOutWhetherItAnswers()
    }
    if (this.#dead === undefined) await this.#access.cleanUp()
    return result
  }

  #judged(check: Check, findings: Findings, timeMs: number): Result {
    const { warnMs = Number.POSITIVE_INFINITY, critMs = Number.POSITIVE_INFINITY } = this.#settings
    const roundTripMs = Number(findings.fields?.roundTripMs ?? 0)
    if (roundTripMs > critMs) {
      const message = `a round trip took ${roundTripMs} ms (--crit ${critMs} ms)`
      return this.#result(check, 'failed', timeMs, findings, message)
    }
    const slow = roundTripMs > warnMs ? [`a round trip took ${roundTripMs} ms (--warn ${warnMs} ms)`] : []
    const warnings = [...(findings.warnings ?? []), ...slow]
    return this.#result(check, 'passed', timeMs, { ...findings, warnings }, undefined)
  }

  #failed(check: Check, error: unknown, timeMs: number): Result {
    if (this.#settings.signal.aborted) return this.#result(check, 'skipped', timeMs, {}, 'interrupted')
    if (error instanceof Unsupported) return this.#result(check, 'unsupported', timeMs, {}, error.message)
    // Anything else is a bug of ours, not of the broker.
    if (!(error instanceof Failed || error instanceof TmqttError || error instanceof MalformedPacketError)) throw error
    if (this.version === undefined) this.failure = error
    const sent = error instanceof MalformedPacketError ? 'the broker sent ' : ''
    return this.#result(check, 'failed', timeMs, {}, sent + error.message)
  }

  #result(check: Check, status: Status, timeMs: number, findings: Findings, message: string | undefined): Result {
    const { notes = [], warnings = [], fields = {} } = findings
    const { name, title, clause, clause3 = clause } = check
    const isMissed =
      (status === 'unsupported' || status === 'skipped') &&
      this.#settings.isRequired(name) &&
      !this.#settings.signal.aborted
    return {
      name,
      title,
      clause: (this.version ?? 5) < 5 ? clause3 : clause,
      status: isMissed ? 'failed' : status,
      message: isMissed ? `required, but ${status}: ${message}` : message,
      timeMs,
      notes,
      warnings,
      fields,
    }
  }
}

const DID_NOT_PASS = { passed: '', failed: 'failed', unsupported: 'is unsupported', skipped: 'was skipped' } as const
