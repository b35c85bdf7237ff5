import { describe, expect, it } from 'vitest'
import { knownAedes, knownMosquitto } from '../brokers/known-broker.ts'
import { hasMosquitto } from '../support/mosquitto.ts'
import { spawnTmqtt } from '../support/spawn.ts'

const done = { code: 0, signal: null }

describe.each([
  { name: 'aedes', available: true, start: knownAedes },
  { name: 'mosquitto', available: hasMosquitto, start: knownMosquitto },
])('on $name', ({ available, start }) => {
  it.skipIf(!available)('hello world: one subscriber, one publisher, one message, exit', async () => {
    const broker = await start()
    const subscriber = spawnTmqtt(['sub', '-L', broker.url, '-t', 'hello', '-C', '1'])
    await broker.subscribed('hello')
    const publisher = spawnTmqtt(['pub', '-L', broker.url, '-t', 'hello', '-m', 'Hello, world!'])
    expect(await Promise.all([subscriber.exited, publisher.exited])).toEqual([done, done])
    expect(subscriber.stdout.toString()).toBe('Hello, world!\n')
    expect([publisher.stdout.toString(), publisher.stderr, subscriber.stderr]).toEqual(['', '', ''])
  })

  it.skipIf(!available)('one to many: joe, aaron and bob each receive every score', async () => {
    const broker = await start()
    const names = ['joe', 'aaron', 'bob']
    const consumers = names.map((name) => {
      const format = `[consumer] ${name} received %p`
      return spawnTmqtt([
        'sub',
        '-L',
        broker.url,
        '-t',
        'nba/scores',
        '-i',
        `consumer.${name}`,
        '-F',
        format,
        '-C',
        '2',
      ])
    })
    await Promise.all(names.map((name) => broker.subscribed('nba/scores', `consumer.${name}`)))
    const publisher = spawnTmqtt(['pub', '-L', broker.url, '-t', 'nba/scores', '-i', 'producer', '-l'], {
      input: 'BOS 101, NYK 89\nORL 85, ALT 88\n',
    })
    await broker.connected('producer')
    expect(await publisher.exited).toEqual(done)
    expect(await Promise.all(consumers.map(({ exited }) => exited))).toEqual([done, done, done])
    expect(consumers.map(({ stdout }) => stdout.toString())).toEqual(
      names.map((name) => `[consumer] ${name} received BOS 101, NYK 89\n[consumer] ${name} received ORL 85, ALT 88\n`),
    )
  })
})
