import { setTimeout as delay } from 'node:timers/promises'
import type { QoS } from '../mqtt/message.ts'
import { type Check, Failed, type Findings, must, Unsupported } from './check.ts'
import type { CheckClient } from './client.ts'
import type { Context } from './context.ts'

/** So many that one slow answer does not decide. */
const ROUND_TRIPS = 5

/** Enough for a broker to mix them up, few enough for one that queues little. */
const IN_A_ROW = 300
const AT_A_TIME = 10

const LARGE = 256 * 1024

export const deliveries: readonly Check[] = [
  {
    name: 'subscribe',
    title: 'a subscription is granted',
    clause: 'MQTT-3.8.4-1',
    async run({ connect, topic }) {
      await (await connect()).subscribe(topic('t'), { qos: 0 })
      return undefined
    },
  },
  roundTrips(0, 'comes', 'MQTT-4.3.1-1', 'MQTT-4.3.1-1'),
  roundTrips(1, 'comes and is acknowledged', 'MQTT-4.3.2-4', 'MQTT-4.3.2-2'),
  roundTrips(2, 'comes once, and is acknowledged to the end', 'MQTT-4.3.3-8', 'MQTT-4.3.3-2'),
  {
    name: 'unsubscribe',
    title: 'nothing comes after UNSUBSCRIBE',
    clause: 'MQTT-3.10.4-2',
    needs: ['qos-1'],
    async run({ connect, topic }) {
      const client = await connect()
      await client.subscribe(topic('left'))
      await client.subscribe(topic('kept'))
      await client.unsubscribe(topic('left'))
      await client.publish({ topic: topic('left') })
      await client.publish({ topic: topic('kept') })
      await client.message(topic('kept'))
      must(client.received(topic('left')).length === 0, 'a message came after UNSUBACK')
      return undefined
    },
  },
  {
    name: 'order',
    title: `${IN_A_ROW} messages on one topic come in their order, at QoS 0 and 1`,
    clause: 'MQTT-4.6.0-6',
    needs: ['qos-0', 'qos-1'],
    async run(context) {
      const notes = [await inOrder(context, 0), await inOrder(context, 1)]
      return { notes: notes.filter((note) => note !== '') }
    },
  },
  {
    name: 'large-payload',
    title: 'a payload of 256 KB comes as it was',
    clause: '3.3.3',
    needs: ['qos-1'],
    patience: 4,
    async run({ connect, topic }) {
      const payload = Buffer.alloc(LARGE)
      for (let at = 0; at < LARGE; at++) payload[at] = (at * 31 + (at >> 8)) & 0xff
      const [subscriber, publisher] = [await connect(), await connect()]
      await subscriber.subscribe(topic('t'))
      await publisher.publish({ topic: topic('t'), payload })
      const { payload: came } = await subscriber.message(topic('t'))
      must(came.length === LARGE, `${came.length} bytes came of ${LARGE}`)
      const differs = came.findIndex((byte, at) => byte !== payload[at])
      must(differs < 0, `the payload was changed, from byte ${differs} on`)
      return undefined
    },
  },
  {
    name: 'shared-subscription',
    title: 'each message comes to one subscriber of a shared subscription',
    clause: '4.8.2',
    needs: ['qos-1'],
    run: shareMessages,
  },
]

function roundTrips(qos: QoS, does: string, clause: string, clause3: string): Check {
  return {
    name: `qos-${qos}`,
    title: `a message at QoS ${qos} ${does}`,
    clause,
    clause3,
    needs: ['subscribe'],
    async run({ connect, topic, version }) {
      const [subscriber, publisher] = [await connect(), await connect()]
      const granted = await subscriber.subscribe(topic('t'), { qos })
      if (granted < qos) throw new Unsupported(`the broker grants QoS ${granted} in its place`)
      const times: number[] = []
      for (let at = 0; at < ROUND_TRIPS; at++) {
        const start = performance.now()
        const published = publisher.publish({ topic: topic('t'), payload: String(at), qos })
        const received = subscriber.message(topic('t'), String(at)).then((message) => {
          times.push(performance.now() - start)
          return message
        })
        const [message] = await Promise.all([received, published])
        must(message.qos === qos, `granted QoS ${granted}, and the message came at QoS ${message.qos}`)
        if (message.qos === 2) await subscriber.released(message)
      }
      return { ...judgeRepeats(subscriber, topic('t'), qos, version), ...latency(times) }
    },
  }
}

