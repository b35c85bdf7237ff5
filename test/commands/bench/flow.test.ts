import { describe, expect, it } from 'vitest'
import { startAedes } from '../../support/aedes.ts'
import { runCli } from '../../support/run.ts'

const short = ['--settle', '0', '--json']

describe('bench flow --shape wills', () => {
  it('cuts off each publisher once, at the rate', async () => {
    await using broker = await startAedes()
    const wills = ['--shape', 'wills', '--publishers', '30', '--rate', '300/s', '-q', '1', '--fail-if', 'lost>0']
    const run = runCli(['bench', 'flow', '-L', broker.urls.tcp, ...wills, ...short])
    expect(await run.exit).toBe(0)
    expect(JSON.parse(run.stdout.toString())).toMatchObject({
      configuration: { publish: { clients: 30, wills: true }, subscribe: { clients: 1 } },
      result: { messages: { intended: 30, sent: 30, received: 30, foreign: 0 }, connections: { left: 30 } },
    })
  })

  it.each([
    [['--rate', 'max'], '--shape wills needs a --rate at which clients are cut off, not max'],
    [['--churn', '5'], '--shape wills cuts off each client once: --churn is for others'],
    [['--shard', '1/2'], "--shape wills can't be shared by several processes: leave out --shard"],
    [['--will-topic', 'a'], '--shape wills makes the wills: name their topic by -t, not --will-topic'],
    [['--warmup', '1'], '--shape wills has no warm-up: each client has one will'],
    [['--messages', '1001'], '--shape wills has one message of each publisher: --messages is at most 1000'],
  ])('refuses %j', async (options, message) => {
    const run = runCli(['bench', 'flow', '--shape', 'wills', ...options])
    expect(await run.exit).toBe(1)
    expect(run.stderr).toContain(message)
  })
})

describe('bench flow --absent', () => {
  it('drains sessions, and says how fast', async () => {
    await using broker = await startAedes()
    const options = ['--publishers', '2', '--absent', '-q', '1', '--messages', '100', '--settle', '0.1']
    const run = runCli(['bench', 'flow', '-L', broker.urls.tcp, ...options, '--fail-if', 'rate.drained<1'])
    expect(await run.exit).toBe(0)
    const text = run.stdout.toString()
    expect(text).toContain('expected 100 = received 100 + lost 0\n')
    expect(text).toMatch(/drained [\d.,]+\/s, in /)
    expect(run.stderr).toBe('')
  })

  it.each([
    [[], '--absent needs -q 1 or 2: sessions keep no messages of QoS 0'],
    [['-q', '1', '--shape', 'wills'], '--absent is for other shapes than wills'],
    [['-q', '1', '--churn', '5'], "--absent and --churn can't be used together"],
  ])('refuses %j', async (options, message) => {
    const run = runCli(['bench', 'flow', '--absent', ...options])
    expect(await run.exit).toBe(1)
    expect(run.stderr).toContain(message)
  })
})

describe('bench flow --slow', () => {
  it('counts the slow subscribers apart', async () => {
    await using broker = await startAedes()
    const options = ['--shape', 'fan-out', '--subscribers', '3', '--slow', '100/s', '--slow-subscribers', '2']
    const limits = ['--messages', '50', '--warmup', '0', '--settle', '0.1', '--fail-if', 'slow-lost>0']
    const run = runCli(['bench', 'flow', '-L', broker.urls.tcp, ...options, ...limits])
    expect(await run.exit).toBe(0)
    const text = run.stdout.toString()
    expect(text).toContain('3 subscribers, 2 of them slow (100/s each), ')
    expect(text).toContain('  expected 50 = received 50 + lost 0\n')
    expect(text).toContain('  slow subscribers: expected 100 = received 100 + lost 0; 0 duplicates\n')
    expect(text).toMatch(/due to received, slow .* 100\n/)
  })

  it.each([
    [['--shape', 'shared'], '--slow needs a subscription for each subscriber, not a shared one'],
    [['--shape', 'wills'], '--slow is for other shapes than wills'],
    [['--slow-subscribers', '11'], '--slow-subscribers is at most the number of subscribers, 10'],
    [['--absent', '-q', '1'], "--absent can't be used together"],
  ])('refuses %j', async (options, message) => {
    const run = runCli(['bench', 'flow', '--slow', '5', ...options])
    expect(await run.exit).toBe(1)
    expect(run.stderr).toContain(message)
  })
})
