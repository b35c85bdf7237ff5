// One producer, three consumers: each of them receives every score.
import { connect, publishMany, subscribe } from 'tmqtt'

const url = process.argv[2] ?? 'mqtt://localhost'
const scores = ['BOS 101, NYK 89', 'ORL 85, ALT 88']

async function consumer(name) {
  const client = await connect(url, { clientId: `consumer.${name}` })
  let received = 0
  await subscribe(client, { 'nba/scores': 1 }, async ({ text }) => {
    console.log(`[consumer] ${name} received ${text}`)
    if (++received === scores.length) await client.disconnect()
  })
  return client
}

const consumers = await Promise.all(['joe', 'aaron', 'bob'].map(consumer))

const producer = await connect(url, { clientId: 'producer' })
await publishMany(
  producer,
  scores.map((payload) => ({ topic: 'nba/scores', payload, qos: 1 })),
)
await producer.disconnect()
await Promise.all(consumers.map(({ closed }) => closed))
