import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packet, varint } from '../support/packets.ts'
import type { Exited, Program } from '../support/program.ts'
import { type Peer, type ScriptedBroker, startScriptedBroker } from '../support/scripted-peer.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts'
import { fuzz } from './campaign.ts'
import { chunksOf, cuts, mutate, mutations } from './mutations.ts'
import { checkStderr, isMadeOf } from './output.ts'
import { conversationOf } from './reference.ts'
import { conversations } from './valid.ts'

/** Has Node say at its end how much memory it took at most. */
const HOOK = `process.on('exit', () =>
  require('node:fs').writeFileSync(process.env.PEAK_FILE, String(process.resourceUsage().maxRSS)))`

/** What Node and the program take by themselves, with what the collector leaves lying about for a while. */
const ALLOWED_KIB = 160 * 1024

interface Context {
  readonly broker: ScriptedBroker
  readonly directory: TemporaryDirectory
  readonly hook: string
}

async function prepare(): Promise<Context> {
  const directory = temporaryDirectory()
  return { broker: await startScriptedBroker(), directory, hook: directory.write('hook.cjs', HOOK) }
}

function start({ hook, directory }: Context, args: readonly string[], input?: string): Program {
  const env = { NODE_OPTIONS: `--require ${hook}`, PEAK_FILE: directory.file('peak') }
  return spawnTmqtt(args, { env, ...(input === undefined ? {} : { input }) })
}

/** Fails unless a program has come to an end that is fit for users. @returns its exit status. */
function check({ directory }: Context, command: string, program: Program, { code, signal }: Exited): number {
  assert.equal(signal, null)
  checkStderr(program.stderr, command, code!)
  const peak = Number(readFileSync(directory.file('peak'), 'utf8'))
  assert.ok(peak > 0 && peak < ALLOWED_KIB, `${peak} KiB of memory`)
  return code!
}

/** A packet that is announced with so many bytes, of which so many come. */
function announce(type: number, size: number, comes: number): Buffer {
  return Buffer.concat([Buffer.from([type, ...varint(size)]), Buffer.alloc(Math.min(size, comes))])
}

const bombs = fc
  .record({
    type: fc.constantFrom(0x30, 0x32, 0x40, 0x90, 0xe0),
    size: fc.constantFrom(70_000, 268_435_455),
    comes: fc.constantFrom(0, 6_000_000),
  })
  .map(({ type, size, comes }) => announce(type, size, comes))

const versions = { 4: '311', 5: '5' } as const

const sessions = fc.constantFrom<(4 | 5)[]>(4, 5).chain((version) =>
  fc.record({
    version: fc.constant(version),
    messages: conversations(version),
    changes: fc.array(mutations, { minLength: 1, maxLength: 4 }),
    cuts,
    bomb: fc.oneof(fc.constant(Buffer.alloc(0)), bombs),
    limit: fc.constantFrom<(readonly string[])[]>([], ['--max-packet-size', '1k']),
    /** Whether the broker lets the client in before it turns hostile. */
    greets: fc.constantFrom(true, true, true, false),
  }),
)

/** Sends it all, and closes behind it. */
function speak(peer: Peer, bytes: Buffer, at: readonly number[]): void {
  for (const chunk of chunksOf(bytes, at)) peer.send(chunk)
  peer.end()
}

describe('a process', () => {
  fuzz(
    'of sub ends in order, in bounded memory, with messages on stdout',
    { name: 'processes of sub', unit: 'packets', runs: 6, share: 0.00005, values: sessions, prepare },
    async ({ version, messages, changes, cuts, bomb, limit, greets }, context) => {
      const { packets, mutated } = mutate(messages, changes)
      const bytes = Buffer.concat([...packets, bomb])
      const url = `${context.broker.url}/#`
      const args = ['-L', url, '-V', versions[version], '--reconnect', 'never', '-F', '%x %q %r %t', ...limit]
      const program = start(context, ['sub', ...args])
      const peer = await context.broker.connection()
      if (greets) {
        await peer.accept()
        await peer.acceptSubscribe(0)
      } else await peer.packet('CONNECT')
      speak(peer, bytes, cuts)
      check(context, 'sub', program, await program.exited)
      const lines = conversationOf(bytes, version).publishes.map(({ payload, qos, retain, topic }) =>
        Buffer.from(`${payload.toString('hex')} ${qos} ${Number(retain)} ${topic}\n`),
      )
      assert.ok(isMadeOf(program.stdout, lines))
      return mutated
    },
  )

  fuzz(
    'of pub -l ends in order and in bounded memory, and fails where nothing is acknowledged',
    { name: 'processes of pub', unit: 'packets', runs: 6, share: 0.00005, values: sessions, prepare },
    async ({ version, messages, changes, cuts, bomb, limit, greets }, context) => {
      const answers = [1, 2, 3].map((id) => packet('PUBACK', 0, [0, id]))
      const { packets, mutated } = mutate([...answers, ...messages], changes)
      const bytes = Buffer.concat([...packets, bomb])
      const args = [
        '-L',
        `${context.broker.url}/a`,
        '-V',
        versions[version],
        '--reconnect',
        'never',
        '-q',
        '1',
        ...limit,
      ]
      const program = start(context, ['pub', ...args, '-l'], 'line\n'.repeat(3))
      const peer = await context.broker.connection()
      if (greets) {
        await peer.accept()
        for (let count = 0; count < 3; count++) await peer.packet('PUBLISH')
      } else await peer.packet('CONNECT')
      speak(peer, bytes, cuts)
      const status = check(context, 'pub', program, await program.exited)
      assert.equal(program.stdout.length, 0)
      const { acknowledgements } = conversationOf(bytes, version)
      const taken = acknowledgements.filter(({ type, reasonCode }) => type === 4 && reasonCode < 0x80)
      const ids = new Set(taken.map(({ packetId }) => packetId))
      if (status === 0) assert.ok([1, 2, 3].every((id) => ids.has(id)))
      return mutated
    },
  )

  it.each([0x30, 0x40, 0x90])(
    'takes no memory for a packet of 256 MB that is only announced, first byte %s',
    async (type) => {
      const context = await prepare()
      const program = start(context, ['sub', '-L', `${context.broker.url}/#`, '--reconnect', 'never'])
      const peer = await context.broker.connection()
      await peer.accept()
      await peer.acceptSubscribe(0)
      speak(peer, announce(type, 268_435_455, 6_000_000), [])
      expect(check(context, 'sub', program, await program.exited)).toBe(7)
    },
  )
})
