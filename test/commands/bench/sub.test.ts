import { describe, expect, it } from 'vitest'
import { type FaultyBroker, startFaultyBroker } from '../../support/faulty-broker.ts'
import { hasMosquitto, startMosquitto } from '../../support/mosquitto.ts'
import { runCli } from '../../support/run.ts'

/** Topics of messages that are retained, but for those of the broker itself. */
function retainedAt({ retained }: FaultyBroker): string[] {
  return [...retained.keys()].filter((topic) => !topic.startsWith('$SYS'))
}

function flood(url: string, ...options: readonly string[]) {
  const usual = ['--clients', '3', '--retained-flood', '1200', '--settle', '0', '--workers', '1', '--json']
  return runCli(['bench', 'sub', '-L', url, ...usual, ...options])
}

describe('bench sub --retained-flood', () => {
  it.each([
    ['0', '311'],
    ['1', '311'],
    ['2', '311'],
    ['1', '5'],
    ['2', '5'],
  ])(
    'counts every retained message once for each subscriber with -q %s -V %s, and clears them',
    async (qos, version) => {
      await using broker = await startFaultyBroker()
      const run = flood(broker.url, '-q', qos, '-V', version, '--fail-if', 'lost>0', '--fail-if', 'flood.max>1m')
      expect(await run.exit).toBe(0)
      expect(JSON.parse(run.stdout.toString())).toMatchObject({
        configuration: { subscribe: { filter: 'bench/%r/retained/+', retained: { count: 1200, payloadSize: 100 } } },
        summary: { latencies: { flood: { count: 3 }, suback: { count: 3 }, schedule: { count: 3 } } },
        result: { messages: { expected: 3600, received: 3600, lost: 0, duplicates: 0, foreign: 0 } },
      })
      expect(run.stderr).toBe('')
      expect(retainedAt(broker)).toEqual([])
      const payloads = broker.published.slice(0, 1200).map(({ payload }) => payload.length)
      expect(new Set(payloads)).toEqual(new Set([100]))
    },
  )

  it('says what has not come within --duration', async () => {
    await using broker = await startFaultyBroker({ fault: 'forgets retained' })
    const run = flood(broker.url, '-q', '1', '--duration', '0.3')
    expect(await run.exit).toBe(0)
    expect(JSON.parse(run.stdout.toString())).toMatchObject({
      result: { messages: { expected: 3600, received: 0, lost: 3600 } },
    })
  })

  it('expects nothing of a subscription that is refused', async () => {
    await using broker = await startFaultyBroker({ fault: 'refuses SUBSCRIBE' })
    const run = flood(broker.url, '-q', '1')
    expect(await run.exit).toBe(128)
    expect(JSON.parse(run.stdout.toString())).toMatchObject({
      result: { messages: { expected: 0, received: 0, lost: 0 } },
    })
  })

  it('clears them when the user stops it', async () => {
    await using broker = await startFaultyBroker()
    const run = flood(broker.url, '-q', '1', '--settle', '60')
    await broker.waitForLog(/^connected bench-.*-2$/m)
    expect(retainedAt(broker)).toHaveLength(1200)
    run.abort('SIGINT')
    expect(await run.exit).toBe(130)
    expect(JSON.parse(run.stdout.toString())).toMatchObject({ result: { incomplete: 'interrupted' } })
    expect(retainedAt(broker)).toEqual([])
  })

  it('says how to clear what it could not', async () => {
    await using broker = await startFaultyBroker({ fault: 'forgets retained' })
    const run = flood(broker.url, '-q', '1')
    await broker.waitForLog(/ 1 bench\/.+\/retained\/\+/)
    await broker.stop()
    expect(await run.exit).toBe(7)
    expect(run.stderr).toMatch(/retained messages may be left: tmqtt retain-clear -t 'bench\/\w{4}\/retained\/\+' \(/)
  })

  it.skipIf(!hasMosquitto)('takes them from mosquitto, for a person', async () => {
    await using broker = await startMosquitto({ quiet: true })
    const options = ['-L', broker.urls.tcp, '--clients', '4', '--retained-flood', '500', '-q', '1', '--settle', '0']
    const run = runCli(['bench', 'sub', ...options])
    expect(await run.exit).toBe(0)
    const text = run.stdout.toString()
    expect(text).toContain('4 subscribers, 500 retained messages of 100 B for each')
    expect(text).toContain('expected 2,000 = received 2,000 + lost 0\n')
    expect(text).toMatch(/due to subscribe to last retained .* 4\n/)
    const again = runCli(['sub', '-L', broker.urls.tcp, '-t', 'bench/#', '-W', '0.2'])
    expect(await again.exit).toBe(27)
    expect(again.stdout.toString()).toBe('')
  })

  it.each([
    ['--churn', '1'],
    ['--topic', 'a'],
    ['--messages', '1'],
    ['--shard', '1/2'],
  ])('does not go with %s', async (option, value) => {
    const run = runCli(['bench', 'sub', '--retained-flood', '5', option, value])
    expect(await run.exit).toBe(1)
    expect(run.stderr).toContain(`--retained-flood and ${option} can't be used together`)
  })
})
