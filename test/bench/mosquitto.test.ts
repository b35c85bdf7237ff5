import { describe, expect, it } from 'vitest'
import { percentileOf } from '../../src/bench/latencies.ts'
import { certificates } from '../support/certificates.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { planFor, rate, startBench } from './plan-for.ts'

const options = (qos: 0 | 1 | 2) => ({ qos, retainHandling: 0, retainAsPublished: false }) as const

const allWell = { rejected: {}, unanswered: 0, lost: 0, duplicates: 0, outOfOrder: 0, foreign: 0 }

describe.skipIf(!hasMosquitto)('a run against mosquitto', () => {
  it.each([0, 1, 2] as const)(
    'delivers every message from many to one, and from one to many, at QoS %d',
    async (qos) => {
      await using broker = await startMosquitto({ quiet: true, config: ['max_queued_messages 0'] })
      const fanIn = await startBench(
        planFor(broker.ports.tcp, {
          // More at QoS 2 and mosquitto hangs up.
          publish: { clients: 20, qos, topic: 'in/%i', inflight: 20 },
          subscribe: { clients: 1, filter: 'in/+', options: options(qos) },
          phases: { messages: 1000 },
        }),
      ).result
      expect(fanIn.messages).toMatchObject({ ...allWell, sent: 1000, acknowledged: 1000, received: 1000 })
      const fanOut = await startBench(
        planFor(broker.ports.tcp, {
          // More at QoS 2 and mosquitto hangs up.
          publish: { clients: 1, qos, topic: 'out', inflight: 20 },
          subscribe: { clients: 20, filter: 'out', options: options(qos) },
          phases: { messages: 500 },
        }),
      ).result
      expect(fanOut.messages).toMatchObject({ ...allWell, sent: 500, acknowledged: 500, received: 10_000 })
    },
  )

  it.each([1, 2])('comes to the same totals with %d workers', async (workers) => {
    await using broker = await startMosquitto({ quiet: true })
    const { messages, connections, measured, intervals } = await startBench(
      planFor(broker.ports.tcp, {
        workers,
        publish: { clients: 10, qos: 1, topic: 'a/%i', segments: rate(4000), poisson: true },
        subscribe: { clients: 4, filter: 'a/#', options: options(1) },
        idle: 3,
        phases: { warmupMs: 100, messages: 1503, settleMs: 50 },
      }),
    ).result
    expect(connections).toMatchObject({ intended: 17, connected: 17, failed: {}, lost: {} })
    expect(messages).toMatchObject({ ...allWell, intended: 1503, sent: 1503, acknowledged: 1503, received: 6012 })
    expect(measured.endToEnd).toMatchObject({ count: 6012, negative: 0 })
    expect(measured.connack.count).toBe(17)
    expect(intervals.at(-1)!.connected).toBe(17)
  })

  it('delivers each message to one of a shared group', async () => {
    await using broker = await startMosquitto({ quiet: true })
    const { messages } = await startBench(
      planFor(broker.ports.tcp, {
        connection: { protocolVersion: '5' },
        publish: { clients: 3, qos: 1 },
        subscribe: { clients: 5, filter: '$share/group/bench/#', options: options(1) },
        phases: { messages: 1000 },
      }),
    ).result
    expect(messages).toMatchObject({ ...allWell, sent: 1000, expected: 1000, received: 1000 })
  })

  it('begins when enough clients are connected, and goes on without the others', async () => {
    const credentials = [
      { username: 'alice', password: 'right' },
      { username: 'alice', password: 'wrong' },
    ]
    await using broker = await startMosquitto({ password: { username: 'alice', password: 'right' }, quiet: true })
    const parts = { idle: 10, credentials, publish: { clients: 10 }, subscribe: { clients: 2 } }
    const { messages, connections, incomplete } = await startBench(
      planFor(broker.ports.tcp, { ...parts, phases: { minConnected: 0.5, messages: 100 } }),
    ).result
    expect(incomplete).toBeUndefined()
    expect(connections).toMatchObject({ intended: 22, connected: 11, failed: { 'not authorized (5)': 11 } })
    expect(messages).toMatchObject({ ...allWell, intended: 100, sent: 50, expected: 50, received: 50 })
    const refused = await startBench(
      planFor(broker.ports.tcp, { ...parts, phases: { minConnected: 0.51, messages: 100 } }),
    ).result
    expect(refused.incomplete).toBe('only 11 of 22 clients were connected, and 12 were to be (--min-connected)')
    expect(refused.messages.intended).toBe(0)
  })

  it('ends when the broker is killed midway, with counts that balance', async () => {
    await using broker = await startMosquitto({ quiet: true })
    const run = startBench(
      planFor(broker.ports.tcp, {
        publish: { clients: 3, qos: 1 },
        subscribe: { clients: 2, options: options(1) },
        phases: { measureMs: 60_000, drainMs: 60_000 },
        intervalMs: 50,
      }),
    )
    await run.received(100)
    await broker.kill('SIGKILL')
    const { messages, connections, incomplete } = await run.result
    expect(incomplete).toBe('every connection was lost')
    expect(Object.values(connections.lost).reduce((sum, count) => sum + count, 0)).toBe(5)
    expect(messages.received).toBeGreaterThanOrEqual(100)
    expect(messages.sent).toBe(messages.acknowledged + messages.unanswered)
    expect(messages.expected).toBe(messages.sent * 2)
    expect(messages.expected).toBe(messages.received + messages.lost!)
  })

  it('shows a stall of the broker in what is measured from when messages were due', async () => {
    await using broker = await startMosquitto({ quiet: true })
    const run = startBench(
      planFor(broker.ports.tcp, {
        publish: { clients: 5, qos: 1, inflight: 10 },
        subscribe: { clients: 1 },
        phases: { measureMs: 2000 },
        intervalMs: 50,
      }),
    )
    await run.received(300)
    broker.pause()
    await run.waiting(500)
    broker.resume()
    const { messages, measured, measuredMs, receivingMs, acknowledgingMs } = await run.result
    expect(messages).toMatchObject({ ...allWell, intended: 2000, sent: 2000, received: 2000 })
    expect([receivingMs >= measuredMs, acknowledgingMs >= measuredMs]).toEqual([true, true])
    // Those that were due in the stall, not only the window that was on its way.
    expect(measured.waited.count).toBeGreaterThanOrEqual(500)
    expect(percentileOf(measured.endToEnd, 90)).toBeGreaterThan(100_000)
    expect(measured.endToEnd.max).toBeGreaterThan(500_000)
  })

  it.each([1, 2])('connects by TLS and WebSocket as the options say, with %d workers', async (workers) => {
    const { server, ca } = await certificates()
    await using broker = await startMosquitto({ quiet: true, websocket: true, tls: { ...server, cafile: ca } })
    const { messages, measured } = await startBench(
      planFor(broker.ports.wss, {
        workers,
        connection: { websocket: 'true', cafile: ca },
        publish: { clients: 2, qos: 1, payloadSize: 5000 },
        subscribe: { clients: 2, options: options(1) },
        // mosquitto is slow at WebSocket.
        phases: { messages: 50, drainMs: 60_000 },
      }),
    ).result
    expect(messages).toMatchObject({ ...allWell, sent: 50, received: 100 })
    expect([measured.tcp.count, measured.tls.count, measured.connack.count]).toEqual([4, 4, 4])
  })

  it('takes the brokers in turn', async () => {
    await using one = await startMosquitto({ quiet: true })
    await using other = await startMosquitto({ quiet: true })
    const brokers = [one, other].map(({ ports }) => ({ host: '127.0.0.1', port: ports.tcp }))
    const run = startBench(planFor(1, { brokers, idle: 5, phases: { measureMs: 0 } }))
    expect((await run.result).connections).toMatchObject({ intended: 5, connected: 5 })
    const connectedTo = (log: string) =>
      [...log.matchAll(/connected from .* as bench-(\d)/g)].map(([, number]) => number)
    expect([one, other].map((broker) => connectedTo(broker.log()))).toEqual([
      ['0', '2', '4'],
      ['1', '3'],
    ])
  })
})
