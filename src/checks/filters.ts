import { setTimeout as delay } from 'node:timers/promises'
import { type Check, Failed, must, Unsupported } from './check.ts'
import type { Context } from './context.ts'

export const filters: readonly Check[] = [
  {
    name: 'wildcard-plus',
    title: "'+' matches one level, also an empty one, and no more",
    clause: 'MQTT-4.7.1-2',
    clause3: 'MQTT-4.7.1-3',
    needs: ['qos-1'],
    run: (context) => matching(context, { filter: 'a/+', matched: ['a/', 'a/b'], unmatched: ['a', 'a/b/c', 'b/a'] }),
  },
  {
    name: 'wildcard-hash',
    title: "'#' matches any number of levels, also none",
    clause: 'MQTT-4.7.1-1',
    clause3: 'MQTT-4.7.1-2',
    needs: ['qos-1'],
    run: (context) =>
      matching(context, { filter: 'a/#', matched: ['a', 'a/b', 'a/b/c', 'a/'], unmatched: ['ab', 'b/a'] }),
  },
  {
    name: 'wildcard-sys',
    title: "'#' does not match topics that begin with $",
    clause: 'MQTT-4.7.2-1',
    needs: ['qos-1'],
    run: hashWithoutSys,
  },
]

interface Matching {
  readonly filter: string
  readonly matched: readonly string[]
  readonly unmatched: readonly string[]
}

async function matching({ connect, topic, limits }: Context, { filter, matched, unmatched }: Matching) {
  if (!limits.wildcardSubscriptions) throw new Unsupported('the broker says that it has no wildcard subscriptions')
  const [subscriber, publisher] = [await connect(), await connect()]
  await subscriber.subscribe(topic(filter))
  // What must not come goes first: it would come before the rest.
  for (const name of [...unmatched, ...matched]) await publisher.publish({ topic: topic(name) })
  for (const name of matched) await subscriber.message(topic(name))
  const wrong = unmatched.find((name) => subscriber.received(topic(name)).length > 0)
  must(wrong === undefined, `${topic(filter)} matches ${topic(wrong ?? '')}`)
  return undefined
}

/** How long to listen at a broker on which others publish so much that our own message does not come through. */
const PATIENCE_MS = 2000

async function hashWithoutSys({ connect, topic, limits, limit }: Context) {
  if (!limits.wildcardSubscriptions) throw new Unsupported('the broker says that it has no wildcard subscriptions')
  const [subscriber, publisher] = [await connect(), await connect()]
  const { inbox } = subscriber
  inbox.wants = (message) => message.topic.startsWith('$') || message.topic === topic('fence')
  await subscriber.subscribe('#', { qos: 0 })
  await publisher.publish({ topic: topic('fence') })
  const first = subscriber.until('message', () => inbox.messages[0])
  const fence = await Promise.race([first, limit.wait('message', delay(PATIENCE_MS, undefined))])
  subscriber.destroy()
  const strange = inbox.messages.find((message) => message.topic.startsWith('$'))
  must(strange === undefined, `it matches ${strange?.topic}`)
  const others = inbox.count - inbox.messages.length
  if (fence === undefined && others === 0) throw new Failed(`no message came for the filter #`)
  return others === 0 ? undefined : { notes: [`${others} messages of others, none of them on a topic with $`] }
}
