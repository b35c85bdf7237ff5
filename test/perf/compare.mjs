// `npm run perf`: tmqtt beside mosquitto's clients and MQTT.js' own `mqtt` program, whole processes, on loopback
// against stand-ins that make the client the bottleneck. Contenders take turns, so that a noisy machine is noisy for
// all; the table has medians. Wants mosquitto_pub and mosquitto_sub (Debian: mosquitto-clients) and GNU time (time).
//
//   node test/perf/compare.mjs [--rounds N] [--messages N] [--only TEXT]
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { option } from './stand-in.mjs'

/** MQTT.js takes a minute for a million lines, so it gets a fiftieth; its figures are for that. */
const MQTT_JS_SHARE = 50

const rounds = Number(option('rounds', 5))
const messages = Number(option('messages', 1_000_000))
const only = option('only', '')

const here = fileURLToPath(new URL('.', import.meta.url))
const root = join(here, '../..')
const work = mkdtempSync(join(tmpdir(), 'tmqtt-perf-'))
// Node 20 reads the file that this names at every start: 50 ms that have nothing to do with anybody's code.
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env

const tmqtt = [process.execPath, join(root, 'bin/tmqtt.js')]
const mqttJs = [process.execPath, join(root, 'node_modules/mqtt/build/bin/mqtt.js')]
const lines = { all: join(work, 'lines'), share: join(work, 'share') }
const output = join(work, 'output')
process.once('exit', () => rmSync(work, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

/** Lines of 1 to 20 bytes, the same in every run. */
function writeLines(path, count) {
  let text = ''
  for (let at = 0, seed = 1; at < count; at++) {
    seed = (seed * 48_271) % 2_147_483_647
    text += `${'abcdefghijklmnopqrst'.slice(0, 1 + (seed % 20))}\n`
  }
  writeFileSync(path, text)
}

/** A running stand-in: its address, and the lines that it prints. */
async function standIn(script, ...args) {
  const child = spawn(process.execPath, [join(here, script), ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const reports = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const url = new URL((await reports.next()).value)
  return { url, port: url.port, report: async () => JSON.parse((await reports.next()).value), stop: () => child.kill() }
}

/** Runs a program to its end under GNU time. @returns wall and CPU seconds, peak memory in MB, exit code. */
async function measure([command, ...args], { stdin = 'ignore', stdout = 'ignore' } = {}) {
  const figures = join(work, 'time')
  const child = spawn('/usr/bin/time', ['-q', '-o', figures, '-f', '%e %U %S %M', command, ...args], {
    env,
    stdio: [stdin, stdout, 'ignore'],
  })
  const began = performance.now()
  const [exitCode] = await once(child, 'exit')
  const wall = (performance.now() - began) / 1000
  const [, user, system, kilobytes] = readFileSync(figures, 'utf8').trim().split(/\s+/).map(Number)
  return { wall, cpu: user + system, memory: kilobytes / 1024, exitCode }
}

/** `pub -l` into the sink; what arrived is counted there. */
function publishing(qos) {
  return {
    name: `pub -l, QoS ${qos}`,
    contenders: {
      tmqtt: (port) => [...tmqtt, 'pub', '-l', '-h', '127.0.0.1', '-p', port, '-t', 'a', '-q', `${qos}`, '-M', '1000'],
      mosquitto: (port) => ['mosquitto_pub', '-l', '-h', '127.0.0.1', '-p', port, '-t', 'a', '-q', `${qos}`],
      'mqtt (MQTT.js)': (port) => [
        ...mqttJs,
        'pub',
        '-s',
        '-M',
        '-h',
        '127.0.0.1',
        '-p',
        port,
        '-t',
        'a',
        '-q',
        `${qos}`,
      ],
    },
    start: () => standIn('sink.mjs'),
    async run(broker, command) {
      const stdin = openSync(command.includes(mqttJs[1]) ? lines.share : lines.all, 'r')
      const figures = await measure(command, { stdin })
      closeSync(stdin)
      return { ...figures, arrived: (await broker.report()).publishes }
    },
  }
}

/** `sub` from the source into a file; what arrived is the lines there. */
function subscribing(name, qos, ...args) {
  const leave = ['-C', `${messages}`]
  return {
    name: `sub ${name}`,
    contenders: {
      tmqtt: (port) => [
        ...tmqtt,
        'sub',
        '-h',
        '127.0.0.1',
        '-p',
        port,
        '-t',
        'tock/#',
        '-q',
        `${qos}`,
        ...args,
        ...leave,
      ],
      mosquitto: (port) => [
        'mosquitto_sub',
        '-h',
        '127.0.0.1',
        '-p',
        port,
        '-t',
        'tock/#',
        '-q',
        `${qos}`,
        ...args,
        ...leave,
      ],
    },
    start: () => standIn('source.mjs', '--count', `${messages}`, '--qos', `${qos}`),
    async run(_broker, command) {
      const stdout = openSync(output, 'w')
      const figures = await measure(command, { stdout })
      closeSync(stdout)
      return { ...figures, arrived: countLines(output) }
    },
  }
}

function countLines(path) {
  if (statSync(path).size === 0) return 0
  return Number(spawnSync('wc', ['-l', path], { encoding: 'utf8' }).stdout.split(' ')[0])
}

const jobs = [
  publishing(0),
  publishing(1),
  publishing(2),
  subscribing('-v, QoS 0', 0, '-v'),
  subscribing('-v, QoS 1', 1, '-v'),
  subscribing('-v, QoS 2', 2, '-v'),
  subscribing("-F '%I %t %q %l %p'", 0, '-F', '%I %t %q %l %p'),
  subscribing('-F %j', 0, '-F', '%j'),
].filter(({ name }) => name.includes(only))

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

writeLines(lines.all, messages)
writeLines(lines.share, messages / MQTT_JS_SHARE)
console.log(`${messages} messages of 1 to 20 bytes (sub: 20), medians of ${rounds} rounds\n`)
console.log('| job | program | wall s | CPU s | peak MB | to mosquitto | arrived |')
console.log('| --- | --- | ---: | ---: | ---: | ---: | ---: |')
for (const job of jobs) {
  const results = Object.fromEntries(Object.keys(job.contenders).map((name) => [name, []]))
  const broker = await job.start()
  try {
    for (let round = 0; round < rounds; round++) {
      const names = Object.keys(job.contenders)
      // Another order each round, so that no contender always follows the same one.
      for (let turn = 0; turn < names.length; turn++) {
        const name = names[(turn + round) % names.length]
        results[name].push(await job.run(broker, job.contenders[name](broker.port)))
      }
    }
  } finally {
    broker.stop()
  }
  const reference = median(results.mosquitto.map(({ wall }) => wall))
  for (const [name, runs] of Object.entries(results)) {
    const wall = median(runs.map((run) => run.wall))
    const fewest = Math.min(...runs.map((run) => run.arrived))
    const due = name.startsWith('mqtt') ? messages / MQTT_JS_SHARE : messages
    const lost = `${fewest < due ? `LOST ${due - fewest}` : 'all'} of ${due}`
    console.log(
      `| ${job.name} | ${name} | ${wall.toFixed(2)} | ${median(runs.map((run) => run.cpu)).toFixed(2)} | ` +
        `${median(runs.map((run) => run.memory)).toFixed(0)} | ${(((reference / wall) * due) / messages).toFixed(due < messages ? 3 : 1)}× | ${lost} |`,
    )
  }
}
process.exit()
