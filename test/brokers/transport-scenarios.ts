import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { certificates } from '../support/certificates.ts'
import { runCli } from '../support/run.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { carriesEveryQos, finish, run } from './scenarios.ts'
import { type Subject, transportsOf, versionsOf } from './subject.ts'

/** Ways to a broker beside plain TCP. */
export function transportScenarios({ limits, listeners }: Subject): void {
  describe.each(transportsOf(limits))('over %s', (transport) => {
    const reached = async () => {
      const url = (await listeners())[transport]!
      return ['-L', url, ...(transport === 'ws' ? [] : ['--cafile', (await certificates()).ca])]
    }

    it.each(versionsOf(limits))('is reached with -V %s', async (version) => {
      const everyQos = ['0', '1', '2'].slice(0, (limits.maximumQos ?? 2) + 1)
      await carriesEveryQos([...(await reached()), '-V', version], { everyQos })
    })

    const size = transport === 'tls' ? 2 ** 20 : (limits.webSocketPayload ?? 2 ** 20)
    it(`carries a payload of ${size / 1024} KiB`, async () => {
      const at = await reached()
      const payload = randomBytes(size)
      const file = temporaryDirectory().write('payload', payload)
      await run(['pub', ...at, '-t', 'large', '-r', '-q', '1', '-f', file])
      const subscriber = runCli(['sub', ...at, '-t', 'large', '-N', '-C', '1'])
      await finish(subscriber)
      expect(subscriber.stdout.equals(payload)).toBe(true)
      await run(['pub', ...at, '-t', 'large', '-r', '-q', '1', '-n'])
    })
  })
}
