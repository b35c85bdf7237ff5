import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { spawnTmqtt } from '../support/spawn.ts'

const COUNT = 100_000
const numbers = Array.from({ length: COUNT }, (_, at) => `${at + 1}\n`).join('')

describe.skipIf(!hasMosquitto)('pub -l -q 1 to sub -q 1 over mosquitto', () => {
  it.each([{ what: 'runs through' }, { what: 'is stopped for a second', stopMs: 1000 }])(
    `hands on ${COUNT} lines in order when the broker $what`,
    async ({ stopMs }) => {
      const broker = await startMosquitto({ quiet: true })
      const at = ['-L', broker.urls.tcp, '-t', 'a', '-q', '1']
      const subscriber = spawnTmqtt(['sub', ...at, '-C', String(COUNT)])
      await broker.waitForLog(/ 1 a$/m)
      const publisher = spawnTmqtt(['pub', ...at, '-l'], { input: numbers })
      if (stopMs !== undefined) {
        await subscriber.waitForStdout('\n1000\n')
        broker.pause()
        // A broker that is stopped gives no sign: the time itself is what is tested.
        await delay(stopMs)
        broker.resume()
      }
      expect(await publisher.exited, publisher.stderr).toEqual({ code: 0, signal: null })
      expect(await subscriber.exited, subscriber.stderr).toEqual({ code: 0, signal: null })
      expect(subscriber.stdout.toString() === numbers).toBe(true)
    },
  )
})
