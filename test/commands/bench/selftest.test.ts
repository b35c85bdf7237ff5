import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { runBench } from '../../../src/bench/run.ts'
import { benchSelftest } from '../../../src/commands/bench/selftest.ts'
import { TmqttError } from '../../../src/errors.ts'
import { monotonicUs, program, runCli } from '../../support/run.ts'

async function run(...argv: string[]) {
  const cli = runCli(['bench', 'selftest', ...argv])
  const exit = await cli.exit
  return { exit, stdout: cli.stdout.toString(), stderr: cli.stderr }
}

/** With an engine that counts one lost message less than there are. */
async function runDoctored(scenario: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const doctored: typeof runBench = async (plan, events) => {
    const { messages, ...result } = await runBench(plan, events)
    return { ...result, messages: { ...messages, lost: Math.max(0, messages.lost! - 1) } }
  }
  const io = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    env: {},
    pid: process.pid,
    nodeVersion: process.versions.node,
    kill: () => {},
    program,
    cpuUsage: () => process.cpuUsage(),
    monotonicUs,
    signal: new AbortController().signal,
  }
  const failure = await benchSelftest(async () => doctored)
    .run({ scenario, json: false } as never, io)
    .catch((error: unknown) => error)
  stdout.end()
  return { failure, stdout: await text(stdout) }
}

describe('bench selftest', () => {
  it('prints what was planted and what the report says of it', async () => {
    expect(await run('drop', 'refuse-connect')).toEqual({
      exit: 0,
      stdout:
        '✓ drop            1 of 100 deliveries is dropped: 20 of 2,000                       sent 1,000, received 1,980, lost 20, duplicates 0, out of order 0\n' +
        '✓ refuse-connect  1 of 10 connections is refused: 3                                 connected 27 of 30, failed 3 Server busy (137)\n' +
        'all 2 lines hold\n',
      stderr: '',
    })
  })

  it('has two lines for each on a narrow terminal', async () => {
    const cli = runCli(['bench', 'selftest', 'reorder'], { stdoutIsTTY: true, columns: 80, env: { NO_COLOR: '1' } })
    expect(await cli.exit).toBe(0)
    expect(cli.stdout.toString()).toBe(
      '✓ reorder  1 of 20 deliveries changes places with the next: 100\n' +
        '    sent 1,000, received 2,000, lost 0, duplicates 0, out of order 100\n' +
        'the line holds\n',
    )
  })

  it('has its marks coloured by --color', async () => {
    const cli = runCli(['bench', 'selftest', 'reorder', '--color', 'always'])
    expect(await cli.exit).toBe(0)
    expect(cli.stdout.toString()).toMatch(/^\x1b\[32m✓\x1b\[39m reorder /)
  })

  it('exits with 6, and shows the line, when the report says something else', async () => {
    const { failure, stdout } = await runDoctored(['sound-5-qos0', 'drop'])
    expect(stdout).toMatch(/^✓ sound-5-qos0 .*\n✗ drop .* lost 19, .*\n$/)
    expect(failure).toBeInstanceOf(TmqttError)
    expect(failure).toMatchObject({ exitCode: 6, message: '1 of 2 lines are wrong: drop' })
  })

  it('prints one document with --json', async () => {
    const { exit, stdout } = await run('reorder', '--json')
    expect(exit).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      schema: 'tmqtt-bench-selftest/1',
      version: expect.any(String),
      passed: true,
      lines: [
        {
          scenario: 'reorder',
          planted: '1 of 20 deliveries changes places with the next: 100',
          reported: 'sent 1,000, received 2,000, lost 0, duplicates 0, out of order 100',
          holds: true,
        },
      ],
    })
  })

  it('stops when it is interrupted', async () => {
    const cli = runCli(['bench', 'selftest'])
    await cli.waitForStdout('sound-311-qos0')
    cli.abort('SIGINT')
    expect(await cli.exit).toBe(130)
  })

  it.each([
    ['dorp', "no scenario 'dorp'; did you mean drop?"],
    ['everything', "no scenario 'everything'; there are sound-311-qos0, "],
  ])('refuses %s', async (name, message) => {
    const { exit, stderr } = await run(name)
    expect([exit, stderr]).toEqual([1, expect.stringContaining(`--scenario: ${message}`)])
  })
})
