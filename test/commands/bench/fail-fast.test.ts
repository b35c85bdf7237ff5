import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startScriptedBroker } from '../../../src/bench/selftest/broker.ts'
import type { Script } from '../../../src/bench/selftest/script.ts'
import { atEndOfTest } from '../../support/clean-up.ts'
import { freePort } from '../../support/free-port.ts'
import { runCli } from '../../support/run.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

async function run(command: string, script: Script, ...argv: string[]) {
  const broker = await startScriptedBroker(script)
  atEndOfTest(() => broker.stop())
  const to = ['-V', '5', '-h', '127.0.0.1', '-p', String(broker.port), '--settle', '10ms', '--interval', '100ms']
  const cli = runCli(['bench', command, ...to, ...argv])
  const exit = await cli.exit
  return { exit, stdout: cli.stdout.toString(), stderr: cli.stderr }
}

const QUOTA = 151

/** Longer than any test may take. */
const LONG = ['--duration', '1h']

describe('--fail-fast', () => {
  it.each(['1', '2'])('ends the measurement once a count is too high, with %s workers', async (workers) => {
    const thresholds = ['--fail-if', 'rejected>5', '--fail-fast', '--workers', workers]
    const { exit, stdout, stderr } = await run(
      'pub',
      { reject: { every: 10, codes: [QUOTA] } },
      '-q',
      '1',
      ...LONG,
      ...thresholds,
      '--warmup',
      '0',
    )
    expect(exit).toBe(6)
    expect(stdout).toContain('\nNot the whole run: rejected>5 (--fail-fast)\n')
    expect(stdout).toMatch(/\n {2}FAILED {2}rejected>5: rejected is \d+\n/)
    expect(stderr).toBe('tmqtt bench pub: rejected>5 (--fail-fast)\n')
  })

  it('ends while clients still connect', async () => {
    const clients = ['--clients', '10000', '--connect-rate', '20/s']
    const { exit, stdout } = await run(
      'conn',
      { refuseConnect: { every: 2, code: QUOTA } },
      ...clients,
      '--fail-if',
      'connect-failed>1',
      '--fail-fast',
    )
    expect(exit).toBe(6)
    expect(stdout).toContain('Not the whole run: connect-failed>1 (--fail-fast)')
  })

  it('lets a run go on that meets its thresholds so far', async () => {
    const { exit, stdout } = await run(
      'pub',
      {},
      '-q',
      '1',
      '--messages',
      '200',
      '--fail-if',
      'rejected>0',
      '--fail-fast',
    )
    expect(exit).toBe(0)
    expect(stdout).toContain('intended 200 = sent 200')
  })

  it.each([
    [['--fail-if', 'lost>0'], "--fail-fast needs a --fail-if that can fail for good, such as 'rejected>0'"],
    [[], '--fail-fast needs --fail-if'],
  ])('is refused with %j', async (argv, message) => {
    const cli = runCli(['bench', 'pub', '--fail-fast', ...argv])
    expect(await cli.exit).toBe(1)
    expect(cli.stderr).toContain(message)
  })
})

describe('--junit', () => {
  it('has a case that failed for a run that came to nothing', async () => {
    const file = `${temporaryDirectory().path}/junit.xml`
    const cli = runCli([
      'bench',
      'conn',
      '-h',
      '127.0.0.1',
      '-p',
      String(await freePort()),
      '--clients',
      '2',
      '--junit',
      file,
    ])
    expect(await cli.exit).toBe(3)
    expect(readFileSync(file, 'utf8')).toContain('name="the whole run"')
    expect(readFileSync(file, 'utf8')).toContain('failures="1"')
  })
})
