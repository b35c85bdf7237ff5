import { parentPort, workerData } from 'node:worker_threads'
import { Crew } from './crew.ts'
import type { CrewSetup, Order } from './orders.ts'

/** What a worker thread does: the orders that come from the main thread. */
export function runCrew(): void {
  const port = parentPort!
  const crew = new Crew(withBuffers(workerData) as CrewSetup, (report) => port.postMessage(report))
  port.on('message', (order: Order) => crew.order(order))
}

/** Between threads a Buffer becomes a Uint8Array. */
function withBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (Array.isArray(value)) return value.map(withBuffers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withBuffers(each)]))
}
