import { HungUpError, RefusedError } from '../errors.ts'
import type { ClientOptions } from '../mqtt/client-options.ts'
import type { Property } from '../mqtt/property-table.ts'
import type { ProtocolVersion } from '../options/connection.ts'
import type { ConnectOptions } from './context.ts'

/** Seconds after which the broker forgets by itself a session that could not be ended. */
const SESSION_EXPIRY_S = 60

/** The client of the user, without will and session of its own, as a check wants it. */
export function clientFor(
  client: ClientOptions,
  version: ProtocolVersion,
  { persistent = false, will }: ConnectOptions,
): ClientOptions {
  const { will: _, properties, ...rest } = client
  const isTheirs = ([name]: Property) => name !== 'session-expiry-interval'
  const expiry: Property[] = persistent ? [['session-expiry-interval', SESSION_EXPIRY_S]] : []
  const none = { connect: [], will: [], subscribe: [], unsubscribe: [], disconnect: [] }
  return {
    ...rest,
    protocolVersion: version,
    cleanStart: !persistent,
    ...(will === undefined ? {} : { will: { ...will, qos: 1, retain: false } }),
    properties: version < 5 ? none : { ...none, connect: [...properties.connect.filter(isTheirs), ...expiry] },
  }
}

/** Whether this is how a broker refuses a protocol version; an old one may just close the connection. */
export function isVersionRefusal(error: unknown): boolean {
  if (error instanceof RefusedError) return error.reasonCode === 1 || error.reasonCode === 132
  return error instanceof HungUpError
}
