import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Connection } from '../mqtt/connection.ts'
import type { Server, StepObserver } from '../mqtt/transport.ts'
import { certificateFindings } from './certificate.ts'
import type { Findings } from './check.ts'

export type OpeningStep = 'name' | 'tcp' | 'tls' | 'websocket'

/** The steps that a connection to this server takes before CONNECT. */
export function stepsTo({ host, unix, proxy, tls, websocket }: Server): readonly OpeningStep[] {
  const steps: OpeningStep[] = []
  if (unix === undefined && proxy === undefined && isIP(host) === 0) steps.push('name')
  steps.push('tcp')
  if (tls !== undefined) steps.push('tls')
  if (websocket !== undefined) steps.push('websocket')
  return steps
}

/** The first connection, of which each step is a check of its own. */
export class Opening implements StepObserver {
  /** Rejects with the reason why there is none. */
  readonly connection: Promise<Connection>
  readonly #done = new Map<OpeningStep, Findings>()
  #since = performance.now()
  #waiting: (() => void)[] = []

  constructor(open: (observer: Opening) => Promise<Connection>) {
    this.connection = open(this)
    this.connection.catch(() => {}).finally(() => this.#wake())
  }

  /** @throws the reason why the connection has not come as far. */
  async step(step: OpeningStep): Promise<Findings> {
    for (;;) {
      const findings = this.#done.get(step)
      if (findings !== undefined) return findings
      const changed = new Promise<void>((resolve) => this.#waiting.push(resolve))
      // Rejects where the connection fails at this step.
      const isOpen = await Promise.race([changed, this.connection.then(() => true)])
      if (isOpen && !this.#done.has(step)) throw new Error(`connected without the step '${step}'`)
    }
  }

  resolved(address: string): void {
    // Of a name with several addresses, the first one that is tried.
    if (!this.#done.has('name')) this.#finish('name', { notes: [address], fields: { address } })
  }

  connected(address: string | undefined): void {
    this.#finish('tcp', address === undefined ? {} : { notes: [address], fields: { address } })
  }

  secured(socket: TLSSocket): void {
    this.#finish('tls', certificateFindings(socket, Date.now()))
  }

  upgraded(): void {
    this.#finish('websocket', {})
  }

  #finish(step: OpeningStep, findings: Findings): void {
    const now = performance.now()
    this.#done.set(step, { ...findings, timeMs: now - this.#since })
    this.#since = now
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}
