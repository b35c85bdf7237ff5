import { setImmediate } from 'node:timers/promises'
import { type Client, type ConnectOptions, connect } from '../../src/library/index.ts'
import type { Connack, Peer, ScriptedBroker } from '../support/scripted-peer.ts'

/** A client and the broker's end of its connection. It connects again at once. */
export async function connected(
  broker: ScriptedBroker,
  options: ConnectOptions = {},
  connack?: Connack,
): Promise<{ readonly client: Client; readonly peer: Peer }> {
  const connecting = connect(broker.url, { reconnect: { delayMs: 1, maxDelayMs: 1 }, ...options })
  const peer = await broker.connection()
  await peer.accept(connack)
  return { client: await connecting, peer }
}

/** Whether a promise is settled by now, with all that has come over the network. */
export async function settled(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  promise.then(settle, settle)
  await setImmediate()
  return isSettled
}
