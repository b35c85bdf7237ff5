import { describe, expect, it } from 'vitest'
import { reportJson } from '../../../src/bench/report.ts'
import { configured, planOf, reportOf } from '../../bench/reports.ts'
import { evenly, intervalOf, measuredOf, resultOf } from '../../bench/results.ts'
import { runCli } from '../../support/run.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

/** The file of a run whose latencies are up to this, in every second alike. */
function fileOf(us: number, some: Parameters<typeof reportOf>[0] = {}): string {
  const measured = measuredOf({ endToEnd: evenly(10_000, us) })
  const intervals = Array.from({ length: 10 }, (_, at) => intervalOf(at, { measured }))
  return temporaryDirectory().write(
    'x.json',
    reportJson(reportOf({ result: resultOf({ measured, intervals }), ...some })),
  )
}

async function run(...argv: string[]) {
  const program = runCli(['bench', 'compare', ...argv])
  const exit = await program.exit
  return { exit, stdout: program.stdout.toString(), stderr: program.stderr }
}

describe('bench compare', () => {
  it('exits with 6 when something is worse, and shows by how much', async () => {
    const { exit, stdout, stderr } = await run(fileOf(1000), fileOf(1500))
    expect([exit, stderr]).toEqual([6, ''])
    expect(stdout).toMatch(/^ +base +new +change +noise\n/)
    expect(stdout).toMatch(/\ne2e\.p99 +990 µs +1\.49 ms +\+50\.0 % +±0\.0 % +worse\n/)
    expect(stdout).toMatch(/\nrate\.received +1,000\/s +1,000\/s +\+0\.0 % +±0\.0 % +same\n/)
  })

  it('exits with 0 when nothing is, or not by more than the tolerance', async () => {
    expect(await run(fileOf(1500), fileOf(1000))).toMatchObject({ exit: 0, stdout: expect.stringContaining('better') })
    expect((await run(fileOf(1000), fileOf(1500), '--tolerance', '60%')).exit).toBe(0)
  })

  it('takes the median of repeated runs', async () => {
    const repeated = ['--base', fileOf(1000), '--base', fileOf(9000), '--base', fileOf(1010)]
    const { stdout } = await run(...repeated, '--new', fileOf(1011), '--json')
    const rows = JSON.parse(stdout) as { readonly name: string }[]
    expect(rows.find(({ name }) => name === 'e2e.p50')).toMatchObject({ unit: 'time', base: 505, verdict: 'same' })
  })

  it('says where the configurations differ', async () => {
    const configuration = configured({ port: '1884' }, { publish: { ...planOf().publish!, qos: 1 } })
    const { stderr } = await run(fileOf(1000), fileOf(1000, { configuration }))
    expect(stderr).toBe('tmqtt bench compare: the configurations differ in brokers, publish.qos\n')
  })

  it.each([
    [['a.json'], '--new is missing'],
    [
      ['a.json', 'b.json', '--tolerance', '5'],
      '--tolerance: expected a percentage from 0% to 100%, such as 5%, got "5"',
    ],
    [['a.json', 'b.json'], 'a.json: no such file or directory'],
  ])('refuses %j', async (argv, message) => {
    const { exit, stderr } = await run(...argv)
    expect(exit).toBe(1)
    expect(stderr).toContain(message)
  })
})
