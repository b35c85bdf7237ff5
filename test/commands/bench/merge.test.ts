import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readReport } from '../../../src/bench/read-report.ts'
import { reportJson } from '../../../src/bench/report.ts'
import { reportOf } from '../../bench/reports.ts'
import { evenly, measuredOf, resultOf } from '../../bench/results.ts'
import { runCli } from '../../support/run.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

function parts(count: number, of = count): string[] {
  const directory = temporaryDirectory()
  return Array.from({ length: count }, (_, index) => {
    const result = resultOf({ measured: measuredOf({ endToEnd: evenly(1000, 1000 * (index + 1)) }) })
    return directory.write(`${index}.json`, reportJson(reportOf({ shards: { indexes: [index], of }, result })))
  })
}

async function run(...argv: string[]) {
  const program = runCli(['bench', 'merge', ...argv])
  const exit = await program.exit
  return { exit, stdout: program.stdout.toString(), stderr: program.stderr }
}

describe('bench merge', () => {
  it('prints what the parts come to', async () => {
    const { exit, stdout, stderr } = await run(...parts(2))
    expect([exit, stderr]).toEqual([0, ''])
    expect(stdout).toContain('2 of 2 parts\n')
    expect(stdout).toContain('intended 20,000 = sent 20,000 + not sent 0\n')
    expect(stdout).toMatch(/due to received +667 µs .* 2\.00 ms +2,000\n/)
  })

  it('prints a report that is read again with --json, and says which parts are missing', async () => {
    const { exit, stdout, stderr } = await run(...parts(2, 3), '--json')
    expect(exit).toBe(0)
    expect(readReport(stdout, 'it').shards).toEqual({ indexes: [0, 1], of: 3 })
    expect(stderr).toBe('tmqtt bench merge: of 3 parts 1 are missing: 3/3\n')
  })

  it('judges the whole by --fail-if, with exit status 6', async () => {
    const { exit, stdout } = await run(...parts(2), '--fail-if', 'e2e.p99>1500us', '--fail-if', 'lost>0')
    expect(exit).toBe(6)
    expect(stdout).toContain('FAILED  e2e.p99>1500us: e2e.p99 is 1.96 ms\n')
    expect(stdout).toContain('passed  lost>0: lost is 0\n')
  })

  it('writes a JUnit file, a case for each --fail-if', async () => {
    const directory = temporaryDirectory()
    const file = directory.write('junit.xml', 'of another run')
    await run(...parts(2), '--junit', file, '--fail-if', 'e2e.p99>1500us', '--fail-if', 'lost>0')
    expect(readFileSync(file, 'utf8')).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="tmqtt bench flow" tests="3" failures="1" skipped="0" errors="0" time="10.000">
    <testcase classname="bench flow localhost:1883" name="the whole run" time="10.000"/>
    <testcase classname="bench flow localhost:1883" name="fail if e2e.p99&gt;1500us" time="0.000"><failure message="e2e.p99 is 1.96 ms">e2e.p99 is 1.96 ms</failure></testcase>
    <testcase classname="bench flow localhost:1883" name="fail if lost&gt;0" time="0.000"/>
  </testsuite>
</testsuites>
`)
  })

  it.each<[what: string, argv: () => string[], message: RegExp]>([
    ['no file', () => [], /--part is missing/],
    [
      'a file that is not there',
      () => ['/nowhere/x.json'],
      /^tmqtt bench merge: \/nowhere\/x\.json: no such file or directory\n$/,
    ],
    ['a report twice', () => [parts(2)[0]!, parts(2)[0]!], /are both part 1 of 2/],
    ['no report', () => [temporaryDirectory().write('x', '{}')], /is no report of tmqtt bench/],
    [
      'a comparison that is none',
      () => [...parts(2), '--fail-if', 'losst>0'],
      /--fail-if: nothing measured is called 'losst'; did you mean lost\?/,
    ],
  ])('refuses %s', async (_what, argv, message) => {
    const { exit, stderr } = await run(...argv())
    expect(exit).toBe(1)
    expect(stderr).toMatch(message)
  })
})
