// `npm run demo:record`: a session of bash in a real terminal, with a network of its own, as test/programs/demo.svg.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { svgOf } from './recording/svg.mjs'

const SIZE = { columns: 80, rows: 15 }
const KEY_MS = 35
const READ_MS = 700
const STEP_WITHIN_MS = 20_000

/** What is typed, and what ends its output. */
const STEPS = [
  ['tmqtt broker 2>clients.log &', /mqtt:\S+\r\n/],
  ["tmqtt sub -t 'home/#' -v &", /\[2\] \d+\r\n/],
  ['tmqtt pub -t home/light -m on', /home.* on\r\n/],
  ['time seq 100000 | tmqtt pub -l -t tick -q 1', /\d s\r\n/],
  ['tmqtt check --only qos-2,large-payload,keep-alive', / passed,.*\r\n/],
]

const root = fileURLToPath(new URL('..', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'tmqtt-record-'))
process.once('exit', () => rmSync(home, { recursive: true, force: true }))

const quote = (word) => `'${word.replaceAll("'", "'\\''")}'`
writeFileSync(
  join(home, 'tmqtt'),
  `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(join(root, 'bin/tmqtt.js'))} "$@"\n`,
  { mode: 0o700 },
)
// A prompt waits until it may come: what programs in the background print stands before it.
const rc = `
PS1='\\[\\e[32m\\]$\\[\\e[39m\\] '
PROMPT_COMMAND='read -r _ <${quote(join(home, 'next'))}'
TIMEFORMAT='real %1R s'
HISTFILE=
bind 'set enable-bracketed-paste off'
`
writeFileSync(join(home, 'rc'), rc)
spawnSync('mkfifo', [join(home, 'next')])

const session = `ip link set lo up && stty columns ${SIZE.columns} rows ${SIZE.rows} && exec bash --noprofile --rcfile ${quote(join(home, 'rc'))}`
const child = spawn('unshare', ['-rn', '--pid', '--kill-child', 'script', '-qefc', session, '/dev/null'], {
  cwd: home,
  env: {
    PATH: `${home}:${process.env.PATH}`,
    HOME: home,
    SHELL: '/bin/bash',
    TERM: 'xterm-256color',
    LANG: 'C.UTF-8',
  },
  stdio: ['pipe', 'pipe', 'inherit'],
})
process.once('exit', () => child.kill('SIGKILL'))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

const recording = []
let [started, seen, wake] = [undefined, '', () => {}]
child.stdout.setEncoding('utf8').on('data', (text) => {
  if (started !== undefined) recording.push([(performance.now() - started) / 1000, text])
  seen += text
  wake()
})
const ended = once(child, 'close').then(() => {
  throw new Error('the session ended too early')
})

try {
  await nextPrompt()
  for (const [line, output] of STEPS) {
    await delay(READ_MS)
    seen = ''
    for (const key of line) {
      child.stdin.write(key)
      await delay(KEY_MS)
    }
    // What has been echoed is not taken for the output.
    await waitUntil(() => seen.includes(line))
    seen = ''
    child.stdin.write('\r')
    await waitUntil(() => output.test(seen))
    await nextPrompt()
  }
  const title = 'tmqtt: a broker, a subscriber, a message, a hundred thousand acknowledged lines, and three checks'
  writeFileSync(join(root, 'test/programs/demo.svg'), svgOf(recording, { ...SIZE, title }))
} catch (error) {
  process.stderr.write(`record: ${error.message}\n${seen}`)
  process.exitCode = 1
}
process.exit()

async function nextPrompt() {
  seen = ''
  started ??= performance.now()
  await Promise.race([writeFile(join(home, 'next'), '\n'), ended])
  await waitUntil(() => /\$\S* $/.test(seen))
}

/** Resolves when it is so of the output since the last time. */
async function waitUntil(isSo) {
  const late = delay(STEP_WITHIN_MS, 'late', { ref: false })
  while (!isSo()) {
    const more = new Promise((resolve) => {
      wake = resolve
    })
    if ((await Promise.race([more, late, ended])) === 'late') throw new Error('what was to come did not:')
  }
}
