import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe } from 'vitest'
import { TmqttError } from '../../src/errors.ts'
import type { Connection } from '../../src/mqtt/connection.ts'
import { type DataPlane, Lane } from '../../src/mqtt/lane.ts'
import { PacketIds } from '../../src/mqtt/packet-ids.ts'
import { PacketType, TopicAliases } from '../../src/mqtt/packets.ts'
import { publishHeader } from '../../src/mqtt/publish-header.ts'
import { Publisher } from '../../src/mqtt/publisher.ts'
import type { Session } from '../../src/mqtt/session.ts'
import { Subscription } from '../../src/mqtt/subscription.ts'
import { groupOf, noProperties } from '../mqtt/client.ts'
import { compare } from './agreement.ts'
import { fuzz } from './campaign.ts'
import { chunksOf, cuts, mutate, mutations } from './mutations.ts'
import { type Conversation, conversationOf, framesOf, type Publish } from './reference.ts'
import { strayErrors } from './stray-errors.ts'
import { acknowledgements, conversations } from './valid.ts'

const { PUBACK, PUBREC, PUBREL, PUBCOMP } = PacketType

/** What of a session publisher and subscription need, over one connection in memory without MQTT.js. */
class Desk implements DataPlane {
  readonly ids = new PacketIds()
  readonly over: AbortSignal
  readonly lane: Lane
  readonly written: Buffer[] = []
  readonly socket: Duplex
  publisher: Publisher | undefined
  subscription: Subscription | undefined
  readonly connection: Connection
  readonly #over = new AbortController()

  constructor(version: number) {
    this.over = this.#over.signal
    this.socket = new Duplex({
      read: () => {},
      write: (chunk, _encoding, done) => {
        this.written.push(Buffer.from(chunk))
        done()
      },
    })
    const mqtt5 = version === 5 ? { ...noProperties, aliases: new TopicAliases(2) } : undefined
    this.lane = new Lane(this.socket, mqtt5)
    this.lane.control.resume()
    const limits = { receiveMaximum: 0xffff, maximumQoS: 2, retainAvailable: true, maximumPacketSize: 2 ** 28 }
    const subscribe = async () => ({ codes: [2], reasonString: undefined })
    this.connection = { lane: this.lane, sessionPresent: false, limits, subscribe } as unknown as Connection
  }

  async connected(): Promise<Connection> {
    return this.connection
  }

  fail(reason: Error): void {
    this.#over.abort(reason)
  }

  publish(message: Parameters<DataPlane['publish']>[0]): void {
    this.subscription?.received(message)
  }

  acknowledgement(...[type, packetId, ...rest]: Parameters<DataPlane['acknowledgement']>): void {
    if (type === PUBREL) this.subscription?.released(packetId)
    else this.publisher?.acknowledged(type, packetId, ...rest)
  }

  chunkDone(): void {
    this.publisher?.flush()
    this.subscription?.flush()
  }

  pingSent(): void {}
  pingAnswered(): void {}
}

/** What client and broker come to, by the specification. */
interface Outcome {
  readonly delivered: readonly Publish[]
  /** Sorted, each as `type packetId`. */
  readonly answers: readonly string[]
  readonly acknowledged: number
  readonly rejected: number
  /** Whether the client has to give up, since the broker mixes up QoS 1 and 2. */
  readonly isOver: boolean
}

/** @param count messages under way at `qos`, with the identifiers from 1 on. */
function outcomeOf({ all }: Conversation, qos: number, count: number): Outcome {
  const delivered: Publish[] = []
  const answers: string[] = []
  const unreleased = new Set<number>()
  const states = new Map(Array.from({ length: count }, (_, index) => [index + 1, qos === 1 ? PUBACK : PUBREC] as const))
  const waits = new Map<number, number>(states)
  let acknowledged = 0
  let rejected = 0
  let isOver = false
  for (const each of all) {
    const { packetId } = each
    if ('topic' in each) {
      if (each.qos === 1) answers.push(`${PUBACK} ${packetId}`)
      if (each.qos === 2) answers.push(`${PUBREC} ${packetId}`)
      if (each.qos < 2 || !unreleased.has(packetId)) delivered.push(each)
      if (each.qos === 2) unreleased.add(packetId)
      continue
    }
    const { type, reasonCode } = each
    const isFailure = reasonCode >= 0x80
    const wait = waits.get(packetId)
    if (type === PUBREL) {
      unreleased.delete(packetId)
      answers.push(`${PUBCOMP} ${packetId}`)
    } else if (type === PUBACK && wait === PUBREC) isOver = true
    else if (type === PUBREC && !isFailure) {
      answers.push(`${PUBREL} ${packetId}`)
      if (wait === PUBREC) waits.set(packetId, PUBCOMP)
    } else if (type === wait) {
      waits.delete(packetId)
      if (isFailure && type !== PUBCOMP) rejected++
      else acknowledged++
    }
  }
  return { delivered, answers: answers.sort(), acknowledged, rejected, isOver }
}

