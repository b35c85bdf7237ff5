import { atEndOfTest } from './clean-up.ts'
import { Collected, type Wanted } from './collected.ts'
import type { Shared } from './faulty/client.ts'
import { Connection } from './faulty/connection.ts'
import type { Message } from './faulty/delivery.ts'
import { Exchange } from './faulty/exchange.ts'
import type { Fault } from './faulty/faults.ts'
import { type Limits, usualLimits } from './faulty/limits.ts'
import type { Version } from './faulty/requests.ts'
import { type ListenerSettings, type Listeners, listen } from './listeners.ts'

export { type Fault, faults } from './faulty/faults.ts'

export interface FaultyBrokerOptions extends ListenerSettings {
  /** What it does wrong; without it, nothing. */
  readonly fault?: Fault | undefined
  /** How long `reorders` holds a message back when no other comes. */
  readonly swapMs?: number
  /** What it can't do, and says so in the CONNACK of MQTT 5. */
  readonly limits?: Partial<Limits>
  /** Protocol levels it accepts: 3 (MQTT 3.1), 4 (3.1.1), 5; all of them by default. */
  readonly versions?: readonly Version[]
  /** The only one who may connect. */
  readonly authenticate?: { readonly username: string; readonly password: string }
}

export interface FaultyBroker extends Pick<Listeners, 'ports' | 'urls'>, AsyncDisposable {
  /** That of `ports.tcp`. */
  readonly port: number
  readonly url: string
  /** Number of open connections. */
  readonly connections: number
  /** What clients have published so far, wills too. */
  readonly published: readonly Message[]
  /** By topic; `$SYS/broker/version` is always there. */
  readonly retained: ReadonlyMap<string, Message>
  /** Client identifiers of the sessions, connected or not. */
  readonly sessions: readonly string[]
  /** Lines `connected CLIENT`, `: CLIENT QOS FILTER` once subscribed, `closed CLIENT`. */
  waitForLog(wanted: Wanted): Promise<string>
  stop(): Promise<void>
}

/** Starts a broker in this process, for MQTT 3.1, 3.1.1 and 5, that keeps to the specification but for one fault. */
export async function startFaultyBroker(options: FaultyBrokerOptions = {}): Promise<FaultyBroker> {
  const { fault, swapMs, limits, versions = [3, 4, 5], authenticate, ...listeners } = options
  const log = new Collected()
  const exchange = new Exchange(fault, swapMs)
  const shared: Shared = {
    fault,
    limits: { ...usualLimits, ...limits },
    versions,
    authenticate,
    exchange,
    log: (line) => log.append(Buffer.from(`${line}\n`)),
    silent: false,
  }
  const { ports, urls, sockets, close } = await listen(listeners, (stream) => {
    new Connection(stream, shared)
  })
  const stop = async () => {
    await close()
    exchange.stop()
    log.end('the faulty broker was stopped')
  }
  atEndOfTest(stop)
  return {
    port: ports.tcp,
    url: urls.tcp,
    ports,
    urls,
    get connections() {
      return sockets.size
    },
    published: exchange.published,
    retained: exchange.retained,
    get sessions() {
      return [...exchange.sessions.keys()]
    },
    waitForLog: (wanted) => log.waitFor(wanted),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
