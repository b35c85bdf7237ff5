import { expect, it } from 'vitest'
import { startScriptedBroker } from '../support/scripted-peer.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'

it.each([
  { how: 'that nobody catches', code: 'setTimeout(() => { throw new Error("oops") })' },
  { how: 'of a promise that nobody waits for', code: 'setTimeout(() => Promise.reject(new Error("oops")))' },
])('an error $how is a bug: exit status 70, and its stack', async ({ code }) => {
  const server = await startScriptedBroker()
  const oops = temporaryDirectory().write('oops.cjs', code)
  const subscriber = spawnTmqtt(['sub', '-L', server.url, '-t', 'a'], { env: { NODE_OPTIONS: `--require ${oops}` } })
  expect(await subscriber.exited).toEqual({ code: 70, signal: null })
  expect(subscriber.stderr).toMatch(/^tmqtt: this is a bug in tmqtt, please report it: Error: oops\n +at .*\n$/s)
})
