import { existsSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { compileTemplate } from '../../src/formatters/template.ts'
import { matches } from '../../src/mqtt/topic.ts'
import { textOf } from '../formatters/message-of.ts'
import { hasMosquitto } from '../support/mosquitto.ts'
import { hasMosquittoClients, mosquittoSub } from '../support/mosquitto-clients.ts'
import { Random } from '../support/random.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { type GeneratedMessage, generateFormat, generateMessage } from './generated.ts'
import { knownMosquitto } from './known-broker.ts'
import { expectSame, newer, publish, runPair, subscribePair } from './side-by-side.ts'

/**
 * mosquitto_sub and `tmqtt sub` with the same arguments at the same broker print the same bytes and exit with the
 * same status. For other cases than those of every day, set TMQTT_TEST_SEED to another number.
 */
const seed = Number(process.env.TMQTT_TEST_SEED ?? 1)
const hint = `TMQTT_TEST_SEED=${seed}`

/** Should one of a pair wait for more than comes, it ends, and shows what it has. */
const guard = ['-W', '25']

/** Formats that 2.0.11 refuses and 2.1 doesn't: with `%f`, `%d`, or a separator before a letter. */
const newerFormat = /%-?0?\d*(?:\.\d*)?(?:[ -$&-/:-@[-`{-~]?[fd]|[ -$&-/:-@[-`{-~][A-Za-z%])/

describe.skipIf(!hasMosquitto || !hasMosquittoClients)('tmqtt sub beside mosquitto_sub', { timeout: 30_000 }, () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7])('prints the same of messages as they come (%d)', async (part) => {
    const random = new Random(seed * 1000 + part)
    const broker = await knownMosquitto({ quiet: true })
    // By QoS: one at QoS 2 is printed when its PUBREL has come, which others may overtake.
    const messages = ([0, 1, 2] as const).flatMap((qos) => random.list(16, 16, () => generateMessage(random, qos)))
    const runs = random.list(24, 24, () => generateArgs(random, messages))
    const pairs = await Promise.all(runs.map((args, at) => subscribePair(broker, `pair-${at}`, args, at === 0)))
    await publish(broker, messages)
    for (const pair of pairs) await expectSame(pair, hint)
  })

  it('prints the same of retained messages', async () => {
    const random = new Random(seed)
    const broker = await knownMosquitto({ quiet: true })
    const generated = random.list(14, 14, () => generateMessage(random, random.pick([0, 1]), true))
    await publish(
      broker,
      generated.map((message, at) => ({ ...message, topic: `${message.topic}/${at}`, payload: Buffer.from(`${at}`) })),
    )
    const runs = [
      ['-C', '18'],
      ['-C', '18', '-v'],
      ['-C', '18', '-v', '-N'],
      ['-C', '18', '-F', '%r%q %m %t %p'],
      ['-C', '5', '-F', '%r %t %p %C %R %P'],
      ['-C', '4', '-R', '-v'],
      ['-C', '2', '-R', '-F', '%r %t'],
      ['-C', '3', '-R', '-F', '%j'],
      ['-C', '14', '-v', '-T', 'live/+'],
      ['-C', '18', '-v', '-T', 'bytes', '-T', '+'],
      ['--retained-only', '-v'],
      ['--retained-only', '-F', '%r %p %J', '-T', 'bytes/#'],
      ['--retained-only', '-C', '3'],
      ['--retained-only', '-v', '-T', 'text/#'],
      ['-v', '-T', 'live/+', '-W', '2'],
    ].flatMap((args) => ['311', '5'].map((version) => ['-t', '#', '-q', '1', '-V', version, ...guard, ...args]))
    const pairs = await Promise.all(runs.map((args, at) => subscribePair(broker, `pair-${at}`, args)))
    const live = ['one', '2', '{"three":3.0}', ''].map((text, at) => ({
      topic: `live/${at}`,
      payload: Buffer.from(text),
      qos: 1 as const,
      retain: at === 1,
      properties: { contentType: 'c', userProperties: [['k', 'v'] as const] },
    }))
    await publish(broker, live)
    for (const pair of pairs) await expectSame(pair, hint)
  })

  it('takes and refuses the same formats', async () => {
    const random = new Random(seed)
    const broker = await knownMosquitto({ quiet: true })
    const properties = { contentType: 'text/plain' }
    await publish(broker, [{ topic: 't', payload: Buffer.from('12345678'), qos: 1, retain: true, properties }])
    const pieces = ['%', '-', '0', '5', '.', '2', ' ', ':', '{', 'p', 'q', 't', 'C', 'd', 'f', 'z', 'Z', 'ä', '@', '\\']
    pieces.push('%p', '%5t', '%-9q', '%05l', '%.3C', '%-5', '%.2', '%%', '@@', '@Q', '@n', '@ ', '\\n', '\\0', '\\z')
    const formats = random.list(160, 160, () => random.list(1, 4, () => random.pick(pieces)).join(''))
    const statuses = new Set<number | null>()
    for (let at = 0; at < formats.length; at += 40) {
      const pairs = formats.slice(at, at + 40).map((format, offset) => {
        return runPair(broker, `pair-${at + offset}`, ['-t', 't', '-C', '1', '-V', '5', ...guard, '-F', format])
      })
      for (const pair of pairs) {
        const status = (await pair.theirs).code
        statuses.add(status)
        if (status === 1 && (await pair.ours).code === 0) expect(pair.args.at(-1), hint).toMatch(newerFormat)
        else await expectSame(pair, hint)
      }
    }
    expect([...statuses].sort()).toEqual([0, 1])
  })
})

