import { type ClientOptions, clientOptions, type Defaults } from '../../src/mqtt/client-options.ts'
import { type ConnectionValues, connectionOptions } from '../../src/options/connection.ts'
import { resolve } from '../../src/options/resolve.ts'

/** Texts of options, by key. */
export type Texts = Readonly<Record<string, string | readonly string[]>>

export function valuesOf(given: Texts): ConnectionValues {
  const texts = new Map(Object.entries(given).map(([key, text]) => [key, [text].flat()]))
  return resolve(connectionOptions, [{ texts, nameOf: (key) => key }])
}

export function optionsOf(given: Texts, defaults: Partial<Defaults> = {}): ClientOptions {
  const printers = { warn: () => {}, debug: { print: () => {}, taken: async () => {} } }
  return clientOptions(valuesOf(given), { env: {}, pid: 4711, reconnectAttempts: 0, ...printers, ...defaults })
}
