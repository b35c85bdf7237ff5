import { describe, expect, it } from 'vitest'
import { hasMosquitto } from '../support/mosquitto.ts'
import { runCli } from '../support/run.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'
import { type KnownBroker, knownMosquitto } from './known-broker.ts'
import { finish, run } from './scenarios.ts'

async function startWithArgs(version: string): Promise<{ broker: KnownBroker; at: readonly string[] }> {
  const broker = await knownMosquitto()
  return { broker, at: ['-L', broker.url, '-V', version] }
}

async function publishRetained(at: readonly string[], ...topics: readonly string[]): Promise<void> {
  for (const topic of topics) await run(['pub', ...at, '-t', topic, '-r', '-q', '1', '-m', `of ${topic}`])
}

describe.skipIf(!hasMosquitto).each(['311', '5'])('sub with the options of mosquitto_sub, -V %s', (version) => {
  it('sets a persistent session up with -E, and takes a filter out of it again with -U', async () => {
    const { at } = await startWithArgs(version)
    const session = ['-c', '-i', 'me', '-q', '1']
    await run(['sub', ...at, ...session, '-t', 'a', '-t', 'b', '-E'])
    for (const topic of ['a', 'b']) await run(['pub', ...at, '-q', '1', '-t', topic, '-m', `first ${topic}`])
    expect(await run(['sub', ...at, ...session, '-t', 'a', '-U', 'b', '-C', '2'])).toBe('first a\nfirst b\n')
    for (const topic of ['b', 'a']) await run(['pub', ...at, '-q', '1', '-t', topic, '-m', `then ${topic}`])
    expect(await run(['sub', ...at, ...session, '-U', 'nothing'])).toBe('')
    expect(await run(['sub', ...at, ...session, '-t', 'a', '-C', '1'])).toBe('then a\n')
  })

  it('clears retained messages with --remove-retained, and ends', async () => {
    const { at } = await startWithArgs(version)
    await publishRetained(at, 'r/1', 'r/2', 'r/3', 'other')
    const printed = await run(['sub', ...at, '-t', '#', '-T', 'other', '--remove-retained', '-C', '3', '-v'])
    expect(printed.split('\n').sort()).toEqual(['', 'r/1 of r/1', 'r/2 of r/2', 'r/3 of r/3'])
    expect(await run(['sub', ...at, '-t', '#', '-C', '1', '-v'])).toBe('other of other\n')
  })

  it('clears more retained messages than may be in flight', async () => {
    const { at } = await startWithArgs(version)
    const topics = Array.from({ length: 3000 }, (_, number) => `r/${number}`)
    await run(['pub', ...at, '-t', 'r/0', '-r', '-q', '1', '-m', 'x'])
    const lines = topics.map((topic) => JSON.stringify({ topic, payload: 'x', retain: true, qos: 1 })).join('\n')
    await run(['pub', ...at, '--json'], { stdin: `${lines}\n` })
    await run(['sub', ...at, '-t', 'r/#', '--remove-retained', '-C', '3000'])
    await publishRetained(at, 'r/last')
    expect(await run(['sub', ...at, '-t', 'r/#', '-C', '1'])).toBe('of r/last\n')
  })

  it('prints a share with --random-filter, and counts all', async () => {
    const { broker, at } = await startWithArgs(version)
    const subscriber = runCli(['sub', ...at, '-t', 't', '--random-filter', '30', '-C', '2000'])
    await broker.subscribed('t')
    await run(['pub', ...at, '-t', 't', '-l'], { stdin: 'x\n'.repeat(2000) })
    const printed = (await finish(subscriber)).length / 2
    // Fewer or more than a fifth of the expected 600 comes in one of 10^8 runs.
    expect(printed).toBeGreaterThan(480)
    expect(printed).toBeLessThan(720)
  })

  it('tells the rate with --message-rate, also of nothing', async () => {
    const { broker, at } = await startWithArgs(version)
    const subscriber = runCli(['sub', ...at, '-t', 't', '--message-rate'])
    await broker.subscribed('t')
    await run(['pub', ...at, '-t', 't', '-l'], { stdin: 'x\n'.repeat(20) })
    await subscriber.waitForStdout(/^0 msgs\/s\n/m)
    subscriber.abort('SIGINT')
    expect(await subscriber.exit).toBe(0)
    const rates = subscriber.stdout.toString().trim().split('\n')
    for (const line of rates) expect(line).toMatch(/^\d+ msgs\/s$/)
    expect(rates.reduce((sum, line) => sum + Number.parseInt(line, 10), 0)).toBe(20)
  })

  it('keeps a line for each topic with -w', async () => {
    const { broker, at } = await startWithArgs(version)
    const subscriber = runCli(['sub', ...at, '-t', '+', '-w', '-v', '-C', '3'])
    await broker.subscribed('+')
    for (const [topic, text] of [
      ['a', 'one'],
      ['b', 'two'],
      ['a', 'three'],
    ])
      await run(['pub', ...at, '-t', topic!, '-m', text!])
    const esc = '\x1b['
    expect(await finish(subscriber)).toBe(
      `${esc}2J${esc}1;1HBroker: 127.0.0.1\n` +
        `${esc}2;1Ha one\n${esc}K${esc}3;1H\n${esc}3;1Hb two\n${esc}K${esc}4;1H\n${esc}2;1Ha three\n${esc}K${esc}4;1H\n`,
    )
  })

  it('asks for retained messages, and for RETAIN as published, as told', async () => {
    const { broker, at } = await startWithArgs(version)
    const isNew = version === '5'
    await publishRetained(at, 't')
    const never = runCli(['sub', ...at, '-t', 't', '--retain-handling', 'never', '-F', '%r %p', '-C', '1'])
    await broker.subscribed('t')
    await run(['pub', ...at, '-t', 't', '-r', '-m', 'live'])
    expect(await finish(never)).toBe(isNew ? '0 live\n' : '1 of t\n')
    const published = runCli(['sub', ...at, '-t', 'u', '--retain-as-published', '-F', '%r %p', '-C', '1'])
    await broker.subscribed('u')
    await run(['pub', ...at, '-t', 'u', '-r', '-m', 'live'])
    expect(await finish(published)).toBe(isNew ? '1 live\n' : '0 live\n')
  })
})

