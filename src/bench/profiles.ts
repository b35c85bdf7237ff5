import { type ClientOptions, clientOptions } from '../mqtt/client-options.ts'
import type { Server } from '../mqtt/transport.ts'
import { expand } from './names.ts'
import type { Plan } from './plan.ts'
import type { Member } from './roster.ts'

/** Makes the ClientOptions of each client; what clients have in common is made once. */
export class Profiles {
  readonly #plan: Plan
  /** One for each broker. */
  readonly #templates: readonly ClientOptions[]
  /** By broker and local address. */
  readonly #servers = new Map<string, Server>()

  /** @throws UsageError as `clientOptions` does. */
  constructor(plan: Plan, warn: (text: string) => void) {
    this.#plan = plan
    const { values, env, password, keyPassword } = plan.client
    const defaults = {
      env,
      pid: 0,
      reconnectAttempts: 0,
      warn,
      debug: { print: () => {}, taken: async () => {} },
      ...(password === undefined ? {} : { password }),
      ...(keyPassword === undefined ? {} : { keyPassword }),
    }
    // Of every packet of thousands of clients nobody wants to be told.
    const quiet = { ...values, debug: false }
    const brokers = plan.brokers.length === 0 ? [{}] : plan.brokers
    this.#templates = brokers.map((broker) => clientOptions({ ...quiet, ...broker }, defaults))
  }

  /** Takes part of the time that the first connection would. */
  async prepare(): Promise<void> {
    if (!this.#templates.some(({ server }) => server.tls !== undefined)) return
    const { createSecureContext } = await import('node:tls')
    // Made of some hundred certificates; each connection would make its own.
    for (const { server } of this.#templates)
      if (server.tls !== undefined) Object.assign(server.tls, { secureContext: createSecureContext(server.tls) })
  }

  optionsOf({ role, clientNumber, clientId, username, password }: Member): ClientOptions {
    const at = clientNumber % this.#templates.length
    const template = this.#templates[at]!
    const { will } = template
    const names = { number: clientNumber, clientId, ...(username === undefined ? {} : { username }) }
    return {
      ...template,
      server: this.#serverOf(template, at, clientNumber),
      clientId,
      // Who comes back to a session would have to send again what was not acknowledged there [MQTT-4.4.0-1].
      ...(role === 'publisher' && this.#plan.churn !== undefined ? { cleanStart: true } : {}),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: Buffer.from(password) }),
      ...(will === undefined ? {} : { will: { ...will, topic: expand(will.topic, names) } }),
    }
  }

  #serverOf({ server }: ClientOptions, at: number, clientNumber: number): Server {
    const { bindAddresses } = this.#plan
    if (bindAddresses.length === 0) return server
    const bindAddress = bindAddresses[Math.floor(clientNumber / this.#templates.length) % bindAddresses.length]!
    const key = `${at} ${bindAddress}`
    const known = this.#servers.get(key) ?? { ...server, bindAddress }
    this.#servers.set(key, known)
    return known
  }
}
