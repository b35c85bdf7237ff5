import { describe, expect, it } from 'vitest'
import { type KnownBroker, knownAedes, knownMosquitto } from '../brokers/known-broker.ts'
import { hasMosquitto } from '../support/mosquitto.ts'
import type { Program } from '../support/program.ts'
import { runCli } from '../support/run.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { expected } from './updates.ts'

const filters = [
  'americas/north/#',
  'americas/south/#',
  'americas/north/us/ca/+',
  'europe/italy/rome',
  'asia/southeast/hk/+',
  'asia/southeast/#',
]

const updates: readonly (readonly [topic: string, payload: string])[] = [
  ['americas/north/us/ca/sandiego', 'San Diego update'],
  ['americas/north/us/ca/berkeley', 'Berkeley update'],
  ['americas/north/us/ca/sanfrancisco', 'San Francisco update'],
  ['americas/north/us/ny/newyork', 'New York update'],
  ['americas/south/brazil/saopaolo', 'São Paolo update'],
  ['asia/southeast/hk/hongkong', 'Hong Kong update'],
  ['asia/southeast/japan/kyoto', 'Kyoto update'],
  ['asia/southeast/prc/shanghai', 'Shanghai update'],
  ['europe/italy/rome', 'Rome update'],
  ['europe/france/paris', 'Paris update'],
]

/** One that matches the most filters, after all others: each connection of the subscriber prints it last. */
const ends: readonly (readonly [topic: string, payload: string])[] = filters.map((filter) => [
  filter.replace(/[+#]/, 'end'),
  'end',
])
const expectedEnds = [
  '[consumer of americas/north/#] received end for topic americas/north/end',
  '[consumer of americas/north/#] received end for topic americas/north/us/ca/end',
  '[consumer of americas/north/us/ca/+] received end for topic americas/north/us/ca/end',
  '[consumer of americas/south/#] received end for topic americas/south/end',
  '[consumer of asia/southeast/#] received end for topic asia/southeast/end',
  '[consumer of asia/southeast/#] received end for topic asia/southeast/hk/end',
  '[consumer of asia/southeast/hk/+] received end for topic asia/southeast/hk/end',
  '[consumer of europe/italy/rome] received end for topic europe/italy/rome',
]

const configurations = [
  { broker: 'aedes', version: '311', available: true, start: knownAedes },
  { broker: 'mosquitto', version: '311', available: hasMosquitto, start: knownMosquitto },
  { broker: 'mosquitto', version: '5', available: hasMosquitto, start: knownMosquitto },
]

describe.each(configurations)('many to many on $broker with -V $version', ({ version, available, start }) => {
  it.skipIf(!available)('prints a line for each filter that matches, with --per-filter', async () => {
    const broker = await start()
    const format = '[consumer of %{filter}] received %p for topic %t'
    const subscriber = spawnTmqtt([
      ...['sub', '-L', broker.url, '-V', version, '-i', 'consumer', '-q', '1', '--per-filter', '-F', format],
      ...filters.flatMap((filter) => ['-t', filter]),
    ])
    await Promise.all(filters.map((filter) => broker.subscribed(filter)))

    await publishAll(broker, version, updates)
    await Promise.all(ends.map((end) => publish(broker, version, end)))
    const lines = await linesOf(subscriber, expected.length + expectedEnds.length)
    expect(lines.sort()).toEqual([...expected, ...expectedEnds].sort())

    subscriber.kill('SIGINT')
    expect(await subscriber.exited).toEqual({ code: 0, signal: null })
    expect(subscriber.stderr).toBe('')
    // Nothing came after the ends, and São Paolo's bytes are those of UTF-8.
    expect(subscriber.stdout.toString().trimEnd().split('\n').length).toBe(lines.length)
    expect(subscriber.stdout.includes(Buffer.from('53c3a36f2050616f6c6f', 'hex'))).toBe(true)
  })

  it.skipIf(!available)('names the first filter that matches, without --per-filter', async () => {
    const broker = await start()
    const args = ['-L', broker.url, '-V', version]
    const named = ['-t', 'asia/southeast/hk/+', '-t', 'europe/italy/rome']
    const subscriber = runCli(['sub', ...args, '-F', '%{filter} %p', '-C', '2', ...named])
    await broker.subscribed('europe/italy/rome')
    for (const update of updates) await publish(broker, version, update)
    expect(await subscriber.exit).toBe(0)
    const lines = 'asia/southeast/hk/+ Hong Kong update\neurope/italy/rome Rome update\n'
    expect(subscriber.stdout.toString()).toBe(lines)
  })
})

/** Each by a publisher of its own, side by side; all are with the broker when this resolves. */
async function publishAll(broker: KnownBroker, version: string, messages: typeof updates): Promise<void> {
  const publishers = messages.map(([topic, payload]) =>
    spawnTmqtt(['pub', '-L', broker.url, '-V', version, '-q', '1', '-t', topic, '-m', payload]),
  )
  for (const publisher of publishers) expect(await publisher.exited).toEqual({ code: 0, signal: null })
}

async function publish(broker: KnownBroker, version: string, [topic, payload]: readonly [string, string]) {
  const publisher = runCli(['pub', '-L', broker.url, '-V', version, '-q', '1', '-t', topic, '-m', payload])
  expect(await publisher.exit, publisher.stderr).toBe(0)
}

async function linesOf(program: Program, count: number): Promise<string[]> {
  const lines: string[] = []
  while (lines.length < count) lines.push(await program.nextLine())
  return lines
}
