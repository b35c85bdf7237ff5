import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { atEndOfTest } from '../support/clean-up.ts'

describe('the clock of a run', () => {
  it('is the same in worker threads', async () => {
    const worker = new Worker(
      "require('node:worker_threads').parentPort.on('message', function () { this.postMessage(performance.now()) })",
      { eval: true },
    )
    atEndOfTest(() => worker.terminate())
    const before = performance.now()
    worker.postMessage('now')
    const [there] = (await once(worker, 'message')) as [number]
    expect(there).toBeGreaterThan(before)
    expect(there).toBeLessThan(performance.now())
  })
})
