import { setTimeout as delay } from 'node:timers/promises'
import { RefusedError, TmqttError } from '../errors.ts'
import type { ClientOptions } from '../mqtt/client-options.ts'
import { isWorthRetrying, openConnection } from '../mqtt/connection.ts'
import { PacketIds } from '../mqtt/packet-ids.ts'
import type { ProtocolVersion } from '../options/connection.ts'
import { clientFor, isVersionRefusal } from './attempt.ts'

export interface Waiting {
  readonly versions: readonly ProtocolVersion[]
  readonly clientId: string
  readonly waitMs: number
  /** Aborted when the user stops. */
  readonly signal: AbortSignal
  /** Told why the broker is not up, each reason once in a row. */
  readonly notice: (text: string) => void
}

const PAUSE_MS = 250

/**
 * Waits until the broker answers CONNECT, or will not by waiting: with wrong credentials, or a certificate that is not
 * trusted. What it comes to, the checks say.
 *
 * @throws the reason of the signal.
 */
export async function waitForBroker(client: ClientOptions, waiting: Waiting): Promise<void> {
  const end = performance.now() + waiting.waitMs
  let said = ''
  for (let left = waiting.waitMs; left > 0; left = end - performance.now()) {
    const reason = await tryOnce(client, waiting, end)
    if (reason === undefined) return
    if (reason !== said) waiting.notice(`waiting for the broker: ${reason}`)
    said = reason
    await delay(Math.max(0, Math.min(PAUSE_MS, end - performance.now())), undefined, { signal: waiting.signal }).catch(
      () => {
        throw waiting.signal.reason
      },
    )
  }
}

/** @returns why the broker is not up yet. */
async function tryOnce(client: ClientOptions, waiting: Waiting, end: number): Promise<string | undefined> {
  const { versions, clientId, signal } = waiting
  let reason: string | undefined
  for (const version of versions) {
    try {
      const attempt = { clientId, cleanStart: true }
      const connectTimeoutMs = Math.max(1, Math.min(client.connectTimeoutMs, end - performance.now()))
      const options = { ...clientFor(client, version, {}), connectTimeoutMs }
      const connection = await openConnection(options, attempt, new PacketIds(), signal)
      await connection.disconnect().catch(() => {})
      return undefined
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof TmqttError) || !isWorthRetrying(error)) {
        if (error instanceof RefusedError && isVersionRefusal(error)) continue
        return undefined
      }
      reason = error.message
      if (!isVersionRefusal(error)) break
    }
  }
  return reason
}
