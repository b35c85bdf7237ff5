import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { atEndOfTest } from '../support/clean-up.ts'
import { bareEnvironment } from '../support/environment.ts'
import { publishPacket } from '../support/packets.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'
import { hasScript, spawnInTerminal, spawnTmqtt } from '../support/spawn.ts'

const bin = fileURLToPath(new URL('../../bin/tmqtt.js', import.meta.url))

/** Starts the program with streams of the test's choice; nobody reads those that are pipes. */
function start(args: readonly string[], stdio: StdioOptions): ChildProcess {
  const child = spawn(process.execPath, [bin, ...args], { env: bareEnvironment(), stdio })
  atEndOfTest(() => child.kill('SIGKILL'))
  return child
}

async function codeOf(child: ChildProcess): Promise<number> {
  const [code] = (await once(child, 'exit')) as [number]
  return code
}

describe('a reader that takes nothing', () => {
  it.each([
    { name: 'SIGINT', args: [], code: 0 },
    { name: '-W', args: ['-W', '2'], code: 27 },
  ])('does not keep sub from leaving on $name', async ({ args, code }) => {
    const server = await startScriptedBroker()
    const subscriber = start(['sub', '-L', server.url, '-t', 'a', ...args], ['ignore', 'pipe', 'ignore'])
    const ended = codeOf(subscriber)
    const peer = await server.connection()
    await peer.accept()
    await peer.acceptSubscribe(0)
    const large = publishPacket({ topic: 'a', payload: Buffer.alloc(1_000_000, 'x') })
    for (let count = 0; count < 5; count++) peer.send(large)
    // What the pipe holds shows that the rest is on its way.
    await once(subscriber.stdout!, 'readable')
    if (code === 0) subscriber.kill('SIGINT')
    expect(await ended).toBe(code)
  })
})

describe('standard streams', () => {
  it('have all that was said, however late it is read', async () => {
    const server = await startScriptedBroker()
    const count = 20_000
    const args = ['sub', '-L', server.url, '-t', 'a', '-C', String(count), '-F', '%J']
    const subscriber = start(args, ['ignore', 'ignore', 'pipe'])
    const ended = codeOf(subscriber)
    const peer = await server.connection()
    await peer.accept()
    await peer.acceptSubscribe(0)
    for (let sent = 0; sent < count; sent++) peer.publish({ topic: 'a', payload: 'no JSON' })
    await peer.packet('DISCONNECT')
    let said = ''
    for await (const chunk of subscriber.stderr!) said += chunk
    expect(said.match(/ is not valid JSON.*\n/g)).toHaveLength(count)
    expect(await ended).toBe(0)
  })

  it('are no directory: pub -l exits with 1', async () => {
    const server = await startScriptedBroker()
    const directory = openSync('/', 'r')
    const ended = codeOf(start(['pub', '-L', server.url, '-t', 'a', '-l'], [directory, 'ignore', 'ignore']))
    closeSync(directory)
    await (await server.connection()).accept()
    expect(await ended).toBe(1)
  })

  it.each([{ args: ['sub', '--help'] }, { args: ['broker', '-p', '0'] }])(
    'are full: $args exits with 1',
    async ({ args }) => {
      const full = openSync('/dev/full', 'w')
      const ended = codeOf(start(args, ['ignore', full, 'ignore']))
      closeSync(full)
      expect(await ended).toBe(1)
    },
  )
})

describe('broker', () => {
  it('ends while a client is connected that never sent CONNECT', async () => {
    const broker = spawnTmqtt(['broker', '-p', '0'])
    const { port } = new URL(await broker.nextLine())
    const idle = connectTcp(Number(port), '127.0.0.1')
    idle.on('error', () => {})
    await once(idle, 'connect')
    // Answered only once both are accepted.
    expect(await spawnTmqtt(['pub', '-p', port, '-t', 'a', '-m', 'x']).exited).toMatchObject({ code: 0 })
    broker.kill('SIGTERM')
    expect(await broker.exited).toEqual({ code: 0, signal: null })
    idle.destroy()
  })
})

describe.skipIf(!hasScript)('the password prompt', () => {
  it('ends with the time limit of sub', async () => {
    const terminal = { columns: 80, rows: 24 }
    const subscriber = spawnInTerminal(['sub', '-t', 'a', '-u', 'joe', '--password-prompt', '-W', '1'], terminal)
    await subscriber.waitForStdout('timed out after 1 s')
    expect(await subscriber.exited).toMatchObject({ code: 27 })
  })
})