/** All but the last message are followed by another one, so that what comes twice has come. */
function judgeRepeats(subscriber: CheckClient, topic: string, qos: QoS, version: number): Findings {
  const messages = subscriber.received(topic)
  const surplus = messages.length - ROUND_TRIPS
  if (surplus === 0) return {}
  // Before MQTT 5, a message at QoS 1 may be sent again at any time, if it is marked [MQTT-4.4.0-1, MQTT-3.3.1-1].
  const marked = messages.filter(({ dup }) => dup).length
  if (qos === 1 && version < 5 && marked >= surplus) return { warnings: [`${surplus} messages came twice, with DUP`] }
  throw new Failed(`${surplus} of ${ROUND_TRIPS} messages came twice`)
}

function latency(times: readonly number[]): Findings {
  const median = [...times].sort((one, other) => one - other)[times.length >> 1]!
  return { notes: [`round trip ${median.toFixed(1)} ms`], fields: { roundTripMs: Number(median.toFixed(3)) } }
}

/** @returns what there is to note. */
async function inOrder({ connect, topic }: Context, qos: QoS): Promise<string> {
  const [subscriber, publisher] = [await connect(), await connect()]
  const name = topic(`qos-${qos}`)
  await subscriber.subscribe(name, { qos })
  const window = Math.min(AT_A_TIME, publisher.connection.limits.receiveMaximum)
  for (let sent = 0; sent < IN_A_ROW; sent += window) {
    const batch = Array.from({ length: Math.min(window, IN_A_ROW - sent) }, (_, at) => String(sent + at))
    await Promise.all(batch.map((payload) => publisher.publish({ topic: name, payload, qos })))
  }
  await subscriber.message(name, String(IN_A_ROW - 1))
  const numbers = subscriber.received(name).map(({ payload }) => Number(payload.toString()))
  const late = numbers.findIndex((number, at) => at > 0 && number < numbers[at - 1]!)
  must(late < 0, `at QoS ${qos}, message ${numbers[late]} came behind message ${numbers[late - 1]}`)
  const lost = IN_A_ROW - new Set(numbers).size
  must(qos === 0 || lost === 0, `${lost} of ${IN_A_ROW} messages did not come at QoS ${qos}`)
  return lost === 0 ? '' : `${lost} of ${IN_A_ROW} lost at QoS 0, where that may be`
}

/** Messages that two subscribers share. */
const SHARED = 20
/** How long to wait for shared messages of a broker that may know no shared subscriptions, once the rest is through. */
const SETTLE_MS = 200

async function shareMessages({ connect, topic, limits, version, limit }: Context): Promise<Findings> {
  if (!limits.sharedSubscriptions) throw new Unsupported('the broker says that it has no shared subscriptions')
  const [one, other, publisher] = [await connect(), await connect(), await connect()]
  for (const client of [one, other]) {
    await client.subscribe(topic('fence'))
    await client.subscribe(`$share/tmqtt/${topic('t')}`).catch((error) => {
      throw version < 5 && error instanceof Failed ? new Unsupported(error.message) : error
    })
  }
  for (let at = 0; at < SHARED; at++) await publisher.publish({ topic: topic('t'), payload: String(at) })
  await publisher.publish({ topic: topic('fence') })
  for (const client of [one, other]) await client.message(topic('fence'))
  const counts = () => [one, other].map((client) => client.received(topic('t')).length) as [number, number]
  const total = () => counts()[0] + counts()[1]
  if (version < 5 && total() === 0) {
    await limit.wait('shared message', delay(SETTLE_MS))
    if (total() === 0) throw new Unsupported('no message came; shared subscriptions are of MQTT 5')
  }
  while (total() < SHARED) {
    await limit.wait('shared message', Promise.race([one, other].map(({ inbox }) => inbox.changed())))
  }
  must(total() === SHARED, `${SHARED} messages came ${total()} times in all`)
  const [first, second] = counts()
  return { notes: [`${first} and ${second} of ${SHARED}`] }
}