/** Where mosquitto_sub finds time zones. Node has its own. */
const hasZones = existsSync('/usr/share/zoneinfo/Europe/Berlin')

describe.skipIf(!hasMosquitto || !hasMosquittoClients || !hasZones)(
  '-F: time, beside mosquitto_sub',
  { timeout: 30_000 },
  () => {
    afterEach(() => {
      vi.useRealTimers()
      vi.unstubAllEnvs()
    })

    const letters = [...'aAbBcCdDeFgGhHIjklmMnpPrRSsTtuUVwWxXyYzZEJKLOQfioqv@%0123456789-_^#+:.,~ ']
    const format = ['@s', ...letters.map((letter) => `@${letter}`), '%I', '%30I', '%-30I|', '%.10I', '%5.13I'].join(
      '\\v',
    )

    it.each([
      ...['UTC', 'Europe/Berlin', 'Europe/London', 'America/New_York', 'America/Sao_Paulo', 'America/St_Johns'],
      ...[
        'Asia/Kolkata',
        'Asia/Kathmandu',
        'Asia/Tokyo',
        'Australia/Lord_Howe',
        'Pacific/Chatham',
        'Africa/Casablanca',
      ],
    ])('is the same in %s', async (TZ) => {
      const broker = await knownMosquitto({ quiet: true })
      await publish(broker, [{ topic: 't', payload: Buffer.from('x'), qos: 1, retain: true, properties: {} }])
      const args = ['-h', '127.0.0.1', '-p', String(broker.port), '-t', 't', '-C', '1', ...guard, '-F']
      const theirs = mosquittoSub([...args, format], { env: { TZ } })
      expect((await theirs.exited).code).toBe(0)
      // Printed again by the formatter at the time that they tell.
      vi.stubEnv('TZ', TZ)
      vi.useFakeTimers({ now: Number.parseInt(theirs.stdout.toString(), 10) * 1000, toFake: ['Date'] })
      expect(theirs.stdout.toString()).toBe(textOf(compileTemplate(format), {}))
    })

    it('is told with fractions in the same form', async () => {
      const env = { TZ: 'America/St_Johns' }
      const broker = await knownMosquitto({ quiet: true })
      await publish(broker, [{ topic: 't', payload: Buffer.from('x'), qos: 1, retain: true, properties: {} }])
      const args = ['-h', '127.0.0.1', '-p', String(broker.port), '-t', 't', '-C', '1', ...guard, '-F', '@z %U @N %j']
      for (const program of [mosquittoSub(args, { env }), spawnTmqtt(['sub', ...args], { env })]) {
        expect((await program.exited).code).toBe(0)
        expect(newer(program.stdout.toString())).toMatch(
          /^(-0[23]30) \d{10}\.\d{9} \d{9} \{"tst":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\1","topic":"t",/,
        )
      }
    })
  },
)

/** -v, -N, -T, a format or nothing, for a run that all of the messages end which it is to print. */
function generateArgs(random: Random, messages: readonly GeneratedMessage[]): string[] {
  const choice = random.integer(0, 5)
  // The letters that all messages have something for come more often.
  const letters = random.pick(['ACDEFPRSlmpqrtxX', 'lmpqrtxX', 'jJ', 'jJtqp'])
  const args = choice === 0 ? random.pick([[], ['-v'], ['-N'], ['-v', '-N']]) : ['-F', generateFormat(random, letters)]
  if (random.once(6)) args.push('-N')
  const json = choice > 0 && letters.startsWith('j')
  const pretty = json && random.once(2)
  // In JSON, what mosquitto_sub prints of bytes that are not UTF-8, or of NUL, is not to be had from tmqtt.
  const filters = ['text/#', 'user/#', ...(json ? [] : ['bytes/#'])]
  const filtersOut = [
    ...(pretty ? ['user/#'] : []),
    ...(random.once(4) ? [random.pick(['text/a', 'user/#', '+/a/#'])] : []),
  ]
  const count = messages.filter(
    ({ topic }) =>
      filters.some((filter) => matches(filter, topic)) && !filtersOut.some((filter) => matches(filter, topic)),
  ).length
  args.push(...filters.flatMap((filter) => ['-t', filter]), ...filtersOut.flatMap((filter) => ['-T', filter]))
  args.push(
    ...(pretty ? ['--pretty'] : []),
    '-q',
    random.pick(['0', '1', '2']),
    '-V',
    random.pick(['31', '311', '5', '5', '5']),
  )
  return [...args, '-C', String(count), ...guard]
}
