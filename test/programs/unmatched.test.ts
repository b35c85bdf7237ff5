import { describe, expect, it } from 'vitest'
import { type KnownBroker, knownAedes, knownMosquitto } from '../brokers/known-broker.ts'
import { hasMosquitto } from '../support/mosquitto.ts'
import { runCli } from '../support/run.ts'

const configurations = [
  { broker: 'aedes', version: '311', available: true, start: knownAedes },
  { broker: 'mosquitto', version: '311', available: hasMosquitto, start: knownMosquitto },
  { broker: 'mosquitto', version: '5', available: hasMosquitto, start: knownMosquitto },
]

describe.each(configurations)('on $broker with -V $version', ({ version, available, start }) => {
  describe.skipIf(!available)('a persistent session that was subscribed to more than now', () => {
    it.each([
      { args: [], lines: ['[] one', '[new] two', '[] three', '[new] four'] },
      { args: ['--unmatched', 'show'], lines: ['[] one', '[new] two', '[] three', '[new] four'] },
      { args: ['--unmatched', 'drop'], lines: ['[new] two', '[new] four'] },
      { args: ['--unmatched', 'only'], lines: ['[] one', '[] three'] },
      { args: ['--per-filter'], lines: ['[] one', '[new] two', '[] three', '[new] four'] },
      { args: ['--per-filter', '--unmatched', 'drop'], lines: ['[new] two', '[new] four'] },
      { args: ['--per-filter', '--unmatched', 'only'], lines: ['[] one', '[] three'] },
    ])('prints $lines with $args', async ({ args, lines }) => {
      const broker = await start()
      const session = ['sub', '-L', broker.url, '-V', version, '-i', 'keeper', '-c', '-q', '1']
      const before = runCli([...session, '-t', 'old', '-t', 'new'])
      await broker.subscribed('new', 'keeper')
      await publish(broker, version, '0', 'new', 'ready')
      await before.nextLine()
      before.abort('SIGTERM')
      expect(await before.exit, before.stderr).toBe(0)

      await publish(broker, version, '1', 'old', 'one')
      await publish(broker, version, '1', 'new', 'two')
      await publish(broker, version, '1', 'old', 'three')
      await publish(broker, version, '1', 'new', 'four')
      const now = runCli([...session, '-t', 'new', ...args, '-F', '[%{filter}] %p', '-C', String(lines.length)])
      expect(await now.exit, now.stderr).toBe(0)
      expect(now.stdout.toString()).toBe(`${lines.join('\n')}\n`)
    })
  })
})

async function publish(broker: KnownBroker, version: string, qos: string, topic: string, payload: string) {
  const publisher = runCli(['pub', '-L', broker.url, '-V', version, '-q', qos, '-t', topic, '-m', payload])
  expect(await publisher.exit, publisher.stderr).toBe(0)
}
