import { type Check, must, Unsupported } from './check.ts'
import type { Context } from './context.ts'

export const sessions: readonly Check[] = [
  {
    name: 'session-present',
    title: 'a persistent session is there when its client comes back, and not before',
    clause: 'MQTT-3.2.2-3',
    clause3: 'MQTT-3.2.2-2',
    since: 4,
    needs: ['qos-1'],
    async run(context) {
      const { connection } = await comeBack(context)
      must(connection.sessionPresent, 'session present was 0 for a session that was to be kept')
      return undefined
    },
  },
  {
    name: 'session-queue',
    title: 'messages at QoS 1 wait for the client of a persistent session',
    clause: 'MQTT-4.5.0-1',
    clause3: 'MQTT-3.1.2-5',
    needs: ['session-present'],
    async run(context) {
      const { connect, topic } = context
      const client = await comeBack(context, async () => {
        const publisher = await connect()
        for (const payload of ['1', '2', '3']) await publisher.publish({ topic: topic('t'), payload })
      })
      for (const payload of ['1', '2', '3']) await client.message(topic('t'), payload)
      return undefined
    },
  },
  {
    name: 'session-clean',
    title: 'clean start leaves nothing of a session',
    clause: 'MQTT-3.2.2-2',
    clause3: 'MQTT-3.2.2-1',
    needs: ['session-present'],
    async run({ connect, topic, newClientId }) {
      const clientId = newClientId()
      const before = await connect({ clientId, persistent: true })
      await before.subscribe(topic('before'))
      await before.disconnect()
      const publisher = await connect()
      await publisher.publish({ topic: topic('before'), payload: 'queued' })
      const client = await connect({ clientId })
      must(!client.connection.sessionPresent, 'session present was 1 after clean start')
      await client.subscribe(topic('now'))
      await publisher.publish({ topic: topic('before'), payload: 'live' })
      await publisher.publish({ topic: topic('now') })
      await client.message(topic('now'))
      must(client.received(topic('before'), 'queued').length === 0, 'a message that was queued before came')
      must(client.received(topic('before')).length === 0, 'the subscription from before was still there')
      return undefined
    },
  },
]

/** A client with a persistent session and a subscription, that left and is back. */
async function comeBack({ connect, topic, newClientId }: Context, meanwhile = async () => {}) {
  const clientId = newClientId()
  const before = await connect({ clientId, persistent: true })
  if (before.connection.limits.sessionExpiryInterval === 0) throw new Unsupported('the broker keeps no sessions')
  must(!before.connection.sessionPresent, 'session present was 1 for a client identifier that is new')
  await before.subscribe(topic('t'))
  await before.disconnect()
  await meanwhile()
  return await connect({ clientId, persistent: true })
}
