// `npm run demo`: the tick-tock programs for a few seconds, as real processes, with a broker of their own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const SHOW_MS = 5_000
const FIRST_TOCK_WITHIN_MS = 30_000
const LEAVE_WITHIN_MS = 5_000

const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = mkdtempSync(join(tmpdir(), 'tmqtt-demo-'))
const command = [process.execPath, join(root, 'bin/tmqtt.js')].map((word) => `'${word.replaceAll("'", "'\\''")}'`)
writeFileSync(join(bin, 'tmqtt'), `#!/bin/sh\nexec ${command.join(' ')} "$@"\n`, { mode: 0o700 })

// No configuration file of the user is there.
const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, XDG_CONFIG_HOME: bin }
const running = new Set()

process.once('exit', () => {
  // The last first: nobody is to complain of a broker that has gone.
  for (const child of [...running].reverse()) signalGroup(child, 'SIGKILL')
  rmSync(bin, { recursive: true, force: true })
})
for (const [signal, exitCode] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
  process.once(signal, () => process.exit(exitCode))
}

try {
  await demo()
} catch (error) {
  process.stderr.write(`demo: ${error.message}\n`)
  process.exitCode = 1
}
process.exit()

async function demo() {
  const broker = start('tmqtt broker -p 0 &', 'pipe')
  const { hostname, port } = new URL(await firstLine(broker))
  show(`mqtt://${hostname}:${port}`)
  Object.assign(env, { TMQTT_HOST: hostname, TMQTT_PORT: port })
  show(`$ export TMQTT_HOST=${hostname} TMQTT_PORT=${port}`)

  const workers = [start('test/programs/worker.sh &'), start('test/programs/worker.sh &')]
  const watcher = start("tmqtt sub -t 'tock/#' -t tick -v &", 'pipe')
  const tocked = firstTock(watcher)
  const ticker = start('while true; do echo tick; sleep 1; done | tmqtt pub -l -t tick &')

  const late = delay(FIRST_TOCK_WITHIN_MS, 'late', { ref: false })
  if ((await Promise.race([tocked, late])) === 'late') {
    throw new Error(`no tock within ${FIRST_TOCK_WITHIN_MS / 1000} seconds`)
  }
  await delay(SHOW_MS)

  const halt = start('tmqtt pub -t control/all -m halt')
  await ended([halt, ...workers])
  show('The workers have left.')
  await stop(ticker, 'SIGKILL')
  await stop(watcher, 'SIGTERM')
  await stop(broker, 'SIGTERM')
}

/** Shows a command line and starts it in a process group of its own, without its final `&`. */
function start(line, stdout = 'inherit') {
  show(`$ ${line}`)
  const child = spawn('sh', ['-c', line.replace(/ &$/, '')], {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', stdout, 'inherit'],
  })
  running.add(child)
  child.once('close', () => running.delete(child))
  return child
}

async function stop(child, signal) {
  const gone = ended([child])
  signalGroup(child, signal)
  await gone
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It has ended by itself.
  }
}

async function firstLine(child) {
  const lines = createInterface({ input: child.stdout })
  const ended = once(child, 'close').then(() => {
    throw new Error('the broker did not start')
  })
  const [line] = await Promise.race([once(lines, 'line'), ended])
  return line
}

/** Shows what comes. Resolves with the first answer of a worker. */
async function firstTock(child) {
  const lines = createInterface({ input: child.stdout })
  return await new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      show(line)
      if (line.startsWith('tock/')) resolve(line)
    })
    child.once('close', () => reject(new Error('the watcher has ended')))
  })
}

async function ended(children) {
  const all = Promise.all(children.map((child) => running.has(child) && once(child, 'close')))
  if ((await Promise.race([all, delay(LEAVE_WITHIN_MS, 'late', { ref: false })])) === 'late') {
    throw new Error(`processes were still there after ${LEAVE_WITHIN_MS / 1000} seconds`)
  }
}

function show(line) {
  process.stdout.write(`${line}\n`)
}
