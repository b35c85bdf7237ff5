import { Client } from './client.ts'
import { Clock, epochNow, type HostClock } from './clock.ts'
import { Meter } from './meter.ts'
import { Outbox } from './outbox.ts'
import { passing } from './passing.ts'
import type { Plan } from './plan.ts'
import { Profiles } from './profiles.ts'
import { memberOf } from './roster.ts'

/** Where many brokers, mosquitto first, tell their name and version, as a retained message. */
const TOPIC = '$SYS/broker/version'

/** A retained message comes at once, if there is one. */
const LIMIT_MS = 500

/** Longer than a version is. */
const LONGEST = 100

/**
 * What the broker says of itself, by a connection of its own after those of the run; undefined when it says nothing, or
 * too late. The text is the broker's: nothing is known of it but that it is short.
 */
export async function brokerVersion(plan: Plan, host: HostClock): Promise<string | undefined> {
  const asking: Plan = {
    ...plan,
    publish: undefined,
    // Of MQTT 5 too a retained message has to come.
    subscribe: {
      clients: 1,
      filter: TOPIC,
      options: { qos: 0, retainHandling: 0, retainAsPublished: false },
      absent: false,
      retained: undefined,
      slow: undefined,
    },
    idle: 0,
    churn: undefined,
    shard: { index: 0, of: 1 },
    workers: 1,
  }
  const profiles = new Profiles(asking, () => {})
  await profiles.prepare()
  const clock = new Clock(epochNow(host))
  const context = { plan: asking, clock, meter: new Meter(), outbox: new Outbox(), willTimes: undefined }
  const member = memberOf(asking, 'subscriber', 0)
  // Not the identifier of a client of the run, whose session it would take.
  const options = passing(profiles.optionsOf({ ...member, clientId: `${member.clientId}-version` }))
  return await new Promise((resolve) => {
    const timer = setTimeout(() => client.end('it took too long'), LIMIT_MS)
    let version: string | undefined
    const received = ({ payload }: { readonly payload: Uint8Array }) => {
      version = Buffer.from(payload).toString().slice(0, LONGEST)
      client.leave()
    }
    const over = () => {
      clearTimeout(timer)
      resolve(version)
    }
    const settled = () => {
      if (!client.hasSubscription) client.end('the subscription was refused')
    }
    const client = new Client(context, options, { filter: TOPIC, received }, { settled, over })
    client.connect()
  })
}
