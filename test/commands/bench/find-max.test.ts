import { describe, expect, it } from 'vitest'
import { startScriptedBroker } from '../../../src/bench/selftest/broker.ts'
import type { Script } from '../../../src/bench/selftest/script.ts'
import { atEndOfTest } from '../../support/clean-up.ts'
import { freePort } from '../../support/free-port.ts'
import { type CliRun, runCli } from '../../support/run.ts'

/** Two publishers with one message on its way, whose answer takes 40 ms: they can't make more than 50 a second. */
const SLOW: Script = { answerAfterMs: 40 }

async function start(script: Script, ...argv: string[]): Promise<CliRun> {
  const broker = await startScriptedBroker(script)
  atEndOfTest(() => broker.stop())
  const load = [
    '-q',
    '1',
    '--clients',
    '2',
    '--inflight',
    '1',
    '--settle',
    '10ms',
    '--duration',
    '1s',
    '--warmup',
    '200ms',
  ]
  return runCli(['bench', 'pub', '-h', '127.0.0.1', '-p', String(broker.port), ...load, ...argv])
}

interface Document {
  readonly schema: string
  readonly conditions: readonly string[]
  readonly found: { readonly heldRate: number | null; readonly failedRate: number }
  readonly trials: readonly { readonly rate: number; readonly held: boolean }[]
}

describe('bench pub --find-max', () => {
  it('finds what the broker can do, and prints all trials with --json', async () => {
    const few = ['--precision', '60%', '--max-trials', '5', '--drain', '200ms']
    const cli = await start(SLOW, '--rate', '30', '--find-max', 'unanswered=0', ...few, '--json')
    await cli.exit
    const document = JSON.parse(cli.stdout.toString()) as Document
    expect(document).toMatchObject({ schema: 'tmqtt-bench-find-max/1', conditions: ['unanswered=0'] })
    // At more than 65/s a fifth is late.
    expect(document.trials.filter(({ rate, held }) => held && rate > 65)).toEqual([])
    expect(document.found.failedRate).toBeGreaterThan(document.found.heldRate ?? 0)
    expect(cli.stderr).toMatch(/^tmqtt bench pub: trial 1, 30\/s: (held, unanswered is 0|failed, .*)\n/)
  })

  it('says what it has found, with a line for each trial', async () => {
    const cli = await start({}, '--rate', '500', '--find-max', 'rejected=0', '--max-trials', '2', '--duration', '100ms')
    await cli.exit
    expect(cli.stdout.toString()).toMatch(
      /^[TN].*\. The search did not end: 2 trials were made \(--max-trials\)\.\n\ntmqtt bench pub: rejected=0; trials of 100 ms\nbroker 127\.0\.0\.1:.*\nfrom .*\n\nTrials\n +500\/s {2}(held {4}rejected is 0|failed {2}.*)\n +[\d,]+\/s {2}(held|failed) .*\n$/,
    )
  })

  it('exits with 6 when no rate holds', async () => {
    const cli = await start({}, '--rate', '2', '--find-max', 'acknowledged>1000000')
    expect(await cli.exit).toBe(6)
    expect(cli.stdout.toString()).toMatch(/^No rate held: .*at 1\/s/)
    expect(cli.stderr).toMatch(/\ntmqtt bench pub: no rate held\n$/)
  })

  it('reports what is known when it is interrupted', async () => {
    const cli = await start({}, '--rate', '500', '--find-max', 'rejected=0', '--duration', '300ms')
    await cli.waitForStderr('trial 1')
    cli.abort('SIGINT')
    expect(await cli.exit).toBe(130)
    expect(cli.stdout.toString()).toContain('The search did not end: it was interrupted.')
  })

  it('exits as a run does when nobody can connect', async () => {
    const port = String(await freePort())
    const cli = runCli(['bench', 'pub', '-h', '127.0.0.1', '-p', port, '--find-max', 'rejected=0'])
    expect(await cli.exit).toBe(3)
    expect(cli.stdout.toString()).toMatch(/^Nothing was tried\. The search did not end: no client was connected: /)
  })

  it.each([
    [['--rate', 'max'], '--find-max begins at one --rate'],
    [['--rate', '1k/s:5s,2k/s'], '--find-max begins at one --rate'],
    [['--rate', '1k/s:5s'], '--find-max begins at one --rate'],
    [['--shard', '1/2'], "--find-max and --shard can't be used together"],
    [['--fail-if', 'lost>0'], "--find-max and --fail-if can't be used together"],
  ])('refuses %j', async (argv, message) => {
    const cli = runCli(['bench', 'pub', '--find-max', 'lost=0', ...argv])
    expect(await cli.exit).toBe(1)
    expect(cli.stderr).toContain(message)
  })

  it('is refused with --shape wills, which is no steady load', async () => {
    const cli = runCli(['bench', 'flow', '--find-max', 'lost=0', '--shape', 'wills'])
    expect(await cli.exit).toBe(1)
    expect(cli.stderr).toContain('--find-max needs a steady load')
  })

  it.each([
    ['lost', 'expected a comparison such as'],
    ['lost=0,', "expected comparisons with commas between, such as 'e2e.p99<20ms,lost=0'"],
  ])('refuses %s', async (conditions, message) => {
    const cli = runCli(['bench', 'flow', '--find-max', conditions])
    expect(await cli.exit).toBe(1)
    expect(cli.stderr).toContain(`--find-max: ${message}`)
  })
})
