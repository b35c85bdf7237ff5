import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packet, publishPacket, uint16 } from '../support/packets.ts'
import { runCli } from '../support/run.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'
import { play } from './broker.ts'
import { fuzz } from './campaign.ts'
import { cuts, mutate, mutations } from './mutations.ts'
import { CONTROLS, checkStderr, isMadeOf } from './output.ts'
import { conversationOf, type Publish } from './reference.ts'
import { strayErrors } from './stray-errors.ts'
import { connacks, conversations } from './valid.ts'

const versions = { 4: '311', 5: '5' } as const

/** How messages are printed, and what has to stand there for one. */
const formats: readonly { readonly args: readonly string[]; line(publish: Publish): string | Buffer | undefined }[] = [
  {
    args: ['-F', '%x %q %r %t'],
    line: ({ payload, qos, retain, topic }) => `${payload.toString('hex')} ${qos} ${Number(retain)} ${topic}\n`,
  },
  {
    args: ['-v'],
    line: ({ topic, payload }) =>
      payload.length === 0
        ? `${topic} (null)\n`
        : Buffer.concat([Buffer.from(`${topic} `), payload, Buffer.from('\n')]),
  },
  { args: ['--json'], line: jsonLine },
]

/** Without the time; none for a message whose properties have to be read and are malformed. */
function jsonLine({ topic, payload, qos, retain, dup, packetId, properties }: Publish): string | undefined {
  if (properties === undefined) return undefined
  const isText = Buffer.from(payload.toString()).equals(payload)
  return `${JSON.stringify({
    topic,
    payload: payload.toString(isText ? 'utf8' : 'base64'),
    ...(isText ? {} : { encoding: 'base64' }),
    qos,
    retain,
    dup,
    ...(qos > 0 ? { mid: packetId } : {}),
  })}\n`
}

/** The messages of `--json`, as `jsonLine` has them. */
function withoutTime(stdout: Buffer): Buffer {
  const lines = stdout.toString().match(/.*\n/g) ?? []
  return Buffer.from(
    lines
      .map((line) => {
        const { time, properties: _, filter: __, ...message } = JSON.parse(line)
        assert.equal(typeof time, 'string')
        return `${JSON.stringify(message)}\n`
      })
      .join(''),
  )
}

/** What a broker of MQTT 5 says for CONNACK, and then no more. */
function find(bytes: readonly number[]) {
  const rest = { messages: [], changes: [], cuts: [], qos: '0' as const, format: 0, terminal: true, more: [] }
  return { version: 5 as const, connack: Buffer.from(bytes), ...rest }
}

describe('sub', () => {
  const stray = strayErrors()

  const sessions = fc.constantFrom<(4 | 5)[]>(4, 5).chain((version) =>
    fc.record({
      version: fc.constant(version),
      connack: fc.oneof(
        { weight: 4, arbitrary: fc.constant(packet('CONNACK', 0, [0, 0], version === 5 ? [0] : [])) },
        { weight: 1, arbitrary: connacks(version) },
      ),
      messages: conversations(version),
      changes: fc.array(mutations, { minLength: 1, maxLength: 4 }),
      cuts,
      qos: fc.constantFrom('0', '1', '2'),
      format: fc.nat(formats.length - 1),
      terminal: fc.boolean(),
      more: fc.constantFrom<(readonly string[])[]>(
        [],
        ['-C', '2'],
        ['-R'],
        ['--max-packet-size', '64'],
        ['-d'],
        ['-T', 'a'],
        version === 5 ? ['-D', 'connect', 'topic-alias-maximum', '2'] : ['-c', '-i', 'fuzz'],
      ),
    }),
  )

  fuzz(
    'prints messages that a mutated session holds, and nothing else',
    {
      name: 'sub',
      unit: 'packets',
      runs: 300,
      share: 0.006,
      values: sessions,
      // AUTH in place of CONNACK, and a CONNACK that is cut off in its Server Keep Alive.
      finds: [find([0xf0, 2, 0x18, 0]), find([0x20, 5, 0, 0, 3, 0x13, 0])],
      prepare: startScriptedBroker,
    },
    async ({ version, connack, messages, changes, cuts, qos, format, terminal, more }, broker) => {
      const suback = packet('SUBACK', 0, uint16(1), version === 5 ? [0] : [], [Number(qos)])
      const { packets, mutated } = mutate([connack, suback, ...messages], changes)
      const { args, line } = formats[format]!
      const common = ['-L', `${broker.url}/#`, '-V', versions[version], '--reconnect', 'never', '-q', qos]
      const run = runCli(['sub', ...common, ...args, ...more, '--color', 'never'], { stdoutIsTTY: terminal })
      const [first = Buffer.alloc(0), ...rest] = packets
      const peer = await broker.connection()
      const speeches = [
        { hears: 'CONNECT', count: 1, says: first },
        { hears: 'SUBSCRIBE', count: 1, says: Buffer.concat(rest) },
      ] as const
      await play(peer, speeches, cuts)
      const status = await run.exit
      await peer.closed
      stray()
      checkStderr(run.stderr, 'sub', status)
      if (terminal) {
        assert.doesNotMatch(run.stdout.toString(), CONTROLS)
        return mutated
      }
      // With the packets of the connection in between.
      if (more[0] === '-d') return mutated
      const aliasMaximum = more[1] === 'connect' ? 2 : 0
      const { publishes } = conversationOf(Buffer.concat(packets), version, { aliasMaximum })
      const printed = args[0] === '--json' ? withoutTime(run.stdout) : run.stdout
      const lines = publishes.flatMap((publish) => line(publish) ?? []).map((text) => Buffer.from(text as string))
      assert.ok(isMadeOf(printed, lines), `stdout has what is no message: ${printed.toString('latin1')}`)
      return mutated
    },
  )

  it.each([4, 5] as const)('prints all of a session without mutations, MQTT level %s', async (version) => {
    const broker = await startScriptedBroker()
    const run = runCli(['sub', '-L', `${broker.url}/#`, '-V', versions[version], '-q', '2', '-C', '3'])
    const properties = version === 5 ? new Uint8Array() : undefined
    const publishes = [0, 1, 2].map((qos) => publishPacket({ topic: 'a', payload: `m${qos}`, qos, properties }))
    const more = version === 5 ? [0] : []
    const speeches = [
      { hears: 'CONNECT', count: 1, says: packet('CONNACK', 0, [0, 0], more) },
      {
        hears: 'SUBSCRIBE',
        count: 1,
        says: Buffer.concat([packet('SUBACK', 0, uint16(1), more, [2]), ...publishes, packet('PUBREL', 2, uint16(1))]),
      },
    ] as const
    await play(await broker.connection(), speeches, [], Number.POSITIVE_INFINITY)
    expect(await run.exit).toBe(0)
    expect(run.stdout.toString()).toBe('m0\nm1\nm2\n')
  })
})
