import { describe, expect, it } from 'vitest'
import { startAedes } from '../../support/aedes.ts'
import { runCli } from '../../support/run.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

describe('bench conn', () => {
  it('--churn reports who left and came back, and --fail-if judges it', async () => {
    await using broker = await startAedes()
    const options = ['-L', broker.urls.tcp, '--clients', '10', '--settle', '0', '--duration', '0.5']
    const churn = ['--churn', '20/s', '--fail-if', 'left<10', '--fail-if', 'return.max>1m', '--json']
    const run = runCli(['bench', 'conn', ...options, ...churn])
    expect(await run.exit).toBe(0)
    expect(JSON.parse(run.stdout.toString())).toMatchObject({
      configuration: { churn: { rate: 20, kill: 'soft' } },
      summary: { latencies: { return: { count: 10 }, connack: { count: 20 } } },
      thresholds: [{ reason: 'left is 10' }, { failed: false }],
      result: { connections: { intended: 20, connected: 20, left: 10, missed: 0, failed: {}, lost: {} } },
    })
  })

  it.skipIf(process.platform === 'win32').each([
    [0o600, 'joe,secret', false],
    [0o640, 'joe,secret', true],
    [0o604, 'joe,secret', true],
    [0o644, 'joe', false],
  ])('warns when others can read --credentials: mode %o, %s', async (mode, text, warns) => {
    await using broker = await startAedes()
    const file = temporaryDirectory().write('users.csv', text, mode)
    const options = ['-L', broker.urls.tcp, '--clients', '1', '--settle', '0', '--duration', '10ms']
    const run = runCli(['bench', 'conn', ...options, '--credentials', file])
    expect(await run.exit, run.stderr).toBe(0)
    const warning = `tmqtt bench: --credentials ${file}: other users can read this file (chmod 600)\n`
    expect(run.stderr).toBe(warns ? warning : '')
  })

  it('--kill is for --churn', async () => {
    const run = runCli(['bench', 'conn', '--kill', 'hard'])
    expect(await run.exit).toBe(1)
    expect(run.stderr).toBe('tmqtt bench conn: --kill needs --churn (tmqtt bench conn --help)\n')
  })
})
