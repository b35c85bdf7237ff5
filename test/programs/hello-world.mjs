// One subscriber, one publisher, one message.
import { connect, publish, subscribe } from 'tmqtt'

const url = process.argv[2] ?? 'mqtt://localhost'
const subscriber = await connect(url)
await subscribe(subscriber, { hello: 1 }, async ({ text }) => {
  console.log(text)
  await subscriber.disconnect()
})

const publisher = await connect(url)
await publish(publisher, 'hello', 'Hello, world!', { qos: 1 })
await publisher.disconnect()