describe('publisher and subscription', () => {
  const stray = strayErrors()

  fuzz(
    'deliver, answer and count what a mutated conversation says',
    {
      name: 'publisher and subscription',
      unit: 'packets',
      runs: 600,
      share: 0.03,
      values: fc.constantFrom<(4 | 5)[]>(4, 5).chain((version) =>
        fc.record({
          version: fc.constant(version),
          packets: fc.tuple(conversations(version), fc.array(acknowledgements(version))).map((both) => both.flat()),
          changes: fc.array(mutations, { minLength: 1, maxLength: 2 }),
          cuts,
          qos: fc.constantFrom<(1 | 2)[]>(1, 2),
          count: fc.integer({ min: 1, max: 6 }),
        }),
      ),
    },
    async ({ version, packets, changes, cuts, qos, count }) => {
      const { packets: changed, mutated } = mutate(packets, changes)
      const bytes = Buffer.concat(changed)
      const desk = new Desk(version)
      const session = desk as unknown as Session
      const publisher = new Publisher(session, { maxInflight: 100, ackTimeoutMs: 60_000, notice: () => {} })
      const subscription = new Subscription(session, [groupOf(2, '#')], () => {})
      publisher.attach(desk.connection)
      desk.lane.open(desk)
      await subscription.start()
      const header = publishHeader(version, { topic: 'a', qos, retain: false })
      const bounds = Array.from({ length: count }, () => [0, 1]).flat()
      await publisher.publish(header, { bytes: Buffer.from('x'), bounds })
      desk.written.length = 0

      const wanted = conversationOf(bytes, version, { aliasMaximum: 2 })
      const outcome = outcomeOf(wanted, qos, count)
      let delivered = 0
      const reading = (async () => {
        for await (const batch of subscription) {
          for (const message of batch) compare(message, outcome.delivered[delivered++])
        }
      })().catch((error: unknown) => error)
      for (const chunk of chunksOf(bytes, cuts)) {
        desk.socket.push(chunk)
        await setImmediate()
      }
      const closed = desk.lane.isClosed ? await desk.lane.closed : undefined
      // In MQTT 5 an acknowledgement that says no may have malformed properties, at which the reference does not look.
      const isCut = closed !== undefined || wanted.isMalformed || outcome.isOver
      const { acknowledged, rejected } = publisher.tally
      const refused = [...rejected.values()].reduce((sum, each) => sum + each, 0)
      const answers = framesOf(Buffer.concat(desk.written)).frames.map(
        ({ type, body }) => `${type} ${body.readUInt16BE(0)}`,
      )
      if (isCut) {
        assert.ok(acknowledged <= outcome.acknowledged && refused <= outcome.rejected)
        assert.ok(answers.every((answer) => outcome.answers.includes(answer)))
      } else {
        assert.deepEqual(
          [delivered, acknowledged, refused],
          [outcome.delivered.length, outcome.acknowledged, outcome.rejected],
        )
        assert.deepEqual(answers.sort(), outcome.answers)
        assert.equal(publisher.unacknowledged, count - acknowledged - refused)
      }
      // Who gives up does not read on.
      if (wanted.isMalformed && !outcome.isOver) assert.ok(closed instanceof Error)
      desk.fail(new TmqttError('the session has ended', 0))
      desk.lane.destroy()
      const end = await reading
      if (end !== undefined && !(outcome.isOver && end instanceof TmqttError)) throw end
      publisher.verdict()
      stray()
      return mutated
    },
  )
})
