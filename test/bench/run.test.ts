import { describe, expect, it } from 'vitest'
import { startFaultyBroker } from '../support/faulty-broker.ts'
import { planFor, startBench } from './plan-for.ts'

describe('a run against a sound broker', () => {
  it.each([0, 1, 2] as const)('counts every message once at QoS %d', async (qos) => {
    const broker = await startFaultyBroker()
    const options = { qos, retainHandling: 0, retainAsPublished: false } as const
    const run = startBench(
      planFor(broker.port, {
        publish: { clients: 3, qos },
        subscribe: { clients: 2, options },
        phases: { messages: 500 },
      }),
    )
    const { messages, connections, incomplete } = await run.result
    expect(incomplete).toBeUndefined()
    expect(connections).toMatchObject({ intended: 5, connected: 5, failed: {}, lost: {} })
    expect(messages).toEqual({
      intended: 500,
      sent: 500,
      acknowledged: 500,
      rejected: {},
      unanswered: 0,
      expected: 1000,
      received: 1000,
      lost: 0,
      duplicates: 0,
      outOfOrder: 0,
      foreign: 0,
    })
  })
})
