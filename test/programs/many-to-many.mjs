// Many publishers, and a subscriber with a handler for each of its filters: a message that several match goes to each.
// Ctrl-C ends it.
import { connect, publish, subscribe } from 'tmqtt'

const url = process.argv[2] ?? 'mqtt://localhost'
const options = process.argv[3] === undefined ? {} : { protocolVersion: process.argv[3] }
const updates = {
  'americas/north/us/ca/sandiego': 'San Diego update',
  'americas/north/us/ca/berkeley': 'Berkeley update',
  'americas/north/us/ca/sanfrancisco': 'San Francisco update',
  'americas/north/us/ny/newyork': 'New York update',
  'americas/south/brazil/saopaolo': 'São Paolo update',
  'asia/southeast/hk/hongkong': 'Hong Kong update',
  'asia/southeast/japan/kyoto': 'Kyoto update',
  'asia/southeast/prc/shanghai': 'Shanghai update',
  'europe/italy/rome': 'Rome update',
  'europe/france/paris': 'Paris update',
}

const print = ({ topic, text }, filter) => console.log(`[consumer of ${filter}] received ${text} for topic ${topic}`)
const consumer = await connect(url, options)
process.once('SIGINT', () => consumer.disconnect())
await subscribe(
  consumer,
  {
    'americas/north/#': 1,
    'americas/south/#': 1,
    'americas/north/us/ca/+': 1,
    'europe/#': 0,
    'europe/italy/rome': 1,
    'asia/southeast/hk/+': 1,
    'asia/southeast/#': 1,
  },
  {
    'americas/north/#': print,
    'americas/south/#': print,
    'americas/north/us/ca/+': print,
    'europe/italy/rome': print,
    'asia/southeast/hk/+': print,
    'asia/southeast/#': print,
  },
  { unmatched: ({ topic, text }) => console.log(`[nobody's] ${text} for topic ${topic}`) },
)

await Promise.all(
  Object.entries(updates).map(async ([topic, payload]) => {
    const client = await connect(url, options)
    await publish(client, topic, payload, { qos: 1 })
    await client.disconnect()
  }),
)
