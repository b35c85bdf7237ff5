import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Program } from '../support/program.ts'
import { type CliRun, type RunOptions, runCli } from '../support/run.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import type { KnownBroker } from './known-broker.ts'
import type { Limits } from './limits.ts'

/** Every byte there is, in order and backwards, with NUL, CR LF and what is not UTF-8. */
const allBytes = Buffer.from(Array.from({ length: 512 }, (_, at) => (at < 256 ? at : 511 - at)))

/** Messages over a plain connection. */
export function brokerScenarios(
  start: () => Promise<KnownBroker>,
  versions: readonly string[],
  { maximumQos = 2, retainedForWildcards = true }: Limits = {},
): void {
  const everyQos = ['0', '1', '2'].slice(0, maximumQos + 1)
  const persistentQos = everyQos.slice(1)

  describe.each(versions)('with -V %s', (version) => {
    const startWithArgs = async () => {
      const broker = await start()
      return { broker, at: ['-L', broker.url, '-V', version] }
    }

    it(`carries messages at QoS ${everyQos.join(', ')}`, async () => {
      const { at } = await startWithArgs()
      await carriesEveryQos(at, { everyQos })
    })

    it('lowers the QoS to that of the subscription', async () => {
      const { broker, at } = await startWithArgs()
      const lower = String(maximumQos - 1)
      const subscriber = runCli(['sub', ...at, '-t', 't', '-q', lower, '-F', '%q %p', '-C', '2'])
      await broker.subscribed('t')
      await run(['pub', ...at, '-t', 't', '-q', String(maximumQos), '-m', 'high'])
      await run(['pub', ...at, '-t', 't', '-q', '0', '-m', 'zero'])
      expect(await finish(subscriber)).toBe(`${lower} high\n0 zero\n`)
    })

    it('stores a retained message with -r and clears it with -r -n', async () => {
      const { broker, at } = await startWithArgs()
      await run(['pub', ...at, '-t', 'kept', '-r', '-q', '1', '-m', 'old'])
      await run(['pub', ...at, '-t', 'kept', '-r', '-q', '1', '-m', 'new'])
      expect(await run(['sub', ...at, '-t', 'kept', '-C', '1', '-F', '%r %p'])).toBe('1 new\n')

      await run(['pub', ...at, '-t', 'kept', '-r', '-q', '1', '-n'])
      const subscriber = runCli(['sub', ...at, '-t', 'kept', '-C', '1', '-F', '%r %p', '-i', 'after'])
      await broker.subscribed('kept', 'after')
      await run(['pub', ...at, '-t', 'kept', '-m', 'live'])
      expect(await finish(subscriber)).toBe('0 live\n')
    })

    it('leaves retained messages out with -R', async () => {
      const { broker, at } = await startWithArgs()
      await run(['pub', ...at, '-t', 'kept', '-r', '-q', '1', '-m', 'old'])
      const subscriber = runCli(['sub', ...at, '-t', 'kept', '-R', '-C', '1'])
      await broker.subscribed('kept')
      await run(['pub', ...at, '-t', 'kept', '-m', 'live'])
      expect(await finish(subscriber)).toBe('live\n')
    })

    it('prints just the retained messages with --retained-only', async () => {
      const { broker, at } = await startWithArgs()
      for (const name of ['a', 'b']) await run(['pub', ...at, '-t', `kept/${name}`, '-r', '-q', '1', '-m', name])
      const filters = retainedForWildcards ? ['kept/+'] : ['kept/a', 'kept/b']
      const subscriber = runCli(['sub', ...at, ...filters.flatMap((each) => ['-t', each]), '--retained-only', '-v'])
      await broker.subscribed(filters.at(-1)!)
      await run(['pub', ...at, '-t', 'kept/b', '-m', 'live'])
      expect((await finish(subscriber)).split('\n').sort()).toEqual(['', 'kept/a a', 'kept/b b'])
    })

    it('publishes the will of a client that was killed', async () => {
      const { broker, at } = await startWithArgs()
      const watcher = runCli(['sub', ...at, '-t', 'will', '-q', '2', '-C', '1', '-F', '%q %p'])
      const doomed = spawnTmqtt(['sub', ...at, '-t', 't', ...will])
      await Promise.all([broker.subscribed('will'), broker.subscribed('t')])
      doomed.kill('SIGKILL')
      expect(await finish(watcher)).toBe('1 gone\n')
    })

    it.each(['SIGTERM', 'SIGINT'] as const)(
      `${version === '5' ? 'publishes the' : 'publishes no'} will after %s`,
      async (signal) => {
        const { broker, at } = await startWithArgs()
        const watcher = runCli(['sub', ...at, '-t', 'will', '-C', '1'])
        const stopped = spawnTmqtt(['sub', ...at, '-t', 't', ...will])
        await Promise.all([broker.subscribed('will'), broker.subscribed('t')])
        await run(['pub', ...at, '-t', 't', '-m', 'ready'])
        await stopped.nextLine()
        stopped.kill(signal)
        await succeeds(stopped)
        await run(['pub', ...at, '-t', 'will', '-m', 'end'])
        // Reason code 4 asks for it, which there is only in MQTT 5.
        expect(await finish(watcher)).toBe(version === '5' ? 'gone\n' : 'end\n')
      },
    )

    it.each(persistentQos)('delivers at QoS %s what a persistent session has missed', async (qos) => {
      const { broker, at } = await startWithArgs()
      const session = ['sub', ...at, '-i', 'keeper', '-c', '-q', qos, '-t', 't']
      const before = runCli(session)
      await broker.subscribed('t', 'keeper')
      await run(['pub', ...at, '-t', 't', '-m', 'ready'])
      await before.nextLine()
      before.abort('SIGTERM')
      await finish(before)

      await run(['pub', ...at, '-t', 't', '-q', qos, '-l'], { stdin: 'one\ntwo\nthree\n' })
      expect(await run([...session, '-F', '%q %p', '-C', '2'])).toBe(`${qos} one\n${qos} two\n`)
      // What -C left over is still there, and what was printed is not sent again.
      expect(await run([...session, '-F', '%q %p', '-C', '1'])).toBe(`${qos} three\n`)
    })
  })

  it.each([
    { how: '-f', args: (file: string) => ['-f', file] },
    { how: '-s', args: () => ['-s'], input: allBytes },
    { how: '-l', args: () => ['-l'], input: allBytes.map((byte) => (byte === 0x0a ? 0x0b : byte)) },
  ])('carries every byte unchanged with $how', async ({ args, input }) => {
    const broker = await start()
    const file = temporaryDirectory().write('all-bytes', allBytes)
    const subscriber = spawnTmqtt(['sub', '-L', broker.url, '-t', 't', '-N', '-C', '1'])
    await broker.subscribed('t')
    await succeeds(spawnTmqtt(['pub', '-L', broker.url, '-t', 't', ...args(file)], { input: input ?? '' }))
    await succeeds(subscriber)
    expect(subscriber.stdout.equals(input ?? allBytes)).toBe(true)
  })

  it('publishes empty lines, a last line without newline, and keeps CR', async () => {
    const broker = await start()
    const subscriber = spawnTmqtt(['sub', '-L', broker.url, '-t', 't', '-F', '%l %x', '-C', '5'])
    await broker.subscribed('t')
    await succeeds(spawnTmqtt(['pub', '-L', broker.url, '-t', 't', '-l'], { input: 'a\n\nb\r\n \tc \nlast' }))
    await succeeds(subscriber)
    expect(subscriber.stdout.toString()).toBe('1 61\n0 \n2 620d\n4 20096320\n4 6c617374\n')
  })

  it.each(everyQos)('carries a payload of a megabyte at QoS %s', async (qos) => {
    const broker = await start()
    const payload = randomBytes(2 ** 20)
    const file = temporaryDirectory().write('megabyte', payload)
    const subscriber = spawnTmqtt(['sub', '-L', broker.url, '-t', 't', '-q', qos, '-N', '-C', '1'])
    await broker.subscribed('t')
    await succeeds(spawnTmqtt(['pub', '-L', broker.url, '-t', 't', '-q', qos, '-f', file]))
    await succeeds(subscriber)
    expect(sha256(subscriber.stdout)).toBe(sha256(payload))
  })
}

