import { setTimeout as delay } from 'node:timers/promises'
import { RefusedError } from '../errors.ts'
import type { ClientOptions } from '../mqtt/client-options.ts'
import { type Connection, type Limits, openConnection } from '../mqtt/connection.ts'
import { PacketIds } from '../mqtt/packet-ids.ts'
import { reasonName } from '../mqtt/reason-codes.ts'
import { openTransport } from '../mqtt/transport.ts'
import type { ProtocolVersion } from '../options/connection.ts'
import { clientFor, isVersionRefusal } from './attempt.ts'
import { type Check, type Findings, Unsupported, versionNames } from './check.ts'
import { CheckClient } from './client.ts'
import { connects, steps } from './connecting.ts'
import type { ConnectOptions, Context } from './context.ts'
import { conversations } from './index.ts'
import { Ledger } from './ledger.ts'
import { Limit } from './limit.ts'
import { Opening, type OpeningStep, stepsTo } from './opening.ts'

export interface Settings {
  /** To connect with: the first that the broker speaks. */
  readonly versions: readonly ProtocolVersion[]
  readonly prefix: string
  /** Beginning of client identifiers. */
  readonly clientIdPrefix: string
  /** For each check. */
  readonly timeoutMs: number
  readonly isWanted: (name: string) => boolean
  readonly isRequired: (name: string) => boolean
  /** Round trips above this get a warning, or fail. */
  readonly warnMs?: number | undefined
  readonly critMs?: number | undefined
  /** Aborted when the user stops. */
  readonly signal: AbortSignal
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

/** What is closed at the end of a check. */
interface Closable {
  readonly connection?: Connection
  destroy(): void
}

const CLEAN_UP_MS = 5000
/** How long the end of a connection may take that is of no interest any more. */
const LEAVE_MS = 300

/** Checks one broker, one check after the other. */
export class CheckRun {
  /** Why there is no connection, and nothing could start. */
  failure: unknown
  /** What is left at the broker. */
  readonly ledger: Ledger
  readonly #client: ClientOptions
  readonly #settings: Settings
  readonly #steps: readonly OpeningStep[]
  readonly #statuses = new Map<string, Status>()
  #base: { readonly version: ProtocolVersion; readonly limits: Limits } | undefined
  #opening: { readonly opening: Opening; readonly limit: Limit; readonly version: ProtocolVersion } | undefined
  /** Why the broker is not asked any more. */
  #dead: string | undefined
  #clientIds = 0

  constructor(client: ClientOptions, settings: Settings) {
    this.#client = client
    this.#settings = settings
    this.#steps = stepsTo(client.server)
    this.ledger = new Ledger(settings.prefix)
  }

  /** The protocol version of the run, once there is a connection. */
  get version(): ProtocolVersion | undefined {
    return this.#base?.version
  }

