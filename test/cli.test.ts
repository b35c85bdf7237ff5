import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { run } from '../src/cli.ts'
import { loadCommands } from '../src/commands/index.ts'
import type { Io } from '../src/io.ts'
import { atEndOfTest } from './support/clean-up.ts'
import { freePort } from './support/free-port.ts'
import { runCli } from './support/run.ts'
import { startScriptedBroker } from './support/scripted-peer.ts'
import { temporaryDirectory } from './support/temporary.ts'

const commands = await loadCommands()

const names = commands.map(({ name }) => name).join(', ')

/** Runs to the end. */
async function result(...argv: readonly string[]) {
  const cli = runCli(argv)
  const exit = await cli.exit
  return { exit, stdout: cli.stdout.toString(), stderr: cli.stderr }
}

/** A server on loopback that answers whatever comes with this text, and hangs up. */
async function startServer(answer: string): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(answer))
  }).listen(0, '127.0.0.1')
  atEndOfTest(() => server.close())
  await once(server, 'listening')
  return String((server.address() as AddressInfo).port)
}

const toServer = (port: number | string) => ['-h', '127.0.0.1', '-p', String(port)]

describe('run', () => {
  it.each<[argv: string[], stdout: RegExp]>([
    [['--help'], /^tmqtt: publish and subscribe by MQTT\n/],
    [['help'], /^tmqtt: publish and subscribe by MQTT\n/],
    [['help', 'sub'], /^tmqtt sub: /],
    [['pub', '--help'], /^tmqtt pub: /],
    [['retain', '--help'], /^Usage: tmqtt retain COMMAND /],
    [['retain', '--version'], /^tmqtt \d/],
    [['help', 'retain'], /^Usage: tmqtt retain COMMAND /],
    [['help', 'retain', 'list'], /^tmqtt retain list: /],
    [['retain', 'list', '--help'], /^tmqtt retain list: /],
    [['--version'], /^tmqtt \d+\.\d+\.\d+\n$/],
  ])('exits 0 after %j', async (argv, stdout) => {
    expect(await result(...argv)).toEqual({ exit: 0, stdout: expect.stringMatching(stdout), stderr: '' })
  })

  it('prints help as wide as the terminal', async () => {
    const lengths = async (columns: number) => {
      const cli = runCli(['pub', '--help'], { stdoutIsTTY: true, columns })
      await cli.exit
      return cli.stdout
        .toString()
        .split('\n')
        .map((line) => line.length)
    }
    expect(Math.max(...(await lengths(100)))).toBeGreaterThan(80)
    expect(Math.max(...(await lengths(70)))).toBeLessThanOrEqual(70)
  })

  it.each<[argv: string[], stderr: string]>([
    [[], `tmqtt: name a command: ${names} (tmqtt --help)\n`],
    [['subb'], `tmqtt: no command 'subb'; did you mean sub? (commands: ${names}) (tmqtt --help)\n`],
    [['retain'], 'tmqtt retain: name a command: list, diff (tmqtt retain --help)\n'],
    [
      ['retain', 'lst'],
      "tmqtt retain: no command 'retain lst'; did you mean list? (commands: retain list, retain diff) (tmqtt retain --help)\n",
    ],
    [
      ['retain', 'list', '--topc', 'a'],
      'tmqtt retain list: unknown option --topc; did you mean --topic? (tmqtt retain list --help)\n',
    ],
    [['sub', '-q', '7', '-t', 'a'], 'tmqtt sub: -q: expected 0, 1 or 2, got "7" (tmqtt sub --help)\n'],
    [['pub', '--topc', 'a'], 'tmqtt pub: unknown option --topc; did you mean --topic? (tmqtt pub --help)\n'],
  ])('exits 1 after %j, and names the command and its help', async (argv, stderr) => {
    expect(await result(...argv)).toEqual({ exit: 1, stdout: '', stderr })
  })

  it('exits 1 when a file cannot be read', async () => {
    const path = temporaryDirectory().file('missing')
    const stderr = `tmqtt pub: -f ${path}: no such file\n`
    expect(await result('pub', '-t', 'a', '-f', path)).toEqual({ exit: 1, stdout: '', stderr })
    const cafile = await result('sub', '-t', 'a', '--cafile', path)
    expect(cafile).toMatchObject({ exit: 1, stderr: `tmqtt sub: --cafile ${path}: no such file (tmqtt sub --help)\n` })
  })

  it('exits 3 when nobody listens', async () => {
    const port = await freePort()
    const { exit, stderr } = await result('pub', '-t', 'a', '-m', 'x', ...toServer(port))
    expect(exit).toBe(3)
    expect(stderr).toMatch(new RegExp(`^tmqtt pub: cannot reach 127\\.0\\.0\\.1:${port}: connection refused; .*\\n$`))
  })

  it('exits 3 when the host is unknown', async () => {
    // Two dots in a row are no name, so nobody is asked for it.
    const { exit, stderr } = await result('sub', '-t', 'a', '-h', 'no..name')
    expect([exit, stderr]).toEqual([3, 'tmqtt sub: cannot reach no..name:1883: no such host; check the name (-h)\n'])
  })

  it('exits 3 when a socket is missing', async () => {
    const path = temporaryDirectory().file('socket')
    const { exit, stderr } = await result('sub', '-t', 'a', '--unix', path)
    expect([exit, stderr]).toEqual([3, `tmqtt sub: cannot reach ${path}: no such socket\n`])
  })

  it('exits 3 when no CONNACK comes in time', async () => {
    const broker = await startScriptedBroker()
    const { exit, stderr } = await result('sub', '-t', 'a', '-L', broker.url, '--connect-timeout', '1ms')
    expect(exit).toBe(3)
    expect(stderr).toMatch(/ within 0\.001 s \(--connect-timeout\)\n$/)
  })

  it('exits 8 when the other side does not speak TLS', async () => {
    const port = await startServer('HTTP/1.1 400 Bad Request\r\n\r\n')
    const { exit, stderr } = await result('pub', '-t', 'a', '-m', 'x', ...toServer(port), '--tls-use-os-certs')
    expect(exit).toBe(8)
    expect(stderr).toBe(`tmqtt pub: cannot trust 127.0.0.1:${port}: the broker does not speak TLS on this port\n`)
  })

  it('exits 27 when -W ran out', async () => {
    const broker = await startScriptedBroker()
    const { exit, stderr } = await result('sub', '-t', 'a', '-L', broker.url, '-W', '1ms')
    expect([exit, stderr]).toEqual([27, 'tmqtt sub: timed out after 0.001 s (-W)\n'])
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('at %s before the job is done exits %d', async (signal, exit) => {
    const broker = await startScriptedBroker()
    const cli = runCli(['pub', '-t', 'a', '-m', 'x', '-L', broker.url])
    await broker.connection()
    cli.abort(signal)
    expect(await cli.exit).toBe(exit)
    expect(cli.stderr).toBe('tmqtt pub: interrupted\n')
  })

  it.each<[argv: string[], env: Record<string, string>]>([
    [['--quiet'], {}],
    [[], { TMQTT_QUIET: '1' }],
  ])('says nothing of what goes wrong with %j and %j, but for the exit status', async (argv, env) => {
    const quietly = async (...words: readonly string[]) => {
      const cli = runCli([...words, ...argv], { env, stderrIsTTY: true })
      return [await cli.exit, cli.stderr]
    }
    const missing = temporaryDirectory().file('missing')
    expect(await quietly('pub', '-t', 'a', '-m', 'x', ...toServer(await freePort()))).toEqual([3, ''])
    expect(await quietly('pub', '-t', 'a', '-f', missing)).toEqual([1, ''])
    const broker = await startScriptedBroker()
    const refused = quietly('sub', '-t', 'a', '-t', 'b', '-L', broker.url, '--reconnect', '1')
    const peer = await broker.connection()
    await peer.accept()
    await peer.acceptSubscribe(0, 0x80)
    peer.destroy()
    await (await broker.connection()).accept({ reasonCode: 5 })
    expect(await refused).toEqual([5, ''])
  })

  it('says with --quiet what is wrong with the command line', async () => {
    const path = temporaryDirectory().file('missing')
    expect((await result('pub', '--quiet', '-t', 'a')).stderr).toMatch(/^tmqtt pub: nothing to publish/)
    expect((await result('pub', '--quiet', '-t', 'a', '-q', '7')).stderr).toMatch(/^tmqtt pub: -q: expected/)
    expect((await result('sub', '--quiet', '-t', 'a', '--cafile', path)).stderr).toMatch(/: no such file/)
  })

  it('exits 70 after a bug, and shows where it is if asked to', async () => {
    const collected: string[] = []
    const stderr = new Writable({ write: (chunk, _encoding, done) => done(void collected.push(String(chunk))) })
    const stdout = Object.assign(new PassThrough(), {
      write: () => {
        throw new TypeError('something is undefined')
      },
    })
    const { signal } = new AbortController()
    const io = (env: Io['env']): Io => ({
      stdin: new PassThrough(),
      stdout,
      stderr,
      env,
      pid: 1,
      nodeVersion: '20.19.0',
      kill: () => {},
      program: new URL(import.meta.url),
      monotonicUs: () => 0,
      cpuUsage: () => process.cpuUsage(),
      signal,
    })
    const bug = 'tmqtt: this is a bug in tmqtt, please report it: TypeError: something is undefined'
    expect(await run(['--help'], io({}))).toBe(70)
    expect(collected.splice(0).join('')).toBe(`${bug} (TMQTT_DEBUG=1 shows where)\n`)
    expect(await run(['--help'], io({ TMQTT_DEBUG: '1' }))).toBe(70)
    const [first, second] = collected.join('').split('\n')
    expect(first).toBe(bug)
    expect(second).toMatch(/^ {4}at .*cli\.test\.ts/)
  })

  it('exits 0 when nobody reads its help', async () => {
    const cli = runCli(['--help'])
    cli.closeStdout()
    expect(await cli.exit).toBe(0)
    expect(cli.stderr).toBe('')
  })

  it.each<[argv: string[], shown: string]>([
    [['\x1b[2J'], "no command '\\e[2J'"],
    [['pub', '\x1b]0;title\x07'], "'\\e]0;title\\a' is no option"],
    [['pub', '--\x9b2J'], 'unknown option --\\u{9b}2J'],
    [['pub', '--a\nb'], 'unknown option --a\\nb'],
    [['sub', '-q', '\x9b\u202e'], '-q: expected 0, 1 or 2, got "\\u{9b}\\u{202e}"'],
    [['pub', '-t', 'a', '-f', '/no\x1b[2J'], '-f /no\\e[2J: no such file'],
  ])('makes the control characters of %j visible', async (argv, shown) => {
    const { exit, stderr } = await result(...argv)
    expect(exit).toBe(1)
    expect(stderr).toContain(shown)
    expect(stderr).toMatch(/^[^\p{Cc}\p{Cf}]*\n$/u)
  })
})
