import { readdirSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadCommands } from '../../src/commands/index.ts'
import { startRetainingBroker } from '../commands/retain/retaining-broker.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { hasScript, spawnInTerminal, spawnShell, spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const commands = await loadCommands()

const topics = (count: number, payload = 'x') =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`t/${at}`, payload]))

const clear = (url: string, ...args: readonly string[]) => [
  ...['retain-clear', '-L', url, '-t', 't/#', '--settle', '300ms'],
  ...args,
]

describe('retain-clear', () => {
  it.skipIf(!hasScript).each([
    ['y', 0, 0],
    ['yes', 0, 0],
    ['n', 1, 3],
    ['', 1, 3],
    ['yellow', 1, 3],
  ])('asks on a terminal before it clears more than --limit, and is told %j', async (answer, code, left) => {
    const broker = await startRetainingBroker(topics(3))
    const program = spawnInTerminal(clear(broker.url, '--limit', '2'), { columns: 80, rows: 20 })
    await program.waitForStdout('Clear 3 messages? [y/N] ')
    expect(broker.store.size).toBe(3)
    program.stdin.write(`${answer}\r`)
    expect((await program.exited).code).toBe(code)
    expect(broker.store.size).toBe(left)
    expect(program.stdout.toString()).toContain(code === 0 ? 't/2\r\n' : 'tmqtt retain-clear: nothing was cleared\r\n')
  })

  it.skipIf(!hasScript)('does not ask on a terminal where there is no need to', async () => {
    const broker = await startRetainingBroker(topics(3))
    const program = spawnInTerminal(clear(broker.url, '--limit', '3'), { columns: 80, rows: 20 })
    expect((await program.exited).code).toBe(0)
    expect(program.stdout.toString()).toBe('t/0\r\nt/1\r\nt/2\r\n')
    const others = await startRetainingBroker(topics(3))
    const agreed = spawnInTerminal(clear(others.url, '--limit', '0', '-y'), { columns: 80, rows: 20 })
    expect((await agreed.exited).code).toBe(0)
  })

  it.skipIf(!hasScript)('clears nothing when Ctrl-C is the answer', async () => {
    const broker = await startRetainingBroker(topics(3))
    const program = spawnInTerminal(clear(broker.url, '--limit', '0'), { columns: 80, rows: 20 })
    await program.waitForStdout('[y/N] ')
    program.stdin.write('\x03')
    expect((await program.exited).code).toBe(130)
    expect(broker.store.size).toBe(3)
  })

  it.skipIf(!hasScript)('shows on a terminal how far it is', async () => {
    const broker = await startRetainingBroker(topics(2000), {
      published: (message, { store, acknowledge }) => {
        store.delete(message.topic)
        // Two portions, of which the first takes long enough.
        if (message.topic === 't/999') setTimeout(() => acknowledge(message), 700)
        else acknowledge(message)
      },
    })
    const program = spawnInTerminal(clear(broker.url, '--yes'), { columns: 80, rows: 20 })
    expect((await program.exited).code).toBe(0)
    expect(program.stdout.toString()).toMatch(/clearing \[#+ *\] \d+ % \(\d000 of 2000\)/)
    expect(program.stdout.toString()).toMatch(/t\/1999\r\n$/)
  })

  it('clears nothing when the disk is full, and leaves no half backup', async () => {
    const broker = await startRetainingBroker(topics(20, 'x'.repeat(10_000)))
    const directory = temporaryDirectory()
    // No file may be larger than 64 blocks.
    const command = `ulimit -f 64; tmqtt ${clear(broker.url, '--backup', directory.file('backup')).join(' ')}`
    const program = spawnShell(command, { NODE_DISABLE_COMPILE_CACHE: '1' })
    expect((await program.exited).code).toBe(1)
    expect(program.stderr).toContain('tmqtt retain-clear: --backup ')
    expect(program.stderr).toContain(': the file would be too large\n')
    expect(program.stdout.toString()).toBe('')
    expect([broker.store.size, readdirSync(directory.path)]).toEqual([20, []])
  })

  it('leaves no file behind with --json, also when it is interrupted', async () => {
    const directory = temporaryDirectory()
    let isInterrupted = false
    const interrupt = () => {
      // A second signal would end it at once.
      if (!isInterrupted) program.kill('SIGINT')
      isInterrupted = true
    }
    const broker = await startRetainingBroker(topics(3), { published: interrupt })
    const program = spawnTmqtt(clear(broker.url, '--json'), { env: { TMPDIR: directory.path } })
    expect((await program.exited).code).toBe(130)
    expect(program.stderr).toBe('tmqtt retain-clear: interrupted by SIGINT; 0 of 3 messages cleared\n')
    expect(readdirSync(directory.path)).toEqual([])
  })

  it.skipIf(!hasMosquitto || process.platform !== 'linux')(
    'clears a hundred megabytes in flat memory',
    async () => {
      const { urls, waitForLog } = await startMosquitto({ quiet: true })
      const [count, size] = [2000, 50_000]
      const payload = 'x'.repeat(size)
      const lines = Array.from({ length: count }, (_, at) =>
        JSON.stringify({ topic: `t/${at}`, payload, qos: 1, retain: true }),
      )
      const publisher = spawnTmqtt(['pub', '-L', urls.tcp, '--json'], { input: lines.join('\n') })
      expect((await publisher.exited).code).toBe(0)
      // When it subscribes once more it has cleared all; it stays long enough for us to look at it.
      const program = spawnTmqtt(clear(urls.tcp, '--yes', '--settle', '2s'))
      await waitForLog(/ 0 t\/#\n[\s\S]* 0 t\/#\n/)
      const peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${program.pid}/status`, 'utf8'))![1])
      expect((await program.exited).code).toBe(0)
      expect(program.stderr).toBe('')
      // The half of it would be more, on top of the seventy that Node needs.
      expect(peak).toBeLessThan(120_000)
    },
    30_000,
  )
})

describe('a command of a group', () => {
  const ofGroups = commands.filter(({ name }) => name.includes(' '))

  it.each(ofGroups)('$name has a compile cache of its own', async ({ name }) => {
    const base = temporaryDirectory()
    const program = spawnTmqtt([...name.split(' '), '--help'], { env: { XDG_CACHE_HOME: base.path } })
    expect((await program.exited).code).toBe(0)
    expect(program.stdout.toString()).toContain(`tmqtt ${name}: `)
    expect(readdirSync(base.file('tmqtt'))).toEqual([`${name.replace(' ', '-')}-help`])
    expect(statSync(base.file('tmqtt')).mode & 0o777).toBe(0o700)
  })
})
