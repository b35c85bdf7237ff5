import { ConnectionLostError, ExitCode, RefusedError, TmqttError } from '../errors.ts'
import { safeText } from '../formatters/terminal-safe.ts'
import type { Io } from '../io.ts'
import type { ClientOptions } from '../mqtt/client-options.ts'
import { MalformedPacketError } from '../mqtt/malformed.ts'
import type { Session } from '../mqtt/session.ts'
import { addressOf } from '../mqtt/transport.ts'
import type { ConnectionValues } from '../options/connection.ts'
import type { SubscribeValues } from '../options/subscribe.ts'
import { withSpinner } from '../terminal/spinner.ts'
import { DebugOutput } from './debug-output.ts'

/** What a command adds to the shared connection options. */
export interface ClientNeeds {
  /** Attempts to connect again unless --reconnect says otherwise. */
  readonly reconnectAttempts: number
  /** Most QoS 1 and 2 messages that the broker may send unacknowledged. */
  readonly receiveMaximum?: number
  /** It releases each message when it is done with it. */
  readonly releasesMessages?: boolean
}

/** Every topic filter to subscribe to, once. */
export function filtersOf({
  topic,
  url,
}: Pick<SubscribeValues, 'topic'> & Pick<ConnectionValues, 'url'>): readonly string[] {
  return [...new Set([...topic, ...(url?.topic === undefined ? [] : [url.topic])])]
}

/** Prints lines for the user on stderr, as `tmqtt sub: …`. */
export function noticeTo(io: Io, command: string): (text: string) => void {
  return (text) => io.stderr.write(`tmqtt ${command}: ${safeText(text)}\n`)
}

/** Reads the files and asks for the passwords that the options name. Everything wrong shows here, before connecting. */
export async function prepareClient(
  values: ConnectionValues,
  io: Io,
  command: string,
  signal: AbortSignal,
  needs: ClientNeeds,
): Promise<ClientOptions> {
  const { clientOptions } = await import('../mqtt/client-options.ts')
  const secrets = await askSecrets(values, signal)
  const printers = { warn: noticeTo(io, command), debug: new DebugOutput(io) }
  return clientOptions(values, { env: io.env, pid: io.pid, ...printers, ...needs, ...secrets })
}

/** Asks on the terminal for the passwords that the options leave to it. */
export async function askSecrets(
  values: ConnectionValues,
  signal: AbortSignal,
): Promise<{ readonly password?: Buffer; readonly keyPassword?: string }> {
  const { needsKeyPassword } = await import('../mqtt/tls-options.ts')
  const secrets: { password?: Buffer; keyPassword?: string } = {}
  if (values.passwordPrompt || needsKeyPassword(values)) {
    const { askSecret } = await import('../terminal/prompt.ts')
    if (values.passwordPrompt) {
      const password = await askSecret('Password: ', '--password-file or TMQTT_PASSWORD', signal)
      secrets.password = Buffer.from(password)
    }
    if (needsKeyPassword(values))
      secrets.keyPassword = await askSecret(`Password of ${values.key}: `, 'TMQTT_KEY_PASSWORD', signal)
  }
  return secrets
}

/** Connects. MQTT.js is loaded only here, so that help and wrong usage stay quick. */
export async function openSession(
  options: ClientOptions,
  io: Io,
  command: string,
  signal: AbortSignal,
): Promise<Session> {
  const { Session } = await import('../mqtt/session.ts')
  const connecting = Session.connect(options, { signal, notice: noticeTo(io, command) })
  return await withSpinner(io, `connecting to ${safeText(addressOf(options.server))}`, connecting)
}

/** Prepares and connects by MQTT 5, or 3.1.1 where the broker refuses that; unless the user has chosen. */
export async function openNewest(
  values: ConnectionValues,
  io: Io,
  command: string,
  needs: ClientNeeds,
): Promise<Session> {
  const { protocolVersion = 5 } = values
  const client = await prepareClient({ ...values, protocolVersion }, io, command, io.signal, needs)
  try {
    return await openSession(client, io, command, io.signal)
  } catch (error) {
    const isVersion = error instanceof RefusedError && UNSUPPORTED_VERSION.includes(error.reasonCode)
    if (values.protocolVersion !== undefined || !isVersion) throw error
    return await openSession({ ...client, protocolVersion: 4 }, io, command, io.signal)
  }
}

/** Before MQTT 5, and since. */
const UNSUPPORTED_VERSION = [1, 132]

/** Resolves or rejects as the work does, unless the signal is aborted first: then rejects with its reason. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let stop: () => void = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Waits for the work, which may fail, but no longer than this. @returns whether it has come to its end. */
export async function endedWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false)
  })
  const ended = work.then(
    () => true,
    () => true,
  )
  return await Promise.race([ended, late]).finally(() => clearTimeout(timer))
}

/** What `-W` asks for: a signal that is aborted after `ms`, with the failure to exit with. */
export function timeLimit(ms: number | undefined): { readonly signal: AbortSignal; clear(): void } {
  const controller = new AbortController()
  if (ms === undefined) return { signal: controller.signal, clear: () => {} }
  const reason = new TmqttError(`timed out after ${ms / 1000} s (-W)`, ExitCode.timedOut)
  const timer = setTimeout(() => controller.abort(reason), ms)
  return { signal: controller.signal, clear: () => clearTimeout(timer) }
}

/** The failure as it is printed: properties of a message that turn out to be malformed are the broker's fault. */
export function blameBroker(error: unknown): unknown {
  if (!(error instanceof MalformedPacketError)) return error
  return new ConnectionLostError(`the broker does not speak MQTT as it should: it sent ${error.message}`)
}
