import { type Check, must } from './check.ts'

/** Retained messages and what MQTT 5 lets a subscriber say of them. */
export const retained: readonly Check[] = [
  {
    name: 'retained',
    title: 'a retained message comes to who subscribes later, with the retain flag',
    clause: 'MQTT-3.3.1-5',
    needs: ['qos-1'],
    async run({ connect, topic }) {
      await (await connect()).publish({ topic: topic('t'), payload: 'kept', retain: true })
      const subscriber = await connect()
      await subscriber.subscribe(topic('t'))
      const { retain } = await subscriber.message(topic('t'), 'kept')
      must(retain, 'the message came without the retain flag')
      return undefined
    },
  },
  {
    name: 'retained-wildcard',
    title: 'retained messages come for each topic that a filter with wildcards matches',
    clause: 'MQTT-3.3.1-9',
    clause3: 'MQTT-3.3.1-6',
    needs: ['retained', 'wildcard-plus'],
    async run({ connect, topic }) {
      const [subscriber, publisher] = [await connect(), await connect()]
      const topics = [topic('a'), topic('b')]
      for (const each of topics) await publisher.publish({ topic: each, payload: 'kept', retain: true })
      await subscriber.subscribe(topic('+'))
      for (const each of topics) await subscriber.message(each, 'kept')
      return undefined
    },
  },
  {
    name: 'retained-live',
    title: 'a retained message comes at once without the retain flag to who is subscribed',
    clause: 'MQTT-3.3.1-12',
    clause3: 'MQTT-3.3.1-9',
    needs: ['qos-1'],
    async run({ connect, topic }) {
      const [subscriber, publisher] = [await connect(), await connect()]
      await subscriber.subscribe(topic('t'))
      await publisher.publish({ topic: topic('t'), payload: 'kept', retain: true })
      await publisher.publish({ topic: topic('t'), payload: 'fence' })
      await subscriber.message(topic('t'), 'fence')
      const copies = subscriber.received(topic('t'), 'kept')
      must(copies.length > 0, 'the message did not come')
      // ejabberd looks for retained messages only after its SUBACK, so that this one can come as such as well.
      must(
        copies.some(({ retain }) => !retain),
        'the message came with the retain flag',
      )
      return undefined
    },
  },
  {
    name: 'retained-cleared',
    title: 'an empty retained message clears the one before',
    clause: 'MQTT-3.3.1-6',
    clause3: 'MQTT-3.3.1-10',
    needs: ['retained'],
    async run({ connect, topic }) {
      const [subscriber, publisher] = [await connect(), await connect()]
      await publisher.publish({ topic: topic('t'), payload: 'kept', retain: true })
      await publisher.publish({ topic: topic('t'), retain: true })
      await subscriber.subscribe(topic('t'))
      await publisher.publish({ topic: topic('t'), payload: 'fence' })
      await subscriber.message(topic('t'), 'fence')
      must(subscriber.received(topic('t'), 'kept').length === 0, 'the message came after it was cleared')
      must(subscriber.received(topic('t'), '').length === 0, 'the empty message was kept')
      return undefined
    },
  },
  {
    name: 'retain-as-published',
    title: 'the retain flag comes as it was published, where the subscriber wants it',
    clause: 'MQTT-3.3.1-13',
    since: 5,
    needs: ['qos-1'],
    async run({ connect, topic }) {
      const [subscriber, publisher] = [await connect(), await connect()]
      await subscriber.subscribe(topic('t'), { retainAsPublished: true })
      await publisher.publish({ topic: topic('t'), payload: 'kept', retain: true })
      await publisher.publish({ topic: topic('t'), payload: 'passing' })
      must((await subscriber.message(topic('t'), 'kept')).retain, 'the retain flag was taken off')
      must(!(await subscriber.message(topic('t'), 'passing')).retain, 'a message got the retain flag')
      return undefined
    },
  },
  {
    name: 'retain-handling',
    title: 'retained messages come at each subscribing, only at a new one, or never, as the subscriber wants it',
    clause: 'MQTT-3.3.1-10',
    since: 5,
    needs: ['retained'],
    async run({ connect, topic }) {
      const [one, other, publisher] = [await connect(), await connect(), await connect()]
      await publisher.publish({ topic: topic('t'), payload: 'kept', retain: true })
      await one.subscribe(topic('t'), { retainHandling: 1 })
      await one.message(topic('t'), 'kept')
      await one.subscribe(topic('t'), { retainHandling: 1 })
      await other.subscribe(topic('t'), { retainHandling: 2 })
      await publisher.publish({ topic: topic('t'), payload: 'fence' })
      for (const client of [one, other]) await client.message(topic('t'), 'fence')
      must(one.received(topic('t'), 'kept').length === 1, 'with 1, the message came again for the same subscription')
      must(other.received(topic('t'), 'kept').length === 0, 'with 2, the message came')
      await one.subscribe(topic('t'), { retainHandling: 0 })
      await one.until('second retained message with 0', () => one.received(topic('t'), 'kept')[1])
      return undefined
    },
  },
]
