import { setTimeout as delay } from 'node:timers/promises'
import { RefusedError } from '../errors.ts'
import type { ClientOptions } from '../mqtt/client-options.ts'
import { type Connection, type Limits, openConnection } from '../mqtt/connection.ts'
import { PacketIds } from '../mqtt/packet-ids.ts'
import { reasonName } from '../mqtt/reason-codes.ts'
import { openTransport } from '../mqtt/transport.ts'
import type { ProtocolVersion } from '../options/connection.ts'
import { clientFor, isVersionRefusal } from './attempt.ts'
import { Unsupported } from './check.ts'
import { CheckClient } from './client.ts'
import type { ConnectOptions, Context } from './context.ts'
import { Ledger } from './ledger.ts'
import { Limit } from './limit.ts'
import { Opening, type OpeningStep, stepsTo } from './opening.ts'

export interface AccessSettings {
  /** To connect with: the first that the broker speaks. */
  readonly versions: readonly ProtocolVersion[]
  readonly prefix: string
  /** Beginning of client identifiers. */
  readonly clientIdPrefix: string
  /** For each check. */
  readonly timeoutMs: number
  /** Aborted when the user stops. */
  readonly signal: AbortSignal
}

/** What is closed at the end of a check. */
export interface Closable {
  readonly connection?: Connection
  destroy(): void
}

const CLEAN_UP_MS = 5000
/** How long the end of a connection may take that is of no interest any more. */
const LEAVE_MS = 300

const WHAT = { name: 'address for the name', tcp: 'TCP connection', tls: 'TLS', websocket: 'WebSocket' } as const

/** The connections of all checks to one broker. */
export class Access {
  readonly ledger: Ledger
  /** Before CONNECT. */
  readonly steps: readonly OpeningStep[]
  readonly #client: ClientOptions
  readonly #settings: AccessSettings
  #base: { readonly version: ProtocolVersion; readonly limits: Limits } | undefined
  #opening: { readonly opening: Opening; readonly limit: Limit } | undefined
  #clientIds = 0

  constructor(client: ClientOptions, settings: AccessSettings) {
    this.#client = client
    this.#settings = settings
    this.steps = stepsTo(client.server)
    this.ledger = new Ledger(settings.prefix)
  }

  /** The protocol version of the run, once there was a connection. */
  get version(): ProtocolVersion | undefined {
    return this.#base?.version
  }

  /** @param opened is given what the check opens. */
  context(checkName: string, limit: Limit, opened: Closable[]): Context {
    const { version = 5, limits } = this.#base ?? {}
    const connect = async (options: ConnectOptions = {}) => {
      const client = await this.#connect(options, limit)
      opened.push(client)
      return client
    }
    return {
      version,
      limits: limits!,
      limit,
      topic: (name) => `${this.ledger.prefix}/${checkName}/${name}`,
      newClientId: () => this.#newClientId(),
      connect,
      open: async () => {
        const socket = await limit.wait('connection', openTransport(this.#client.server, limit.signal))
        opened.push(socket)
        return socket
      },
      step: async (step) => await limit.wait(WHAT[step], this.#startOpening().step(step)),
      tryVersion: async (wanted) => {
        const connection = await this.#tryVersion(wanted, limit, connect)
        opened.push({ connection, destroy: () => connection.lane.destroy() })
        this.#base ??= { version: wanted, limits: connection.limits }
        return connection
      },
    }
  }

  /** Closes what a check has opened. */
  async close(opened: readonly Closable[]): Promise<void> {
    await Promise.all(opened.map(leave))
  }

  /** @returns why not, if it does not. */
  async findOutWhetherItAnswers(): Promise<string | undefined> {
    const limit = new Limit(this.#settings.timeoutMs, this.#settings.signal)
    try {
      await leave(await this.#connect({}, limit))
      return undefined
    } catch (error) {
      return (error as Error).message
    } finally {
      limit.clear()
    }
  }

  /** Removes what checks have left at the broker: in a time of its own, also when the user has stopped. */
  async cleanUp(): Promise<void> {
    if (this.ledger.isEmpty) return
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

  #startOpening(): Opening {
    const { timeoutMs, signal } = this.#settings
    if (this.#opening === undefined) {
      const limit = new Limit(timeoutMs, signal)
      const client = clientFor(this.#client, this.#settings.versions[0]!, {})
      const attempt = { clientId: this.#newClientId(), cleanStart: true }
      const opening = new Opening((observer) => {
        const opened = openConnection({ ...client, observer }, attempt, new PacketIds(), limit.signal)
        return limit.wait('CONNACK', opened).finally(() => limit.clear())
      })
      this.#opening = { opening, limit }
    }
    return this.#opening.opening
  }

  /** @throws Unsupported when the broker refuses this version, and there is or may be another one. */
  async #tryVersion(
    version: ProtocolVersion,
    limit: Limit,
    connect: (options: ConnectOptions) => Promise<CheckClient>,
  ): Promise<Connection> {
    const { username, password } = this.#client
    if (version < 5 && password !== undefined && username === undefined) {
      throw new Unsupported('a password without a user name needs MQTT 5')
    }
    const { versions } = this.#settings
    const first = this.#startOpening()
    try {
      if (version === versions[0]) return await limit.wait('CONNACK', first.connection)
      return (await connect({ version })).connection
    } catch (error) {
      const isLast = this.#base === undefined && version === versions.at(-1)
      if (isLast || !isVersionRefusal(error)) throw error
      throw new Unsupported(
        error instanceof RefusedError ? reasonName(error.reasonCode) : 'the broker closes the connection',
      )
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
}

/** Ends a connection, with DISCONNECT if there is still time. */
async function leave(client: Closable): Promise<void> {
  const { connection } = client
  if (connection !== undefined && !connection.lane.isClosed) {
    await Promise.race([connection.disconnect().catch(() => {}), delay(LEAVE_MS)])
  }
  client.destroy()
}
