import type { ClientOptions } from '../mqtt/client-options.ts'

/** Options of a client that is none of those measured: it leaves neither a session nor a will on the broker. */
export function passing({ will, ...options }: ClientOptions): ClientOptions {
  const connect = options.properties.connect.filter(([name]) => name !== 'session-expiry-interval')
  return { ...options, cleanStart: true, properties: { ...options.properties, connect } }
}
