import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ack, packet } from '../support/packets.ts'
import { runCli } from '../support/run.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'
import { play, type Speech } from './broker.ts'
import { fuzz } from './campaign.ts'
import { cuts, mutate, mutations } from './mutations.ts'
import { checkStderr } from './output.ts'
import { conversationOf } from './reference.ts'
import { strayErrors } from './stray-errors.ts'
import { connacks, conversations } from './valid.ts'

const versions = { 4: '311', 5: '5' } as const

type Version = keyof typeof versions

/** What acknowledges the messages with the identifiers from 1 on. */
function answers(qos: number, count: number): readonly Buffer[] {
  const ids = Array.from({ length: count }, (_, index) => index + 1)
  if (qos === 0) return []
  if (qos === 1) return ids.map((id) => ack('PUBACK', id))
  return [...ids.map((id) => ack('PUBREC', id)), ...ids.map((id) => ack('PUBCOMP', id))]
}

/** A broker that grants the connection, hears all messages and answers. */
function speechesOf(first: Buffer, rest: Buffer, count: number): readonly Speech[] {
  return [
    { hears: 'CONNECT', count: 1, says: first },
    { hears: 'PUBLISH', count, says: rest },
  ]
}

/** Whether the bytes acknowledge every message, by the reference. */
function areAcknowledged(bytes: Buffer, version: Version, qos: number, count: number): boolean {
  const { acknowledgements } = conversationOf(bytes, version)
  const last = qos === 1 ? 4 : 7
  const ids = acknowledgements.filter(({ type, reasonCode }) => type === last && (last === 7 || reasonCode < 0x80))
  return qos === 0 || new Set(ids.map(({ packetId }) => packetId).filter((id) => id <= count)).size === count
}

describe('pub -l', () => {
  const stray = strayErrors()

  fuzz(
    'exits with 0 only when a mutated session acknowledges every line',
    {
      name: 'pub',
      unit: 'packets',
      runs: 300,
      share: 0.006,
      values: fc.constantFrom<Version[]>(4, 5).chain((version) =>
        fc.record({
          version: fc.constant(version),
          connack: fc.oneof(
            { weight: 4, arbitrary: fc.constant(packet('CONNACK', 0, [0, 0], version === 5 ? [0] : [])) },
            { weight: 1, arbitrary: connacks(version) },
          ),
          others: fc.oneof(fc.constant([]), conversations(version)),
          changes: fc.array(mutations, { minLength: 1, maxLength: 4 }),
          cuts,
          qos: fc.nat(2),
          count: fc.integer({ min: 1, max: 6 }),
          more: fc.constantFrom<(readonly string[])[]>(
            [],
            ['--max-inflight', '2'],
            ['-d'],
            ['-r'],
            version === 5 ? ['-D', 'publish', 'topic-alias', '1'] : ['-c', '-i', 'fuzz'],
          ),
        }),
      ),
      prepare: startScriptedBroker,
    },
    async ({ version, connack, others, changes, cuts, qos, count, more }, broker) => {
      const { packets, mutated } = mutate([connack, ...answers(qos, count), ...others], changes)
      const common = ['-L', `${broker.url}/a`, '-V', versions[version], '--reconnect', 'never', '-q', String(qos)]
      const run = runCli(['pub', ...common, '-l', ...more], { stdin: 'line\n'.repeat(count) })
      const [first = Buffer.alloc(0), ...rest] = packets
      const peer = await broker.connection()
      await play(peer, speechesOf(first, Buffer.concat(rest), count), cuts)
      const status = await run.exit
      await peer.closed
      stray()
      checkStderr(run.stderr, 'pub', status)
      if (more[0] !== '-d') assert.equal(run.stdout.length, 0)
      if (status === 0)
        assert.ok(areAcknowledged(Buffer.concat(packets), version, qos, count), 'exit 0, and lines are lost')
      return mutated
    },
  )

  it.each([0, 1, 2])('exits with 0 after a session without mutations at QoS %s', async (qos) => {
    const broker = await startScriptedBroker()
    const run = runCli(['pub', '-L', `${broker.url}/a`, '-l', '-q', String(qos)], { stdin: 'line\n'.repeat(5) })
    const speeches = speechesOf(packet('CONNACK', 0, [0, 0]), Buffer.concat(answers(qos, 5)), 5)
    await play(await broker.connection(), speeches, [], Number.POSITIVE_INFINITY)
    expect(await run.exit).toBe(0)
  })
})
