import { describe, expect, it } from 'vitest'
import { hasMosquitto } from '../support/mosquitto.ts'
import { Random } from '../support/random.ts'
import { runCli } from '../support/run.ts'
import { spawnShell } from '../support/spawn.ts'
import { type GeneratedMessage, generateMessage } from './generated.ts'
import { type KnownBroker, knownMosquitto } from './known-broker.ts'
import { run } from './scenarios.ts'
import { publish } from './side-by-side.ts'

/** For other messages than those of every day, set TMQTT_TEST_SEED to another number. */
const seed = Number(process.env.TMQTT_TEST_SEED ?? 1)

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
const everyCharacter = Buffer.from(Array.from({ length: 0x900 }, (_, code) => String.fromCodePoint(code)).join(''))

/** Messages of all kinds, with properties, one QoS after the other. */
function anyMessages(random: Random): GeneratedMessage[] {
  const special = [everyByte, everyCharacter, Buffer.alloc(0), Buffer.from('\ufeff\u2028'), Buffer.from('AP8=')]
  return ([0, 1, 2] as const).flatMap((qos) => [
    ...special.map((payload) => ({ topic: 'special/"ä\\', payload, qos, retain: false, properties: {} })),
    ...random.list(100, 100, () => generateMessage(random, qos)),
  ])
}

/** Lines without what differs from receiver to receiver: time, packet identifier, and seconds gone by. */
function comparable(lines: Buffer): string[] {
  return lines
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .replace(/,"time":"20[\d-]+T[\d:.]+Z"/, '')
        .replace(/,"mid":\d+/, '')
        .replace(/(?<="messageExpiryInterval":)\d+/, (seconds) => `${Math.round(Number(seconds) / 1000)}000`),
    )
}

/** What a broker delivers to `#`, at QoS 2, as soon as it has subscribed. */
async function subscribe(broker: KnownBroker, count: number) {
  const args = ['-L', broker.url, '-V', '5', '-t', '#', '-q', '2', '--json', '-C', String(count)]
  const subscriber = runCli(['sub', ...args])
  await broker.subscribed('#')
  return subscriber
}

describe.skipIf(!hasMosquitto)('sub --json | pub --json', { timeout: 30_000 }, () => {
  it('carries every message from one broker to another unchanged', async () => {
    const messages = anyMessages(new Random(seed))
    const [from, to] = [await knownMosquitto({ quiet: true }), await knownMosquitto({ quiet: true })]
    const there = await subscribe(from, messages.length)
    const here = await subscribe(to, messages.length)
    await publish(from, messages)
    expect(await there.exit, there.stderr).toBe(0)
    const lines = Buffer.from(there.stdout)
    await run(['pub', '-L', to.url, '-V', '5', '--json'], { stdin: there.stdout })
    expect(await here.exit, here.stderr).toBe(0)

    const expected = comparable(lines)
    const found = comparable(here.stdout)
    for (const qos of [0, 1, 2]) {
      // A message at QoS 2 is delivered when its PUBREL has come, which others may overtake.
      const atQos = (line: string) => line.includes(`,"qos":${qos},"retain":`)
      expect(found.filter(atQos), `TMQTT_TEST_SEED=${seed}`).toEqual(expected.filter(atQos))
    }
    const payloads = expected.map((line) => JSON.parse(line))
    expect(payloads.map(({ payload, encoding }) => Buffer.from(payload, encoding ?? 'utf8'))).toEqual(
      messages.map(({ payload }) => payload),
    )
  })

  it('carries retained messages, which stay retained', async () => {
    const random = new Random(seed)
    const generated = random.list(50, 50, () => generateMessage(random, random.pick([0, 1, 2]), true))
    const messages = generated
      .map((message, at) => ({ ...message, topic: `${message.topic}/${at}` }))
      .filter(({ payload }) => payload.length > 0)
    const [from, to] = [await knownMosquitto({ quiet: true }), await knownMosquitto({ quiet: true })]
    await publish(from, messages)
    const there = await subscribe(from, messages.length)
    expect(await there.exit).toBe(0)
    const expected = comparable(there.stdout)
    await run(['pub', '-L', to.url, '-V', '5', '--json'], { stdin: there.stdout })
    const here = await subscribe(to, messages.length)
    expect(await here.exit).toBe(0)
    expect(expected.every((line) => line.includes('"retain":true'))).toBe(true)
    expect(comparable(here.stdout).sort(), `TMQTT_TEST_SEED=${seed}`).toEqual(expected.sort())
  })

  it('is a bridge in a shell, with an editor between', async () => {
    const [from, to] = [await knownMosquitto(), await knownMosquitto()]
    const bridge = spawnShell(
      `set -o pipefail
      tmqtt sub -L ${from.url} -t 'a/#' --json -C 3 | sed -u 's,"topic":"a/,"topic":"copy/,' | tmqtt pub -L ${to.url} --json`,
    )
    const subscriber = runCli(['sub', '-L', to.url, '-t', '#', '-F', '%t %p', '-C', '3'])
    await Promise.all([from.subscribed('a/#'), to.subscribed('#')])
    const stdin = 'a/1 {"x": 1}\na/ä/2 two\na/3 \n'
    await run(['pub', '-L', from.url, '-l', '--topic-separator', ' '], { stdin })
    expect(await subscriber.exit).toBe(0)
    expect(subscriber.stdout.toString()).toBe(stdin.replaceAll('a/', 'copy/'))
    expect(await bridge.exited, bridge.stderr).toEqual({ code: 0, signal: null })
  })
})
