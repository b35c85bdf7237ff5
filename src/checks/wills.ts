import { type Check, must } from './check.ts'

export const wills: readonly Check[] = [
  {
    name: 'will',
    title: 'the will is published when a connection ends without DISCONNECT',
    clause: 'MQTT-3.1.2-8',
    needs: ['qos-1'],
    async run({ connect, topic }) {
      const subscriber = await connect()
      await subscriber.subscribe(topic('t'))
      const client = await connect({ will: { topic: topic('t'), payload: Buffer.from('will') } })
      client.destroy()
      await subscriber.message(topic('t'), 'will')
      return undefined
    },
  },
  {
    name: 'will-disconnect',
    title: 'the will is not published after DISCONNECT',
    clause: 'MQTT-3.14.4-3',
    needs: ['will'],
    async run({ connect, topic }) {
      const subscriber = await connect()
      await subscriber.subscribe(topic('t'))
      const leaving = await connect({ will: { topic: topic('t'), payload: Buffer.from('of DISCONNECT') } })
      const vanishing = await connect({ will: { topic: topic('t'), payload: Buffer.from('fence') } })
      await leaving.disconnect()
      // Its will takes the same way, later: what the other one left would be there before.
      vanishing.destroy()
      await subscriber.message(topic('t'), 'fence')
      must(subscriber.received(topic('t'), 'of DISCONNECT').length === 0, 'the will was published')
      return undefined
    },
  },
]