const will = ['--will-topic', 'will', '--will-payload', 'gone', '--will-qos', '1']

/** One subscriber, and a publisher for each QoS, all over the connection that `at` describes. */
export async function carriesEveryQos(
  at: readonly string[],
  { everyQos = ['0', '1', '2'], ...options }: RunOptions & { readonly everyQos?: readonly string[] } = {},
): Promise<void> {
  // Who gets a retained message is subscribed.
  await run(['pub', ...at, '-t', 'every/ready', '-q', '1', '-r', '-m', 'go'], options)
  const filters = ['-t', 'every/qos/+', '-t', 'every/ready']
  const count = String(1 + everyQos.length)
  const subscriber = runCli(['sub', ...at, ...filters, '-q', '2', '-F', '%q %t %p', '-C', count], options)
  expect(await subscriber.nextLine()).toBe('1 every/ready go')
  for (const qos of everyQos) {
    await run(['pub', ...at, '-t', `every/qos/${qos}`, '-q', qos, '-m', `at ${qos}`], options)
  }
  const lines = everyQos.map((qos) => `${qos} every/qos/${qos} at ${qos}\n`)
  expect(await finish(subscriber)).toBe(['1 every/ready go\n', ...lines].join(''))
  expect(subscriber.stderr).toBe('')
}

/** @returns its output. */
export async function run(args: readonly string[], options?: RunOptions): Promise<string> {
  return await finish(runCli(args, options))
}

export async function finish(cli: CliRun): Promise<string> {
  expect(await cli.exit, cli.stderr).toBe(0)
  return cli.stdout.toString()
}

async function succeeds(program: Program): Promise<void> {
  expect(await program.exited, program.stderr).toEqual({ code: 0, signal: null })
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
