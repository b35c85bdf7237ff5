import { describe, expect, it } from 'vitest'
import { certificates } from '../support/certificates.ts'
import { startFaultyBroker } from '../support/faulty-broker.ts'
import { hasMosquittoClients, mosquittoPub, mosquittoSub } from '../support/mosquitto-clients.ts'
import type { Program } from '../support/program.ts'
import { knownFaulty } from './known-broker.ts'
import { brokerScenarios, carriesEveryQos } from './scenarios.ts'

describe('the faulty broker without a fault', () => {
  brokerScenarios(() => knownFaulty({ limits: { maximumPacketSize: 2 ** 21 } }), ['31', '311', '5'])

  it('is reached over TLS and WebSocket', async () => {
    const { ca, server } = await certificates()
    const { urls } = await startFaultyBroker({ websocket: true, tls: { ...server, cafile: ca } })
    await carriesEveryQos(['-L', urls.tls, '--cafile', ca])
    await carriesEveryQos(['-L', urls.ws])
    await carriesEveryQos(['-L', urls.wss, '--cafile', ca])
  })

  it.skipIf(!hasMosquittoClients).each(['mqttv31', 'mqttv311', 'mqttv5'])(
    "serves mosquitto's clients, -V %s",
    async (version) => {
      const { port, subscribed } = await knownFaulty()
      const at = ['-h', '127.0.0.1', '-p', String(port), '-V', version]
      await succeeds(mosquittoPub([...at, '-t', 'a/kept', '-m', 'kept', '-r', '-q', '2']))
      const subscriber = mosquittoSub([...at, '-t', 'a/#', '-q', '2', '-F', '%r %q %t %p', '-C', '3'])
      await subscribed('a/#')
      await succeeds(mosquittoPub([...at, '-t', 'a/b', '-m', 'live', '-q', '2']))
      const doomed = mosquittoSub([
        ...at,
        '-t',
        'x',
        '--will-topic',
        'a/will',
        '--will-payload',
        'gone',
        '--will-qos',
        '2',
      ])
      await subscribed('x')
      doomed.kill('SIGKILL')
      await succeeds(subscriber)
      expect(subscriber.stdout.toString()).toBe('1 2 a/kept kept\n0 2 a/b live\n0 2 a/will gone\n')
    },
  )
})

async function succeeds(program: Program): Promise<void> {
  expect(await program.exited, program.stderr).toEqual({ code: 0, signal: null })
}
