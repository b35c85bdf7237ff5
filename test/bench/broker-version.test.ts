import { describe, expect, it } from 'vitest'
import { brokerVersion } from '../../src/bench/broker-version.ts'
import { type Fault, startFaultyBroker } from '../support/faulty-broker.ts'
import { freePort } from '../support/free-port.ts'
import { monotonicUs } from '../support/run.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'
import { planFor } from './plan-for.ts'

const host = { id: 'here', monotonicUs }

describe('the version of the broker', () => {
  it.each(['31', '311', '5'])('is what it says on $SYS/broker/version, with -V %s', async (protocolVersion) => {
    const broker = await startFaultyBroker()
    expect(await brokerVersion(planFor(broker.port, { connection: { protocolVersion } }), host)).toBe('faulty broker')
    await broker.waitForLog('closed bench-0-version')
  })

  it.each<Fault>(['never answers CONNECT', 'refuses SUBSCRIBE', 'drops SUBACK'])(
    'is unknown soon where the broker %s',
    async (fault) => {
      const broker = await startFaultyBroker({ fault })
      // SUBACK is not needed for a message to come.
      const expected = fault === 'drops SUBACK' ? 'faulty broker' : undefined
      expect(await brokerVersion(planFor(broker.port), host)).toBe(expected)
    },
  )

  it('is unknown where nobody listens', async () => {
    expect(await brokerVersion(planFor(await freePort()), host)).toBeUndefined()
  })

  it('leaves no session and no will behind', async () => {
    const broker = await startFaultyBroker()
    const connection = { protocolVersion: '5', persistentSession: 'true', clientId: 'a', sessionExpiryInterval: '100' }
    expect(await brokerVersion(planFor(broker.port, { connection }), host)).toBe('faulty broker')
    await broker.waitForLog('closed bench-0-version')
    expect(broker.sessions).toEqual([])
  })

  it('says goodbye where it waits in vain, and has no will', async () => {
    const server = await startScriptedBroker()
    const connection = { willTopic: 'gone', willPayload: 'x' }
    const version = brokerVersion(planFor(server.port, { connection }), host)
    const peer = await server.connection()
    const connect = await peer.accept()
    expect(connect.bytes.includes('gone')).toBe(false)
    await peer.acceptSubscribe(0)
    await peer.packet('DISCONNECT')
    peer.end()
    expect(await version).toBeUndefined()
  })
})