describe('sub', () => {
  it.each([
    ['a signal', [], (subscriber: ReturnType<typeof runCli>) => subscriber.abort('SIGTERM'), 0],
    ['-W', ['-W', '0.3'], () => {}, 27],
  ] as const)('asks for the will with reason code 4 when it is ended by %s', async (_what, args, end, exitCode) => {
    const broker = await startScriptedBroker()
    const subscriber = runCli(['sub', '-L', broker.url, '-V', '5', '-t', 't', ...args])
    const peer = await broker.connection()
    await peer.accept()
    await peer.acceptSubscribe(0)
    peer.publish({ topic: 't', payload: 'x' })
    await subscriber.waitForStdout('x\n')
    end(subscriber)
    expect((await peer.packet('DISCONNECT')).bytes).toEqual(Buffer.from([0xe0, 1, 4]))
    expect(await subscriber.exit).toBe(exitCode)
  })

  it('says what the broker says of a refused subscription', async () => {
    const broker = await startScriptedBroker()
    const subscriber = runCli(['sub', '-L', broker.url, '-V', '5', '-t', 'a/#'])
    const peer = await broker.connection()
    await peer.accept()
    const { body } = await peer.packet('SUBSCRIBE')
    peer.suback(body.readUInt16BE(0), [0x87], [0x1f, 0, 3, 0x6e, 0x6f, 0x74])
    expect(await subscriber.exit).toBe(0x87)
    expect(subscriber.stderr).toMatch(/subscription to 'a\/#' refused: Not authorized.*: not$/m)
  })

  it('names the filter that it may not unsubscribe from', async () => {
    const broker = await startScriptedBroker()
    const subscriber = runCli(['sub', '-L', broker.url, '-V', '5', '-U', 'a/#'])
    const peer = await broker.connection()
    await peer.accept()
    const { body } = await peer.packet('UNSUBSCRIBE')
    peer.send([0xb0, 9, body[0]!, body[1]!, 5, 0x1f, 0, 2, 0x6e, 0x6f, 0x87])
    expect(await subscriber.exit).toBe(0x87)
    expect(subscriber.stderr).toMatch(/unsubscribing from 'a\/#' refused: Not authorized.*: no$/m)
  })

  it.each([
    [['-U', 'a#'], '-U: expected a topic filter'],
    [['-t', 'a', '--random-filter', '0'], '--random-filter: expected a number from 0.1 to 100, got "0"'],
    [['-t', 'a', '--retain-handling', 'sometimes'], '--retain-handling: expected always, new or never'],
    [['-t', 'a', '-w', '--message-rate'], "can't be used together"],
    [['-t', 'a', '--remove-retained', '--per-filter'], "can't be used together"],
  ])('refuses %j', async (args, message) => {
    const subscriber = runCli(['sub', ...args])
    expect(await subscriber.exit).toBe(1)
    expect(subscriber.stderr).toContain(message)
  })
})
