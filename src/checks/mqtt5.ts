import { setTimeout as delay } from 'node:timers/promises'
import { publishHeader } from '../mqtt/publish-header.ts'
import { type Check, type Findings, must, Unsupported } from './check.ts'
import type { Context } from './context.ts'

/** What only MQTT 5 has. */
export const mqtt5: readonly Check[] = [
  {
    name: 'message-expiry',
    title: 'a message is not delivered after its expiry interval',
    clause: 'MQTT-3.3.2-5',
    since: 5,
    needs: ['retained'],
    run: expire,
  },
  {
    name: 'topic-alias',
    title: 'a topic alias stands for its topic',
    clause: 'MQTT-3.3.2-12',
    since: 5,
    needs: ['qos-1'],
    async run({ connect, topic, limits, version }) {
      if (limits.topicAliasMaximum === 0) throw new Unsupported('the broker takes no topic aliases')
      const [subscriber, publisher] = [await connect(), await connect()]
      await subscriber.subscribe(topic('t'))
      const properties = [['topic-alias', limits.topicAliasMaximum]] as const
      const header = publishHeader(version, { topic: topic('t'), qos: 1, retain: false, properties })
      await publisher.publishWith(header, Buffer.from('with topic'))
      await publisher.publishWith(header.alias!.header, Buffer.from('with alias'))
      for (const payload of ['with topic', 'with alias']) await subscriber.message(topic('t'), payload)
      return { notes: [`up to ${limits.topicAliasMaximum}`] }
    },
  },
  {
    name: 'request-response',
    title: 'response topic, correlation data, content type and format come as they were',
    clause: 'MQTT-3.3.2-15',
    since: 5,
    needs: ['qos-1'],
    async run({ connect, topic }) {
      const client = await connect()
      await client.subscribe(topic('t'))
      const correlation = Buffer.from([0, 1, 0xff])
      const properties = [
        ['payload-format-indicator', 1],
        ['content-type', 'text/plain'],
        ['response-topic', topic('answer')],
        ['correlation-data', correlation],
      ] as const
      await client.publish({ topic: topic('t'), properties })
      const came = (await client.message(topic('t'))).properties
      same('response topic', came.responseTopic, topic('answer'))
      same('correlation data', came.correlationData?.toString('hex'), correlation.toString('hex'))
      same('content type', came.contentType, 'text/plain')
      same('payload format indicator', came.payloadFormatIndicator, 1)
      return undefined
    },
  },
  {
    name: 'user-properties',
    title: 'user properties come as they were, in their order',
    clause: 'MQTT-3.3.2-17',
    since: 5,
    needs: ['qos-1'],
    async run({ connect, topic }) {
      const client = await connect()
      await client.subscribe(topic('t'))
      const pairs = [
        ['b', '1'],
        ['a', '2'],
        ['b', ''],
        ['', 'ü'],
      ] as const
      await client.publish({ topic: topic('t'), properties: pairs.map((pair) => ['user-property', pair] as const) })
      const { userProperties = [] } = (await client.message(topic('t'))).properties
      same('user properties', JSON.stringify(userProperties), JSON.stringify(pairs))
      return undefined
    },
  },
  {
    name: 'subscription-identifier',
    title: 'messages carry the subscription identifier',
    clause: 'MQTT-3.3.4-3',
    since: 5,
    needs: ['qos-1'],
    async run({ connect, topic, limits }) {
      if (!limits.subscriptionIdentifiers) {
        throw new Unsupported('the broker says that it has no subscription identifiers')
      }
      const client = await connect()
      await client.subscribe(topic('t'), {}, [['subscription-identifier', 4711]])
      await client.publish({ topic: topic('t') })
      const { subscriptionIdentifiers = [] } = (await client.message(topic('t'))).properties
      same('subscription identifiers', subscriptionIdentifiers.join(', '), '4711')
      return undefined
    },
  },
  {
    name: 'no-local',
    title: 'a client that does not want its own messages gets those of others',
    clause: 'MQTT-3.8.3-3',
    since: 5,
    needs: ['qos-1'],
    async run({ connect, topic }) {
      const [client, other] = [await connect(), await connect()]
      await client.subscribe(topic('t'), { noLocal: true })
      await client.publish({ topic: topic('t'), payload: 'own' })
      await other.publish({ topic: topic('t'), payload: 'of another' })
      await client.message(topic('t'), 'of another')
      must(client.received(topic('t'), 'own').length === 0, 'its own message came')
      return undefined
    },
  },
]

function same(what: string, came: unknown, sent: unknown): void {
  must(came === sent, came === undefined || came === '' ? `the ${what} did not come` : `the ${what} came as ${came}`)
}

/** The shortest there is. */
const EXPIRY_S = 1
/** Between looks whether the message has expired: brokers count in seconds. */
const LOOK_MS = 100

async function expire({ connect, topic, limit }: Context): Promise<Findings> {
  const publisher = await connect()
  const start = performance.now()
  for (const [name, seconds] of [
    ['short', EXPIRY_S],
    ['long', 100],
  ] as const) {
    const properties = [['message-expiry-interval', seconds]] as const
    await publisher.publish({ topic: topic(name), payload: name, retain: true, properties })
  }
  for (;;) {
    const subscriber = await connect()
    for (const name of ['short', 'long']) await subscriber.subscribe(topic(name))
    const { properties } = await subscriber.message(topic('long'))
    await publisher.publish({ topic: topic('short'), payload: 'fence' })
    await subscriber.message(topic('short'), 'fence')
    const elapsed = performance.now() - start
    if (subscriber.received(topic('short'), 'short').length === 0) {
      same('message expiry interval left', isLeft(properties.messageExpiryInterval, elapsed), true)
      return { notes: [`gone after ${(elapsed / 1000).toFixed(1)} s`] }
    }
    subscriber.destroy()
    await limit.wait(`end of a message with an expiry interval of ${EXPIRY_S} s`, delay(LOOK_MS))
  }
}

/** Whether 100 seconds less the time it waited are left, give or take one [MQTT-3.3.2-6]. */
function isLeft(seconds: number | undefined, waitedMs: number): boolean {
  if (seconds === undefined) return false
  return seconds < 100 && Math.abs(100 - waitedMs / 1000 - seconds) <= 2
}
