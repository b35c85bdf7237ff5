import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { type ConnectOptions, connect, subscribe } from '../../src/library/index.ts'
import { freePort } from '../support/free-port.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'

const secrets = { username: 'joe', password: 'canary-1', will: { topic: 'w', payload: 'canary-2' } }

/** As somebody might log it. */
function shown(value: unknown): string {
  return `${inspect(value, { depth: 20, showHidden: true, getters: true })} ${JSON.stringify(value)} ${value}`
}

it.each<[url: string, options: ConnectOptions]>([
  ['mqtt://HERE', secrets],
  ['mqtt://joe:canary-3@HERE', {}],
  ['http://joe:canary-3@HERE', {}],
  ['ws://HERE', { headers: { Authorization: 'canary-5' } }],
  ['mqtts://HERE', { tls: { key: 'canary-6', passphrase: 'canary-7' } }],
  ['mqtt://HERE', { ...secrets, username: 'joe\0' }],
])('an error of connecting has no secret in it: %s', async (url, options) => {
  const error = await connect(url.replace('HERE', `127.0.0.1:${await freePort()}`), options).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(Error)
  expect(shown(error)).not.toMatch(/canary-\d/)
})

it('neither a client nor a refusal nor a subscription shows a secret', async () => {
  const broker = await startScriptedBroker()
  const connecting = connect(broker.url, { ...secrets, reconnect: false })
  const peer = await broker.connection()
  await peer.accept()
  const client = await connecting
  expect(shown(client)).not.toMatch(/canary-\d/)
  const subscribing = subscribe(client, { t: 0 })
  await peer.acceptSubscribe(0)
  expect(shown(await subscribing)).not.toMatch(/canary-\d/)
  peer.destroy()
  const error = await client.closed.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(Error)
  expect(shown(error)).not.toMatch(/canary-\d/)
})
