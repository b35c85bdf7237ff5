import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startScriptedBroker } from '../../../src/bench/selftest/broker.ts'
import type { Script } from '../../../src/bench/selftest/script.ts'
import { atEndOfTest } from '../../support/clean-up.ts'
import { freePort } from '../../support/free-port.ts'
import { type CliRun, runCli } from '../../support/run.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

async function start(command: string, script: Script, ...argv: string[]): Promise<CliRun> {
  const broker = await startScriptedBroker(script)
  atEndOfTest(() => broker.stop())
  const quick = command === 'conn' ? ['--settle', '10ms'] : ['--settle', '10ms', '--warmup', '0']
  return runCli(['bench', command, '-h', '127.0.0.1', '-p', String(broker.port), ...quick, ...argv])
}

describe('--repeat', () => {
  it('prints each run, the median and the spread', async () => {
    const cli = await start('flow', {}, '--repeat', '3', '--messages', '200', '--publishers', '2')
    expect(await cli.exit).toBe(0)
    expect(cli.stdout.toString()).toMatch(
      /\nRuns\n +rate .*\n {2}run 1 .*\n {2}run 2 .*\n {2}run 3 .*\n {2}median .*\n {2}spread .*\n$/,
    )
  })

  it('prints a document that compare takes as so many runs, and merge does not take', async () => {
    const cli = await start('flow', {}, '--repeat', '3', '--messages', '200', '--publishers', '2', '--json')
    expect(await cli.exit).toBe(0)
    const file = temporaryDirectory().write('runs.json', cli.stdout)
    const document = JSON.parse(cli.stdout.toString()) as { runs: { result: { began: string } }[] }
    expect(new Set(document.runs.map(({ result }) => result.began)).size).toBe(3)
    const compared = runCli(['bench', 'compare', file, file, '--tolerance', '0%'])
    expect([await compared.exit, compared.stderr]).toEqual([0, ''])
    const merged = runCli(['bench', 'merge', file])
    expect(await merged.exit).toBe(1)
    expect(merged.stderr).toContain(`${file}: has repeated runs, which compare takes`)
  })

  it('exits as the worst run does, and has a case of JUnit for each', async () => {
    // The first ten clients get in, of the second ten the last does not.
    const junit = `${temporaryDirectory().path}/junit.xml`
    const clients = ['--clients', '10', '--duration', '10ms', '--min-connected', '95%', '--junit', junit]
    const cli = await start(
      'conn',
      { refuseConnect: { every: 20, code: 5 } },
      '--repeat',
      '3',
      ...clients,
      '--fail-if',
      'connect-failed>0',
    )
    expect(await cli.exit).toBe(6)
    expect(cli.stdout.toString()).toContain('Run 2 was not whole: only 9 of 10 clients were connected')
    expect(cli.stdout.toString()).toContain('FAILED  connect-failed>0: run 2: connect-failed is 1')
    expect(cli.stderr).toContain('tmqtt bench conn: only 9 of 10 clients were connected')
    const xml = readFileSync(junit, 'utf8')
    expect(xml).toContain('tests="4" failures="2"')
    expect(xml).toMatch(/name="run 2" time="[\d.]+"><failure message="only 9 of 10/)
  })

  it('ends with the first run when nobody can connect', async () => {
    const port = String(await freePort())
    const cli = runCli(['bench', 'conn', '-h', '127.0.0.1', '-p', port, '--clients', '2', '--repeat', '5', '--json'])
    expect(await cli.exit).toBe(3)
    expect((JSON.parse(cli.stdout.toString()) as { runs: unknown[] }).runs).toHaveLength(1)
  })

  it('reports the runs that were made when it is interrupted', async () => {
    const cli = await start(
      'conn',
      {},
      '--repeat',
      '1000',
      '--clients',
      '2',
      '--duration',
      '100ms',
      '--interval',
      '100ms',
      '--progress',
      '--json',
    )
    await cli.waitForStderr('run 2 of 1000: ')
    cli.abort('SIGINT')
    expect(await cli.exit).toBe(130)
    const { runs } = JSON.parse(cli.stdout.toString()) as { runs: { result: { incomplete?: string } }[] }
    expect(runs.length).toBeGreaterThan(0)
    expect(runs.every(({ result }) => result.incomplete === undefined)).toBe(true)
  })

  it.each(['--csv', '--hdr', '--prometheus', '--report'])('is refused with %s, which is of one run', async (option) => {
    const cli = runCli(['bench', 'flow', '--repeat', '2', option, 'x'])
    expect(await cli.exit).toBe(1)
    expect(cli.stderr).toContain("can't be used together")
  })
})