  async *results(): AsyncGenerator<Result> {
    for (const check of this.#plan()) {
      const { isWanted } = this.#settings
      const isNeeded = this.#base === undefined && !conversations.includes(check)
      if (!isNeeded && !isWanted(check.name)) continue
      const why = this.#reasonToSkip(check)
      const result = why ?? (await this.#carryOut(check))
      this.#statuses.set(check.name, result.status)
      if (isWanted(check.name) || result.status === 'failed') yield result
    }
    this.#opening?.limit.clear()
    await this.#cleanUp()
  }

  /** The steps that there are, the versions to connect with, and the rest. */
  #plan(): readonly Check[] {
    const { versions } = this.#settings
    const rank = ({ version }: { version: ProtocolVersion }) =>
      versions.includes(version) ? versions.indexOf(version) : 9
    return [
      ...steps.filter(({ name }) => this.#steps.some((step) => step === name)),
      ...[...connects].sort((one, other) => rank(one) - rank(other)),
      ...conversations,
    ]
  }

  #reasonToSkip(check: Check): Result | undefined {
    const { signal, versions } = this.#settings
    const skip = (message: string, status: Status = 'skipped') => this.#result(check, status, 0, {}, message)
    if (signal.aborted) return skip('interrupted')
    const lacking = check.needs?.find((name) => (this.#statuses.get(name) ?? 'passed') !== 'passed')
    if (lacking !== undefined) return skip(`needs ${lacking}, which ${DID_NOT_PASS[this.#statuses.get(lacking)!]}`)
    if (this.failure !== undefined) return skip('there is no connection')
    if (this.#dead !== undefined) return skip(`the broker no longer answers: ${this.#dead}`)
    const version = this.#base?.version ?? 5
    if (check.since === undefined || check.since <= version) return undefined
    const is = `of ${versionNames[check.since]}`
    if (versions.length === 1) return skip(`${is}, and -V asks for ${versionNames[version]}`)
    return skip(`${is}, which the broker does not speak`, 'unsupported')
  }

  async #carryOut(check: Check): Promise<Result> {
    this.#settings.began(check)
    const limit = new Limit(this.#settings.timeoutMs, this.#settings.signal)
    const clients: Closable[] = []
    const start = performance.now()
    let result: Result
    try {
      const findings = (await check.run(this.#context(check, limit, clients))) ?? {}
      result = this.#judge(check, findings, findings.timeMs ?? performance.now() - start)
    } catch (error) {
      result = this.#verdict(check, error, performance.now() - start)
    }
    limit.clear()
    await Promise.all(clients.map(leave))
    if (result.status === 'failed' && this.#base !== undefined) await this.#findOutWhetherAlive()
    await this.#cleanUp()
    return result
  }

  #judge(check: Check, findings: Findings, timeMs: number): Result {
    const { warnMs = Number.POSITIVE_INFINITY, critMs = Number.POSITIVE_INFINITY } = this.#settings
    const roundTripMs = Number(findings.fields?.roundTripMs ?? 0)
    if (roundTripMs > critMs) {
      return this.#result(
        check,
        'failed',
        timeMs,
        findings,
        `a round trip took ${roundTripMs} ms (--crit ${critMs} ms)`,
      )
    }
    const slow = roundTripMs > warnMs ? [`a round trip took ${roundTripMs} ms (--warn ${warnMs} ms)`] : []
    const warnings = [...(findings.warnings ?? []), ...slow]
    return this.#result(check, 'passed', timeMs, { ...findings, warnings }, undefined)
  }

  #verdict(check: Check, error: unknown, timeMs: number): Result {
    if (this.#settings.signal.aborted) return this.#result(check, 'skipped', timeMs, {}, 'interrupted')
    if (error instanceof Unsupported) return this.#result(check, 'unsupported', timeMs, {}, error.message)
    if (this.#base === undefined) this.failure = error
    return this.#result(check, 'failed', timeMs, {}, error instanceof Error ? error.message : String(error))
  }

  #result(check: Check, status: Status, timeMs: number, findings: Findings, message: string | undefined): Result {
    const { notes = [], warnings = [], fields = {} } = findings
    const { name, title, clause, clause3 = clause } = check
    const isMissed = status !== 'passed' && status !== 'failed' && this.#settings.isRequired(name)
    return {
      name,
      title,
      clause: (this.#base?.version ?? 5) < 5 ? clause3 : clause,
      status: isMissed && !this.#settings.signal.aborted ? 'failed' : status,
      message: isMissed ? `required, but ${status}: ${message}` : message,
      timeMs,
      notes,
      warnings,
      fields,
    }
  }

  #context(check: Check, limit: Limit, clients: Closable[]): Context {
    const { version = 5, limits } = this.#base ?? {}
    const connect = async (options: ConnectOptions = {}) => {
      const client = await this.#connect(options, limit)
      clients.push(client)
      return client
    }
    return {
      version,
      limits: limits!,
      limit,
      topic: (name) => `${this.ledger.prefix}/${check.name}/${name}`,
      newClientId: () => this.#newClientId(),
      connect,
      open: async () => {
        const socket = await limit.wait('connection', openTransport(this.#client.server, limit.signal))
        clients.push(socket)
        return socket
      },
      step: async (step) => await limit.wait(WHAT[step], this.#startOpening().step(step)),
      tryVersion: async (wanted) => await this.#tryVersion(wanted, limit, clients, connect),
    }
  }

  #startOpening(): Opening {
    const { timeoutMs, signal, versions } = this.#settings
    const version = versions[0]!
    if (this.#opening === undefined) {
      const limit = new Limit(timeoutMs, signal)
      const client = clientFor(this.#client, version, {})
      const attempt = { clientId: this.#newClientId(), cleanStart: true }
      const open = (observer: Opening) =>
        limit.wait('CONNACK', openConnection({ ...client, observer }, attempt, new PacketIds(), limit.signal))
      this.#opening = { opening: new Opening(this.#steps, open), limit, version }
    }
    return this.#opening.opening
  }

  async #tryVersion(
    version: ProtocolVersion,
    limit: Limit,
    clients: Closable[],
    connect: (options: ConnectOptions) => Promise<CheckClient>,
  ): Promise<Connection> {
    const { username, password } = this.#client
    if (version < 5 && password !== undefined && username === undefined) {
      throw new Unsupported('a password without a user name needs MQTT 5')
    }
    const first = this.#startOpening()
    try {
      const connection =
        this.#opening?.version === version
          ? await limit.wait('CONNACK', first.connection)
          : (await connect({ version })).connection
      clients.push({ connection, destroy: () => connection.lane.destroy() })
      this.#base ??= { version, limits: connection.limits }
      return connection
    } catch (error) {
      const isLast = this.#base === undefined && version === this.#settings.versions.at(-1)
      if (isLast || !first.isOpen || !isVersionRefusal(error)) throw error
      const how = error instanceof RefusedError ? reasonName(error.exitCode) : 'the broker closes the connection'
      throw new Unsupported(how)
    }
  }

  async #connect(options: ConnectOptions, limit: Limit): Promise<CheckClient> {
    const { version = this.#base?.version ?? 5, clientId = this.#newClientId(), persistent = false } = options
    const client = clientFor(this.#client, version, options)
    const ids = new PacketIds()
    if (persistent) this.ledger.sessions.add(clientId)
    const opening = openConnection(client, { clientId, cleanStart: !persistent }, ids, limit.signal)
    const connection = await limit.wait('CONNACK', opening)
    if (!persistent) this.ledger.sessions.delete(clientId)
    return new CheckClient(connection, version, ids, limit, this.ledger)
  }

  #newClientId(): string {
    return `${this.#settings.clientIdPrefix}${(this.#clientIds++).toString(36)}`
  }

  async #findOutWhetherAlive(): Promise<void> {
    const limit = new Limit(this.#settings.timeoutMs, this.#settings.signal)
    try {
      await leave(await this.#connect({}, limit))
    } catch (error) {
      this.#dead = (error as Error).message
    } finally {
      limit.clear()
    }
  }

  /** Also when the user has stopped: in a time of its own. */
  async #cleanUp(): Promise<void> {
    if (this.ledger.isEmpty || this.#dead !== undefined) return
    const limit = new Limit(CLEAN_UP_MS, new AbortController().signal)
    try {
      if (this.ledger.retained.size > 0) {
        const client = await this.#connect({}, limit)
        await Promise.all([...this.ledger.retained].map((topic) => client.publish({ topic, retain: true })))
        await leave(client)
      }
      for (const clientId of this.ledger.sessions) await leave(await this.#connect({ clientId }, limit))
    } catch {
      // What is left stands in the ledger.
    } finally {
      limit.clear()
    }
  }
}

const WHAT = { name: 'address for the name', tcp: 'TCP connection', tls: 'TLS', websocket: 'WebSocket' } as const

const DID_NOT_PASS = { passed: '', failed: 'failed', unsupported: 'is unsupported', skipped: 'was skipped' } as const

/** Ends a connection, with DISCONNECT if there is still time. */
async function leave(client: Closable): Promise<void> {
  const disconnecting = client.connection?.disconnect().catch(() => {})
  if (disconnecting !== undefined) await Promise.race([disconnecting, delay(LEAVE_MS)])
  client.destroy()
}
