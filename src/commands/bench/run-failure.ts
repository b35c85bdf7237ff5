import { totalOf } from '../../bench/metrics.ts'
import type { Result } from '../../bench/result.ts'
import { ConnectionLostError, ExitCode, RefusedError, TmqttError, UnreachableError } from '../../errors.ts'

/** Why there is nothing, or only a part; undefined when the run was one. */
export function failureOf(result: Result): TmqttError | undefined {
  const { connections, incomplete, measuredMs } = result
  const [worst] = Object.entries(connections.failed).sort(([, a], [, b]) => b - a)
  if (connections.connected === 0 && connections.intended > 0) {
    const reason = worst === undefined ? 'no CONNACK in time (--connect-timeout)' : worst[0]
    const code = reasonCode(reason)
    const text = `no client was connected: ${reason}`
    return code === undefined ? new UnreachableError(text) : new RefusedError(text, code)
  }
  if (incomplete === undefined) return allRefused(result)
  return measuredMs === 0 ? new TmqttError(incomplete, ExitCode.checkFailed) : new ConnectionLostError(incomplete)
}

/** A run of which the broker has taken nothing has measured nothing but that. */
function allRefused({ connections, messages }: Result): TmqttError | undefined {
  const { connected, subscriptionsRefused } = connections
  const refused = totalOf(subscriptionsRefused)
  if (refused > 0 && (refused >= connected || (messages.sent > 0 && messages.expected === 0)))
    return refusalOf('every subscription was refused', subscriptionsRefused)
  const rejected = totalOf(messages.rejected)
  if (rejected > 0 && rejected === messages.sent) return refusalOf('every message was rejected', messages.rejected)
  return undefined
}

function refusalOf(what: string, reasons: Readonly<Record<string, number>>): TmqttError {
  const [reason = ''] = Object.keys(reasons)
  const code = reasonCode(reason)
  const text = `${what}: ${reason}`
  return code === undefined ? new ConnectionLostError(text) : new RefusedError(text, code)
}

/** Of a refusal: what stands in brackets behind its name. */
function reasonCode(reason: string): number | undefined {
  const code = / \((\d+)\)/.exec(reason)?.[1]
  return code === undefined ? undefined : Number(code)
}
