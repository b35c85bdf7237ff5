import { describe, expect, it } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { expectEnd } from '../support/processes.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'
import { hasScript, spawnInTerminal, spawnShell, spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'

/** Runs a command that says `begun` and does not mind SIGTERM, subscribed. */
async function startStubborn(start: typeof spawnTmqtt) {
  const server = await startScriptedBroker()
  const pid = temporaryDirectory().file('pid')
  const script = `trap '' TERM; echo $$ >${pid}; echo begun; while :; do sleep 0.1; done`
  const program = start(['expect', '-t', 'a', '-L', server.url, '--within', '1h', '--', 'sh', '-c', script])
  const peer = await server.connection()
  await peer.accept()
  await peer.acceptSubscribe(1)
  return { program, pid }
}

describe('expect', () => {
  it('serves a script: a broker, a program, and what it has to publish', async () => {
    const port = await freePort()
    const script = `
      tmqtt broker -p ${port} >ready & broker=$!
      until [ -s ready ]; do sleep 0.05; done
      export TMQTT_PORT=${port}
      tmqtt expect -t 'order/+/done' --count 2 --where 'payload.ok' --none 'order/+/error' -v -- \\
        sh -c 'printf "%s\\n" "{\\"ok\\":true}" "{\\"ok\\":true}" | tmqtt pub -l -q 1 -t order/1/done'
      echo "good: $?"
      tmqtt expect -t 'order/+/done' --where 'payload.ok' --within 1s -- tmqtt pub -t order/1/done -m '{"ok":1}'
      echo "bad: $?"
      kill $broker; wait`
    const directory = temporaryDirectory()
    const shell = spawnShell(`cd ${directory.path}; ${script}`)
    expect(await shell.exited, shell.stderr).toEqual({ code: 0, signal: null })
    expect(shell.stdout.toString()).toBe('order/1/done {"ok":true}\norder/1/done {"ok":true}\ngood: 0\nbad: 6\n')
    expect(shell.stderr).toContain(`'order/1/done' {"ok":1}; not met: --where 'payload.ok' (neither true nor false)\n`)
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('ends a command at %s by force, if need be', async (signal) => {
    const { program, pid } = await startStubborn(spawnTmqtt)
    await program.waitForStderr('begun\n')
    program.kill(signal)
    expect((await program.exited).code).toBe(signal === 'SIGINT' ? 130 : 143)
    await expectEnd(pid)
  })

  it('does not leave a command behind at a second signal', async () => {
    const { program, pid } = await startStubborn(spawnTmqtt)
    await program.waitForStderr('begun\n')
    program.kill('SIGINT')
    program.kill('SIGTERM')
    expect((await program.exited).code).toBeGreaterThanOrEqual(130)
    await expectEnd(pid)
  })

  it.skipIf(!hasScript)('ends a command at Ctrl-C', async () => {
    const start = (args: readonly string[]) => spawnInTerminal(args, { columns: 200, rows: 20 })
    const { program, pid } = await startStubborn(start)
    await program.waitForStdout('begun')
    program.stdin.write('\x03')
    expect(await program.exited).toMatchObject({ code: 130 })
    await expectEnd(pid)
  })
})
