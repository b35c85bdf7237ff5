import type { Plan } from '../../bench/plan.ts'
import type { Io } from '../../io.ts'
import type { ClientOptions } from '../../mqtt/client-options.ts'
import type { PublishHeader } from '../../mqtt/packets.ts'
import type { Payloads } from '../../mqtt/publisher.ts'
import { unlessAborted } from '../session.ts'

/** Messages that are handed over at a time. */
const BATCH = 1000

const MAX_INFLIGHT = 1000
/** At QoS 2 before MQTT 5, where mosquitto takes no more unless told otherwise. */
const SAFE_INFLIGHT = 20
const ACK_TIMEOUT_MS = 60_000

/** Most time to clear what was retained. */
const CLEAR_MS = 60_000

/** Publishes the messages with these numbers. */
type Batch = (from: number, to: number) => { readonly headers: readonly PublishHeader[]; readonly payloads: Payloads }

/**
 * Runs with the retained messages of the plan at each of its brokers, where there are any, and clears them afterwards,
 * also when the user stops the run.
 *
 * @param plan with topics that are filled in.
 * @throws TmqttError when they can't be published.
 */
export async function withRetained<T>(
  plan: Plan,
  io: Io,
  notice: (text: string) => void,
  run: () => Promise<T>,
): Promise<T> {
  const { subscribe } = plan
  if (subscribe?.retained === undefined) return await run()
  const { count } = subscribe.retained
  const clients = await settersOf(plan)
  const batches = await batchesOf(plan)
  const begun: ClientOptions[] = []
  try {
    for (const client of clients) {
      const publishing = publishAll(client, count, batches.set, io.signal, () => begun.push(client))
      await unlessAborted(io.signal, publishing)
    }
    return await run()
  } catch (error) {
    if (!io.signal.aborted || error !== io.signal.reason) throw error
    // There is a report all the same.
    return await run()
  } finally {
    const limit = AbortSignal.timeout(CLEAR_MS)
    for (const client of begun)
      await unlessAborted(limit, publishAll(client, count, batches.clear, limit)).catch((error: Error) =>
        notice(`retained messages may be left: tmqtt retain-clear -t '${subscribe.filter}' (${error.message})`),
      )
  }
}

/** A client for each broker: as its first subscriber connects. */
async function settersOf(plan: Plan): Promise<readonly ClientOptions[]> {
  const { Profiles } = await import('../../bench/profiles.ts')
  const { memberOf } = await import('../../bench/roster.ts')
  const profiles = new Profiles(plan, () => {})
  await profiles.prepare()
  return Array.from({ length: Math.max(1, plan.brokers.length) }, (_, broker) => {
    const { will: _will, ...options } = profiles.optionsOf(memberOf(plan, 'subscriber', broker))
    return { ...options, cleanStart: true }
  })
}

async function batchesOf({ client, subscribe, seed }: Plan): Promise<{ readonly set: Batch; readonly clear: Batch }> {
  const { publishHeader } = await import('../../mqtt/publish-header.ts')
  const { payloadOf } = await import('../../bench/payload.ts')
  const { STAMP_SIZE, writeStamp } = await import('../../bench/stamp.ts')
  const { filter, options, retained } = subscribe!
  const version = client.values.protocolVersion ?? 4
  // What is acknowledged is there; who subscribes at QoS 0 gets it at QoS 0.
  const qos = options.qos === 0 ? 1 : options.qos
  const payload = payloadOf(Math.max(STAMP_SIZE, retained!.payloadSize), seed)
  const headers = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) =>
      publishHeader(version, { topic: filter.replace('+', String(from + at)), qos, retain: true }),
    )
  return {
    set(from, to) {
      const bytes = Buffer.concat(new Array<Buffer>(to - from).fill(payload))
      const bounds: number[] = []
      for (let number = from; number < to; number++) {
        const start = (number - from) * payload.length
        writeStamp(bytes, start, 0, number, 0, 0, false)
        bounds.push(start, start + payload.length)
      }
      return { headers: headers(from, to), payloads: { bytes, bounds } }
    },
    clear(from, to) {
      const bounds = new Array<number>(2 * (to - from)).fill(0)
      return { headers: headers(from, to), payloads: { bytes: Buffer.alloc(0), bounds } }
    },
  }
}

/** @param begins is called when there is a connection. @throws TmqttError when not all are acknowledged. */
async function publishAll(
  client: ClientOptions,
  count: number,
  batch: Batch,
  signal: AbortSignal,
  begins: () => void = () => {},
): Promise<void> {
  const { Session } = await import('../../mqtt/session.ts')
  const { Publisher } = await import('../../mqtt/publisher.ts')
  const session = await Session.connect(client, { signal, notice: () => {} })
  begins()
  const publisher = new Publisher(session, {
    maxInflight: MAX_INFLIGHT,
    ...(client.protocolVersion < 5 ? { maxInflightQos2: SAFE_INFLIGHT } : {}),
    ackTimeoutMs: ACK_TIMEOUT_MS,
    notice: () => {},
  })
  session.start()
  for (let from = 0; from < count && !signal.aborted; from += BATCH) {
    const { headers, payloads } = batch(from, Math.min(count, from + BATCH))
    await publisher.publish(headers, payloads)
  }
  await publisher.drain()
  await session.end(ACK_TIMEOUT_MS)
  const verdict = publisher.verdict()
  if (verdict !== undefined) throw verdict
}
